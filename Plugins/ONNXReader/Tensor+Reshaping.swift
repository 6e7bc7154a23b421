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
}
