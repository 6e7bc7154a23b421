import ModelReading

/// Numbers of a few bits, packed into 32-bit words, inputs before outputs, with a scale and a zero point per
/// group of inputs.
///
/// | | GPTQ | AWQ |
/// |---|---|---|
/// | numbers | `[input·bits/32, output]` | `[input, output·bits/32]` |
/// | zero points | `[groups, output·bits/32]`, in version 1 one less than they are | `[groups, output·bits/32]` |
/// | scales | `[groups, output]` | `[groups, output]` |
/// | group of an input | `g_idx`, or in order | in order |
struct PackedWeight: QuantizedWeight {
  let bits: Int
  let inputs: Int
  let outputs: Int
  private let isPackedAlongOutputs: Bool
  private let isVersion2: Bool
  private let numbers: Tensor
  private let zeros: Tensor
  private let scales: Tensor
  private let groupIndex: Tensor?
  let parts: [Tensor]

  var shape: [Int] { [outputs, inputs] }
  var axes: [Axis] { [.output, .input] }
  var origin: String {
    "\(isPackedAlongOutputs ? "AWQ" : isVersion2 ? "GPTQ (version 2)" : "GPTQ") of \(bits) bits"
  }

  static func recognise(_ numbers: Tensor, _ names: QuantizedTensors) -> Recognition? {
    guard let stem = numbers.stem(before: "qweight"), [.int32, .uint32].contains(numbers.elementType),
      let zeros = names(stem, "qzeros"), let scales = names(stem, "scales"), names(stem, "weight") == nil
    else { return nil }
    let groups = names(stem, "g_idx")
    let name = String(decoding: stem, as: UTF8.self) + "weight"
    if let packed = PackedWeight(numbers, zeros, scales, groups, names.hints) { return .weight(name, packed) }
    if let rows = RowPackedWeight(matrixVectorAWQ: numbers, zeros, scales, names.hints.groupSize(of: stem)) {
      return .weight(name, rows)
    }
    return .unknown(
      [numbers, zeros, scales] + [groups].compactMap(\.self),
      reason: "is a packed weight \(numbers.shape) with scales \(scales.shape) and zero points \(zeros.shape), "
        + "shapes of no known scheme")
  }

  /// `nil` if the shapes contradict each other.
  private init?(
    _ numbers: Tensor, _ zeros: Tensor, _ scales: Tensor, _ groupIndex: Tensor?, _ hints: QuantizationHints
  ) {
    guard numbers.rank == 2, zeros.rank == 2, scales.rank == 2, zeros.shape[0] == scales.shape[0],
      zeros.elementType.byteWidth == 4, zeros.elementType.isInteger
    else { return nil }
    outputs = scales.shape[1]
    // A word count times 32 fits: the words are bytes of a file.
    guard zeros.shape[1] * 32 % outputs == 0 else { return nil }
    bits = zeros.shape[1] * 32 / outputs
    guard [2, 3, 4, 8].contains(bits) else { return nil }
    if numbers.shape[1] == outputs, numbers.shape[0] * 32 % bits == 0 {
      isPackedAlongOutputs = false
      inputs = numbers.shape[0] * 32 / bits
    } else if bits == 4, numbers.shape[1] == zeros.shape[1] {
      isPackedAlongOutputs = true
      inputs = numbers.shape[0]
    } else {
      return nil
    }
    guard inputs >= scales.shape[0], groupIndex == nil || groupIndex?.shape == [inputs] else { return nil }
    // Only a GPTQ weight follows its index; any other has its inputs grouped in order, in equal parts.
    guard (groupIndex != nil && !isPackedAlongOutputs) || inputs % scales.shape[0] == 0 else { return nil }
    self.numbers = numbers
    self.zeros = zeros
    self.scales = scales
    self.groupIndex = isPackedAlongOutputs ? nil : groupIndex
    isVersion2 = hints.isGPTQVersion2
    parts = [numbers, zeros, scales] + [groupIndex].compactMap(\.self)
  }

  /// The weight in `[output, input]` order.
  func values() throws(ReadError) -> [Float] {
    let words = try numbers.words()
    let zeroPoints = try zeroPoints()
    let scale = try scales.values(as: Float.self)
    let groups = try groups()
    var result: [Float] = []
    result.reserveCapacity(inputs * outputs)
    for output in 0..<outputs {
      for input in 0..<inputs {
        let number =
          isPackedAlongOutputs
          ? awq(words, input, output)
          : packedNumber(at: input, bits: bits) { words[$0 &* outputs &+ output] }
        let place = groups[input] &* outputs &+ output
        result.append(Float(number &- zeroPoints[place]) * scale[place])
      }
    }
    return result
  }

  /// The zero points of all groups and outputs.
  private func zeroPoints() throws(ReadError) -> [Int] {
    let words = try zeros.words()
    let width = zeros.shape[1]
    return (0..<scales.elementCount).map { place in
      let (group, output) = place.quotientAndRemainder(dividingBy: outputs)
      if isPackedAlongOutputs { return awq(words, group, output) }
      let stored = packedNumber(at: output, bits: bits) { words[group * width + $0] }
      // Version 1 stores one less, and 0 as the largest number there is.
      return isVersion2 ? stored : (stored + 1) & (1 << bits - 1)
    }
  }

  /// The group of each input.
  private func groups() throws(ReadError) -> [Int] {
    let count = scales.shape[0]
    guard let groupIndex else { return (0..<inputs).map { $0 / (inputs / count) } }
    return try groupIndex.indices(in: 0..<count, "assigns an input to a group")
  }

  /// AWQ puts the even numbers of a word before the odd ones.
  private func awq(_ words: [UInt32], _ row: Int, _ output: Int) -> Int {
    let place = output & 7
    let nibble = place & 1 == 0 ? place &>> 1 : 4 &+ place &>> 1
    return Int(words[row &* (outputs &>> 3) &+ output &>> 3] &>> UInt32(truncatingIfNeeded: nibble &* 4) & 0xF)
  }
}
