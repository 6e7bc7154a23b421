import ModelReading

extension Tensor {
  /// The same elements in another shape, if they lie in C order.
  func reshaped(_ shape: [Int], _ limits: Limits) throws(ReadError) -> Tensor? {
    guard shape.count <= limits.maximumRank, Tensor.elementCount(shape) == elementCount, isRowMajor else { return nil }
    return try Tensor(
      name: name, elementType: elementType, byteOrder: byteOrder, shape: shape, elementOffset: elementOffset,
      storage: storage, limits: limits)
  }

  /// As the `Reshape` operator reads its argument: 0 keeps an extent, one −1 is what remains.
  func reshaped(resolving target: [Int], _ limits: Limits) throws(ReadError) -> Tensor? {
    var shape: [Int] = []
    for (index, extent) in target.enumerated() {
      guard extent >= -1, extent != 0 || index < rank else { return nil }
      shape.append(extent == 0 ? self.shape[index] : extent)
    }
    guard let open = shape.firstIndex(of: -1) else { return try reshaped(shape, limits) }
    shape[open] = 1
    guard let known = Tensor.elementCount(shape), known > 0, elementCount % known == 0 else { return nil }
    shape[open] = elementCount / known
    return try reshaped(shape, limits)
  }

  /// With axes of extent 1 put in, at their places in the result.
  func unsqueezed(_ axes: [Int], _ limits: Limits) throws(ReadError) -> Tensor? {
    let rank = self.rank + axes.count
    let places = Set(axes.compactMap { normalized($0, rank) })
    guard places.count == axes.count else { return nil }
    var rest = shape[...]
    return try reshaped((0..<rank).map { places.contains($0) ? 1 : rest.removeFirst() }, limits)
  }

  /// Whether neighbouring elements of the last axis are neighbours in memory, and so on outwards.
  private var isRowMajor: Bool {
    guard let expected = Tensor.rowMajorStrides(shape) else { return false }
    return shape.indices.allSatisfy { shape[$0] <= 1 || strides[$0] == expected[$0] }
  }

  /// Tensors put behind one another along an axis, copied when the result is asked for.
  /// - Returns: `nil` if their types or other extents differ.
  init?(joining parts: [Tensor], along axis: Int, _ limits: Limits) throws(ReadError) {
    guard let first = parts.first, let axis = normalized(axis, first.rank) else { return nil }
    var shape = first.shape
    for part in parts.dropFirst() {
      guard part.elementType == first.elementType, part.rank == first.rank,
        first.shape.indices.allSatisfy({ $0 == axis || part.shape[$0] == first.shape[$0] })
      else { return nil }
      let (extent, overflow) = shape[axis].addingReportingOverflow(part.shape[axis])
      if overflow { return nil }
      shape[axis] = extent
    }
    guard let count = Tensor.elementCount(shape), count <= limits.maximumDecodedBytes / first.elementType.byteWidth
    else { return nil }
    let byteCount = count * first.elementType.byteWidth
    let rows = shape[..<axis].reduce(1, *)
    let production = ProducedBytes(byteCount: byteCount, label: first.storage.label) {
      () throws(ReadError) -> [UInt8] in
      var contents: [[UInt8]] = []
      for part in parts { contents.append(try part.littleEndianBytes()) }
      var result: [UInt8] = []
      result.reserveCapacity(byteCount)
      for row in 0..<rows {
        for bytes in contents { result += bytes[(row * (bytes.count / rows))..<((row + 1) * (bytes.count / rows))] }
      }
      return result
    }
    try self.init(
      name: first.name, elementType: first.elementType, shape: shape, storage: .produced(production), limits: limits)
  }
}
