/// A weight that is stored as a product: W = scale · left · right.
///
/// An update of rank r has at most r eigenvalues that differ from zero, and the two
/// factors tell them without the product being formed.
public struct LowRankFactors: Sendable {
  /// `[output, rank]`
  public let left: Tensor
  /// `[rank, input, spatial…]`
  public let right: Tensor
  /// What the product is multiplied by.
  public let scale: Double

  /// `nil` unless the extents fit each other and all elements are real floating-point numbers.
  /// - Parameters:
  ///   - left: `[output, rank]`, with further axes of extent 1 where `right` has spatial ones.
  ///   - right: `[rank, input, spatial…]`.
  public init?(left: Tensor, right: Tensor, scale: Double) {
    guard left.rank >= 2, left.rank == 2 || left.rank == right.rank, right.rank >= 2, left.shape[1] == right.shape[0],
      left.shape[1] > 0, left.shape.dropFirst(2).allSatisfy({ $0 == 1 }),
      left.elementType.isFloatingPoint, right.elementType.isFloatingPoint
    else { return nil }
    var matrix = left
    while matrix.rank > 2 { matrix = matrix.selected(axis: 2, index: 0) }
    self.left = matrix.labelled([.output, .other])
    self.right = right.labelled([.other, .input] + (0..<right.rank - 2).map(Axis.spatial))
    self.scale = scale
  }

  /// r: the inner extent of the product.
  public var rank: Int { left.shape[1] }

  /// The product `[output, input, spatial…]` as float32, formed when its bytes are asked for.
  /// - Throws: `.limitExceeded` if it is larger than the limits allow.
  public func product(named name: String, limits: Limits) throws(ReadError) -> Tensor {
    let shape = [left.shape[0]] + right.shape.dropFirst()
    guard let count = Tensor.elementCount(shape), count <= limits.maximumDecodedBytes / 4 else {
      throw ReadError(
        .limitExceeded, "multiplies to \(shape), the limit is \(limits.maximumDecodedBytes) bytes",
        file: left.storage.label, subject: name)
    }
    let bytes = ProducedBytes(byteCount: count * 4, label: left.storage.label) { () throws(ReadError) in
      try values().littleEndianBytes
    }
    return try Tensor(
      name: name, elementType: .float32, shape: shape, axes: [.output] + right.axes.dropFirst(),
      storage: .produced(bytes), limits: limits)
  }

  private func values() throws(ReadError) -> [Float] {
    let left: [Double] = try self.left.values()
    let right: [Double] = try self.right.values()
    let width = right.count / rank
    var row = [Double](repeating: 0, count: width)
    var result: [Float] = []
    result.reserveCapacity(left.count / rank * width)
    for output in 0..<left.count / rank {
      for index in row.indices { row[index] = 0 }
      for inner in 0..<rank {
        let factor = left[output * rank + inner] * scale
        for index in row.indices { row[index] += factor * right[inner * width + index] }
      }
      for value in row { result.append(Float(value)) }
    }
    return result
  }
}
