import ModelReading

/// Numbers of a few bits, packed along the inputs into 32-bit words, `[output, input·bits/32]`, with a scale per
/// group of inputs: compressed-tensors (`pack-quantized`), and the layout of AWQ for matrix-vector products.
struct RowPackedWeight: QuantizedWeight {
  /// The number that stands for zero.
  private enum ZeroPoints {
    /// Half the range.
    case middle
    /// Stored per group, less half the range.
    case signed(Tensor)
    /// Packed like the weight, but along the outputs: `[output·bits/32, groups]`.
    case packedAlongOutputs(Tensor)
    /// Packed like the weight: `[output, groups·bits/32]`.
    case packedAlongGroups(Tensor)
  }

  let shape: [Int]
  let parts: [Tensor]
  let origin: String
  private let bits: Int
  private let numbers: Tensor
  private let scales: Tensor
  private let zeroPoints: ZeroPoints
  private let groupIndex: Tensor?
  private let groupSize: Int

  var axes: [Axis] { [.output, .input] }

  /// `weight_packed` of 32-bit integers.
  static func recognise(_ numbers: Tensor, _ names: QuantizedTensors) -> Recognition? {
    guard numbers.elementType == .int32, let stem = numbers.stem(before: "weight_packed"),
      let scales = names(stem, "weight_scale"), names(stem, "weight") == nil
    else { return nil }
    let others = ["weight_zero_point", "weight_shape", "weight_g_idx"].map { names(stem, $0) }
    if let weight = RowPackedWeight(numbers, scales, others[0], others[1], others[2], bits: names.hints.bits) {
      return .weight(String(decoding: stem, as: UTF8.self) + "weight", weight)
    }
    return .unknown(
      [numbers, scales] + others.compactMap(\.self),
      reason: "is a packed weight \(numbers.shape) with scales \(scales.shape), shapes of no known scheme")
  }

  private init?(
    _ numbers: Tensor, _ scales: Tensor, _ zeros: Tensor?, _ extents: Tensor?, _ groupIndex: Tensor?, bits known: Int?
  ) {
    guard let extents, extents.elementCount == 2, extents.elementType.isInteger,
      let shape = try? extents.indices(in: 1..<1 << 40, "has an extent"), numbers.rank == 2,
      numbers.shape[0] == shape[0], scales.elementType.isFloatingPoint
    else { return nil }
    // One scale for all counts as one group for all.
    let groups = scales.rank == 2 ? scales.shape[1] : 1
    guard scales.elementCount == 1 || scales.shape == [shape[0], groups], shape[1] % groups == 0,
      groupIndex == nil || groupIndex?.shape == [shape[1]]
    else { return nil }
    // Few inputs may fill a word in several ways; otherwise the number of words tells.
    let fitting = (1...8).filter { (shape[1] * $0 - 1) / 32 + 1 == numbers.shape[1] }
    guard let bits = known.flatMap({ fitting.contains($0) ? $0 : nil }) ?? (fitting.count == 1 ? fitting[0] : nil)
    else { return nil }
    if let zeros {
      if zeros.elementType == .int32, zeros.shape == [(shape[0] * bits - 1) / 32 + 1, groups] {
        zeroPoints = .packedAlongOutputs(zeros)
      } else if zeros.shape == scales.shape, zeros.elementType == .int8 {
        zeroPoints = .signed(zeros)
      } else {
        return nil
      }
    } else {
      zeroPoints = .middle
    }
    self.shape = shape
    self.bits = bits
    self.numbers = numbers
    self.scales = scales
    self.groupIndex = groupIndex
    groupSize = shape[1] / groups
    parts = [numbers, scales] + [zeros, extents, groupIndex].compactMap(\.self)
    origin = "compressed-tensors of \(bits) bits"
  }

  /// Four bits; scales and zero points are padded, so that the groups are fewer than the columns they have.
  /// - Parameter known: inputs per group, if known.
  init?(matrixVectorAWQ numbers: Tensor, _ zeros: Tensor, _ scales: Tensor, _ known: Int?) {
    guard numbers.rank == 2, zeros.rank == 2, scales.rank == 2, zeros.elementType.byteWidth == 4,
      zeros.elementType.isInteger, zeros.shape[0] == numbers.shape[0], scales.shape[0] == numbers.shape[0],
      scales.shape[1] == zeros.shape[1] * 8
    else { return nil }
    shape = [numbers.shape[0], numbers.shape[1] * 8]
    let inputs = shape[1]
    let sizes = [known, 128, 64, 32, inputs].compactMap(\.self)
    guard
      let size = sizes.first(where: { size in
        guard size > 0, inputs % size == 0 else { return false }
        let padding = size >= 128 ? 1 : size == 64 ? 2 : 4
        let words = (inputs / size - 1) / 8 + 1
        return ((words - 1) / padding + 1) * padding == zeros.shape[1]
      })
    else { return nil }
    bits = 4
    groupSize = size
    self.numbers = numbers
    self.scales = scales
    zeroPoints = .packedAlongGroups(zeros)
    groupIndex = nil
    parts = [numbers, zeros, scales]
    origin = "AWQ for matrix-vector products of 4 bits, \(size == known ? "in" : "taken to be in") groups of \(size)"
  }

  /// The weight in `[output, input]` order.
  func values() throws(ReadError) -> [Float] {
    let words = try numbers.words()
    let scales = try scales.values(as: Float.self)
    let zeros = try zeros()
    let groups = try groups()
    let (inputs, wordsPerRow) = (shape[1], numbers.shape[1])
    // As stored, padding included; none if one scale is for all.
    let (scaleColumns, zeroColumns) = (scales.count / shape[0], zeros.count / shape[0])
    var result: [Float] = []
    result.reserveCapacity(shape[0] * inputs)
    for row in 0..<shape[0] {
      let (firstScale, firstZero) = (row * scaleColumns, row * zeroColumns)
      for input in 0..<inputs {
        let number = packedNumber(at: input, bits: bits) { words[row &* wordsPerRow &+ $0] }
        let zero = zeros[zeroColumns == 0 ? 0 : firstZero &+ groups[input]]
        let scale = scales[scaleColumns == 0 ? 0 : firstScale &+ groups[input]]
        result.append(Float(number &- zero) * scale)
      }
    }
    return result
  }

  /// The numbers that stand for zero: `[output, groups]`, padding included, or one for all.
  private func zeros() throws(ReadError) -> [Int] {
    let middle = 1 << (bits - 1)
    let count = shape[1] / groupSize
    switch zeroPoints {
    case .middle: return [Int](repeating: middle, count: shape[0] * count)
    case .signed(let tensor): return try tensor.values(as: Float.self).map { middle + Int($0) }
    case .packedAlongOutputs(let tensor):
      let words = try tensor.words()
      return (0..<shape[0] * count).map { place in
        packedNumber(at: place / count, bits: bits) { words[$0 * count + place % count] }
      }
    case .packedAlongGroups(let tensor):
      let words = try tensor.words()
      return (0..<shape[0] * count).map { place in
        packedNumber(at: place % count, bits: bits) { words[place / count * tensor.shape[1] + $0] }
      }
    }
  }

  /// The group of each input; an index that is not filled in counts as none.
  private func groups() throws(ReadError) -> [Int] {
    let count = shape[1] / groupSize
    if let groupIndex {
      let groups = try groupIndex.indices(in: -1..<count, "assigns an input to a group")
      if !groups.contains(-1) { return groups }
    }
    return (0..<shape[1]).map { $0 / groupSize }
  }
}
