import ModelReading

/// A tensor in boxes that together are the whole of it.
struct ChunkedTensor: Sendable {
  struct Part: Sendable {
    /// Of the box's first element along each axis.
    var offsets: [Int]
    var tensor: Tensor
  }

  private let name: String
  private let shape: [Int]
  private let parts: [Part]

  /// - Throws: `.malformed` unless every element lies in exactly one part, `.limitExceeded` for
  ///   more parts than can be compared.
  init(_ name: String, _ shape: [Int], _ parts: [Part], file: String) throws(ReadError) {
    func fail(_ message: String) -> ReadError { ReadError(.malformed, message, file: file, subject: name) }
    self.name = name
    self.shape = shape
    self.parts = parts
    guard let first = parts.first else { throw fail("has no chunks") }
    for part in parts {
      let extents = part.tensor.shape
      let fits =
        shape.allSatisfy({ $0 >= 0 }) && extents.count == shape.count && part.offsets.count == shape.count
        && shape.indices.allSatisfy { part.offsets[$0] >= 0 && part.offsets[$0] <= shape[$0] - extents[$0] }
      guard fits, part.tensor.elementType == first.tensor.elementType else {
        throw fail("has a chunk \(extents) of \(part.tensor.elementType.rawValue) at \(part.offsets) of \(shape)")
      }
    }
    // The parts lie inside the shape; if none overlap, their sum is no larger than its product.
    guard try areDisjoint(file) else { throw fail("has chunks that overlap") }
    let count = parts.reduce(0) { $0 + $1.tensor.elementCount }
    guard count == Tensor.elementCount(shape) else {
      throw fail("has \(count) elements in its chunks, the shape is \(shape)")
    }
  }

  private static let maximumComparisons = 10_000_000

  /// Compares each part with those that begin before it ends, along the axis that divides most.
  private func areDisjoint(_ file: String) throws(ReadError) -> Bool {
    let full = parts.filter { !$0.tensor.shape.contains(0) }
    guard full.count > 1, let axis = shape.indices.max(by: { distinctOffsets($0) < distinctOffsets($1) }) else {
      return full.count <= 1
    }
    let sorted = full.sorted { $0.offsets[axis] < $1.offsets[axis] }
    var comparisonCount = 0
    for (index, part) in sorted.enumerated() {
      for other in sorted[(index + 1)...] {
        if other.offsets[axis] >= part.offsets[axis] + part.tensor.shape[axis] { break }
        comparisonCount += 1
        guard comparisonCount <= Self.maximumComparisons else {
          throw ReadError(.limitExceeded, "has \(parts.count) chunks, too many to compare", file: file, subject: name)
        }
        let overlap = shape.indices.allSatisfy {
          part.offsets[$0] < other.offsets[$0] + other.tensor.shape[$0]
            && other.offsets[$0] < part.offsets[$0] + part.tensor.shape[$0]
        }
        if overlap { return false }
      }
    }
    return true
  }

  private func distinctOffsets(_ axis: Int) -> Int { Set(parts.map { $0.offsets[axis] }).count }

  /// The whole, put together when its bytes are asked for.
  func tensor(_ limits: Limits) throws(ReadError) -> Tensor {
    let whole = parts[0].tensor
    // The elements all lie in parts that exist.
    let byteCount = shape.reduce(1, *) * whole.elementType.byteWidth
    guard byteCount <= limits.maximumDecodedBytes else {
      throw ReadError(
        .limitExceeded, "needs \(byteCount) bytes to be put together, the limit is \(limits.maximumDecodedBytes)",
        file: whole.storage.label, subject: name)
    }
    let storage = ProducedBytes(byteCount: byteCount, label: whole.storage.label) { () throws(ReadError) in
      try bytes(byteCount, whole.elementType.byteWidth)
    }
    return try Tensor(
      name: name, elementType: whole.elementType, shape: shape, storage: .produced(storage), limits: limits)
  }

  private func bytes(_ byteCount: Int, _ width: Int) throws(ReadError) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: byteCount)
    let strides = Tensor.rowMajorStrides(shape) ?? []
    for part in parts where part.tensor.elementCount > 0 {
      let bytes = try part.tensor.littleEndianBytes()
      let extents = part.tensor.shape
      let rowLength = (extents.last ?? 1) * width
      var index = [Int](repeating: 0, count: extents.count)
      for row in 0..<bytes.count / rowLength {
        let start = shape.indices.reduce(0) { $0 + (part.offsets[$1] + index[$1]) * strides[$1] } * width
        result.replaceSubrange(start..<start + rowLength, with: bytes[row * rowLength..<(row + 1) * rowLength])
        for axis in extents.indices.dropLast().reversed() {
          index[axis] += 1
          if index[axis] < extents[axis] { break }
          index[axis] = 0
        }
      }
    }
    return result
  }
}
