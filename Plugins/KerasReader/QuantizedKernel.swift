import ModelReading

/// A kernel of small whole numbers, and the scales and offsets that make weights of them.
///
/// The numbers are a matrix, or the kernel as it is; two of four bits may share
/// a byte along one axis, the first in its lower half. Keras multiplies by a
/// scale to quantise in one piece, `weight = number / scale`, and divides to
/// quantise in groups, `weight = (number − offset) · scale`.
struct QuantizedKernel {
  /// Packed or not, its axes in the order of the weights'.
  let numbers: Tensor
  /// Whether the numbers have four bits, and along which axis two of them share a byte; how many there are.
  var packing: (axis: Int, extent: Int)?
  let scales: Tensor
  /// Of groups.
  var offsets: Tensor?
  /// For each axis of the numbers, how an index finds its scale.
  let steps: [Step]
  /// A divisor per index of the first axis.
  var divisor: Tensor?
  /// Of the weights, which may cut the axes otherwise than the numbers do.
  let shape: [Int]
  let axes: [Axis]

  enum Step {
    /// So many scales further with each index; none for an axis that shares its scales.
    case by(Int)
    /// So many further with each of the groups, of which the tensor names that of each index.
    case groups(Tensor, by: Int, count: Int)
  }

  /// How many numbers there are along each axis.
  static func extents(_ numbers: Tensor, _ packing: (axis: Int, extent: Int)?) -> [Int] {
    var extents = numbers.shape
    if let packing { extents[packing.axis] = packing.extent }
    return extents
  }

  private var extents: [Int] { Self.extents(numbers, packing) }

  /// The weights, computed when they are asked for.
  /// - Throws: `.malformed` if the parts do not fit each other, `.limitExceeded` above the limits.
  func weights(_ limits: Limits) throws(ReadError) -> Tensor {
    try check()
    guard let count = Tensor.elementCount(shape), count == Tensor.elementCount(extents),
      count <= limits.maximumDecodedBytes / 4
    else { throw fault("decodes \(extents) numbers to \(shape) weights, which do not fit or are too many") }
    let production = ProducedBytes(byteCount: count * 4, label: numbers.storage.label) { () throws(ReadError) in
      try self.values().littleEndianBytes
    }
    return try Tensor(
      name: numbers.name, elementType: .float32, shape: shape, axes: axes, storage: .produced(production),
      limits: limits)
  }

  private func fault(_ message: String) -> ReadError {
    ReadError(.malformed, message, file: numbers.storage.label, subject: numbers.name)
  }

  /// Whether every scale that an index can ask for is there. Groups are checked when their numbers are read.
  private func check() throws(ReadError) {
    let extents = extents
    var reach = 0
    for (rule, extent) in zip(steps, extents) {
      let step: Int
      switch rule {
      case .by(let distance): step = distance
      case .groups(let groups, _, _):
        guard groups.shape == [extent] else { throw fault("names the groups of \(groups.shape) inputs, not \(extent)") }
        continue
      }
      let (product, overflow) = max(extent - 1, 0).multipliedReportingOverflow(by: step)
      let (sum, carry) = reach.addingReportingOverflow(product)
      guard !overflow, !carry else { throw fault("has scales \(scales.shape) for numbers \(extents)") }
      reach = sum
    }
    guard steps.count == extents.count, reach < scales.elementCount || extents.contains(0),
      offsets.map({ $0.shape == scales.shape }) ?? true, divisor.map({ $0.shape == [extents[0]] }) ?? true
    else { throw fault("has scales \(scales.shape) for numbers \(extents)") }
    if let packing {
      guard packing.extent >= 0, numbers.shape[packing.axis] == packing.extent / 2 + packing.extent % 2 else {
        throw fault("has \(numbers.shape) bytes for two numbers each, which make no \(extents)")
      }
    }
  }

  private func values() throws(ReadError) -> [Float] {
    let extents = extents
    var result = try unpacked(extents)
    let scales = try scales.values(as: Float.self)
    let offsets = try offsets?.values(as: Float.self)
    let divisor = try divisor?.values(as: Float.self)
    var positions: [[Int]] = []
    for (step, extent) in zip(steps, extents) { positions.append(try self.positions(step, extent)) }
    guard positions.reduce(0, { $0 + ($1.max() ?? 0) }) < scales.count || result.isEmpty else {
      throw fault("has \(scales.count) scales, a group needs more")
    }
    let columns = extents.last ?? 1
    var index = [Int](repeating: 0, count: max(extents.count - 1, 0))
    for start in stride(from: 0, to: result.count, by: max(columns, 1)) {
      let row = zip(index, positions).reduce(0) { $0 + $1.1[$1.0] }
      for column in 0..<columns {
        let scale = row + positions[positions.count - 1][column]
        if let offsets {
          result[start + column] = (result[start + column] - offsets[scale]) * scales[scale]
        } else {
          result[start + column] /= scales[scale]
        }
        if let divisor { result[start + column] /= divisor[index[0]] }
      }
      advance(&index, extents)
    }
    return result
  }

  /// The next index, the last axis left out.
  private func advance(_ index: inout [Int], _ extents: [Int]) {
    for axis in index.indices.reversed() {
      index[axis] += 1
      if index[axis] < extents[axis] { return }
      index[axis] = 0
    }
  }

  /// Where the scales of each index of an axis begin.
  private func positions(_ step: Step, _ extent: Int) throws(ReadError) -> [Int] {
    switch step {
    case .by(let step): return (0..<extent).map { $0 * step }
    case .groups(let groups, let step, let count):
      return try groups.values(as: Float.self).map { group throws(ReadError) in
        // Keras cuts off the fraction.
        guard group > -1, group < Float(count), let number = Int(exactly: group.rounded(.towardZero)) else {
          throw fault("puts an input into group \(group) of \(count)")
        }
        return number * step
      }
    }
  }

  /// The numbers, each in an element of its own.
  private func unpacked(_ extents: [Int]) throws(ReadError) -> [Float] {
    let bytes = try numbers.values(as: Float.self)
    guard let packing else { return bytes }
    if extents.contains(0) { return [] }
    let isSigned = numbers.elementType == .int8
    let inner = extents[(packing.axis + 1)...].reduce(1, *)
    let packedExtent = numbers.shape[packing.axis]
    var result: [Float] = []
    result.reserveCapacity(extents.reduce(1, *))
    for outer in 0..<extents[..<packing.axis].reduce(1, *) {
      for position in 0..<packing.extent {
        let start = (outer * packedExtent + position / 2) * inner
        for byte in bytes[start..<start + inner] {
          let number = (Int(byte) >> (position % 2 * 4)) & 15
          result.append(Float(isSigned && number > 7 ? number - 16 : number))
        }
      }
    }
    return result
  }
}
