import ModelReading

/// A tensor stored as its values other than zero and their places, in ascending order.
struct SparseElements: Sendable {
  var shape: [Int]
  /// One value per place.
  var values: Tensor
  /// A place per value: its number in C order, or one index per axis.
  var places: Tensor

  /// All elements, in C order.
  /// - Throws: `.malformed` for places that are outside the shape, repeated or in no order.
  func bytes() throws(ReadError) -> [UInt8] {
    let width = values.elementType.byteWidth
    var result = [UInt8](repeating: 0, count: shape.reduce(1, *) * width)
    let stored = try values.littleEndianBytes()
    var previous = -1
    for (number, place) in try numbers().enumerated() {
      guard place > previous else {
        throw fail("names the place \(place) after \(previous): places ascend, and none occurs twice")
      }
      previous = place
      for byte in 0..<width { result[place * width + byte] = stored[number * width + byte] }
    }
    return result
  }

  /// The places as numbers in C order.
  private func numbers() throws(ReadError) -> [Int] {
    let indices = try places.values(as: Double.self)
    let extents = places.rank == 1 ? [shape.reduce(1, *)] : shape
    var result: [Int] = []
    result.reserveCapacity(values.elementCount)
    for start in stride(from: 0, to: indices.count, by: extents.count) {
      var number = 0
      for (axis, extent) in extents.enumerated() {
        guard let index = Int(exactly: indices[start + axis]), (0..<extent).contains(index) else {
          throw fail("names the index \(indices[start + axis]) on an axis of \(extent)")
        }
        number = number * extent + index
      }
      result.append(number)
    }
    return result
  }

  private func fail(_ message: String) -> ReadError {
    ReadError(.malformed, message, file: places.storage.label, subject: values.name)
  }
}

extension TensorResolver {
  /// The tensor that sparse values stand for, made when it is asked for.
  /// - Throws: `.malformed` if the numbers of values, places and axes do not fit, `.limitExceeded` if
  ///   the whole is too large for what is stored of it; else as `resolve`.
  mutating func resolve(_ sparse: ONNXSparseTensor, named name: String) throws(ReadError) -> Resolution {
    guard let values = sparse.values, let indices = sparse.indices else {
      return .unusable(Diagnostic(.unsupportedTensor, name, "is a sparse tensor without values or without places"))
    }
    let (stored, places): (Tensor, Tensor)
    switch (try resolve(values, named: name), try resolve(indices, named: name)) {
    case (.tensor(let first), .tensor(let second)): (stored, places) = (first, second)
    case (.unusable(let diagnostic), _), (_, .unusable(let diagnostic)): return .unusable(diagnostic)
    }
    var outline = values
    outline.dimensions = sparse.dimensions
    let shape = try shape(of: outline, name)
    let axes = places.rank == 1 ? 1 : shape.count
    guard stored.rank == 1, places.elementType == .int64, places.shape.first == stored.shape[0],
      places.rank == 1 || (places.rank == 2 && places.shape[1] == axes), axes > 0
    else {
      throw fail(
        .malformed,
        "has \(stored.shape) values and places of shape \(places.shape) in \(places.elementType.rawValue), "
          + "for a tensor of shape \(shape)", values, name)
    }
    let width = stored.elementType.byteWidth
    let limit = max(limits.maximumExpandedBytes, stored.byteCount)
    guard let count = Tensor.elementCount(shape), count <= limit / width, count <= limits.maximumDecodedBytes / width
    else {
      throw fail(.limitExceeded, "is a sparse tensor of shape \(shape), the limit is \(limit) bytes", values, name)
    }
    let elements = SparseElements(shape: shape, values: stored, places: places)
    let production = ProducedBytes(byteCount: count * width, label: source.label) { () throws(ReadError) -> [UInt8] in
      try elements.bytes()
    }
    return .tensor(
      try Tensor(
        name: name, elementType: stored.elementType, shape: shape, storage: .produced(production), limits: limits))
  }
}
