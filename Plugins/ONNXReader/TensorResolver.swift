import ModelReading

/// Turns tensor messages into tensors over the bytes that hold their values.
struct TensorResolver {
  /// A tensor, or what a report says in its place.
  enum Resolution {
    case tensor(Tensor)
    case unusable(Diagnostic)
  }

  let source: ByteSource
  let payloads: [Payload]
  let limits: Limits
  var external: ExternalFiles

  /// - Parameter name: unique in the model.
  /// - Throws: `.malformed` if the amount of data is not that of the shape, `.truncated` if data in
  ///   another file reach beyond its end, `.unsafeContent` if that file lies outside the model's folder.
  mutating func resolve(_ message: ONNXTensor, named name: String) throws(ReadError) -> Resolution {
    let shape = try shape(of: message, name)
    guard let elements = TensorElements(code: message.dataType) else {
      let type = TensorElements.spelling(message.dataType)
      return .unusable(Diagnostic(.unsupportedTensor, name, "has elements of \(type), which are no numbers read here"))
    }
    guard let count = Tensor.elementCount(shape), let byteCount = elements.rawByteCount(count) else {
      throw fail(.malformed, "has the shape \(shape), whose element count overflows", message, name)
    }
    if message.isExternal {
      return try resolveExternal(message, name, elements, shape, byteCount)
    }
    let parts = message.payloads.compactMap { payloads.indices.contains($0) ? payloads[$0] : nil }
    if parts.contains(where: \.isSegment) {
      return .unusable(Diagnostic(.unsupportedTensor, name, "is one piece of a tensor stored in segments"))
    }
    if let raw = parts.last(where: { $0.raw != nil })?.raw {
      guard raw.count == byteCount else {
        throw fail(.malformed, "has \(raw.count) bytes of data, its shape \(shape) needs \(byteCount)", message, name)
      }
      let bytes = try source.slice(at: raw.lowerBound, count: raw.count, name)
      return .tensor(try tensor(name, elements, shape, stored: bytes))
    }
    return try resolveTyped(message, name, elements, shape, parts)
  }

  /// The floats of an attribute, as a vector.
  func floats(_ numbers: [Int], named name: String) throws(ReadError) -> Tensor {
    let parts = numbers.compactMap { payloads.indices.contains($0) ? payloads[$0] : nil }
    let runs = parts.flatMap(\.runs)
    let count = runs.reduce(0) { $0 + $1.packedByteCount / 4 + $1.singleCount }
    let storage = try typedStorage(parts, .attributeFloats, byteWidth: 4, count: count, name)
    return try Tensor(name: name, elementType: .float32, shape: [count], storage: storage, limits: limits)
  }

  func shape(of message: ONNXTensor, _ name: String) throws(ReadError) -> [Int] {
    guard message.dimensions.count <= limits.maximumRank else {
      throw fail(
        .limitExceeded, "has \(message.dimensions.count) axes, the limit is \(limits.maximumRank)", message, name)
    }
    guard message.dimensions.allSatisfy({ $0 >= 0 }) else {
      throw fail(.malformed, "has a negative extent in its shape \(message.dimensions)", message, name)
    }
    return message.dimensions.map { Int($0) }
  }

  /// A tensor over bytes as they are, or over what they unpack to.
  private func tensor(
    _ name: String, _ elements: TensorElements, _ shape: [Int], stored bytes: ByteSource
  ) throws(ReadError) -> Tensor {
    guard elements.isPacked else {
      return try Tensor(name: name, elementType: elements.type, shape: shape, storage: .bytes(bytes), limits: limits)
    }
    let count = shape.reduce(1, *)
    try checkDecoded(count, name)
    let production = ProducedBytes(byteCount: count, label: bytes.label) { () throws(ReadError) -> [UInt8] in
      try bytes.checkUnchanged()
      return elements.unpacked(bytes.copy(), count: count)
    }
    return try Tensor(
      name: name, elementType: elements.type, shape: shape, storage: .produced(production), limits: limits)
  }

  func fail(
    _ code: ReadError.Code, _ text: String, _ message: ONNXTensor, _ name: String
  ) -> ReadError {
    let place = message.payloads.first.flatMap { payloads.indices.contains($0) ? payloads[$0] : nil }
    return source.error(code, text, at: place?.message.lowerBound, subject: name)
  }

  func checkDecoded(_ byteCount: Int, _ name: String) throws(ReadError) {
    guard byteCount <= limits.maximumDecodedBytes else {
      throw ReadError(
        .limitExceeded, "decodes to \(byteCount) bytes, the limit is \(limits.maximumDecodedBytes)",
        file: source.label, subject: name)
    }
  }
}

// MARK: - Typed fields

extension TensorResolver {
  private func resolveTyped(
    _ message: ONNXTensor, _ name: String, _ elements: TensorElements, _ shape: [Int], _ parts: [Payload]
  ) throws(ReadError) -> Resolution {
    let runs = parts.flatMap(\.runs)
    guard runs.allSatisfy({ $0.field == elements.field }) else {
      throw fail(
        .malformed,
        "is \(elements.name) and has data in field \(runs.map(\.field.number)), not "
          + "\(elements.field.number)", message, name)
    }
    let count = Tensor.elementCount(shape) ?? 0
    if runs.isEmpty, count > 0 {
      return .unusable(
        Diagnostic(
          .incomplete, name, "has the shape \(shape) of \(elements.name) and no data",
          hint: "the file may have been stripped of its weights"))
    }
    guard let numbers = elements.numberCount(count), holds(runs, numbers, elements.field) else {
      let packed = runs.reduce(0) { $0 + $1.packedByteCount }
      let single = runs.reduce(0) { $0 + $1.singleCount }
      throw fail(
        .malformed,
        "has \(packed) bytes and \(single) single numbers of data, its shape \(shape) needs "
          + "\(elements.numberCount(count) ?? count) numbers", message, name)
    }
    let width = elements.isPacked ? 1 : elements.type.byteWidth / elements.numbersPerElement
    let storage = try typedStorage(
      parts, elements.field, byteWidth: width, count: numbers, name, unpacking: elements.isPacked ? elements : nil,
      to: count)
    return .tensor(
      try Tensor(name: name, elementType: elements.type, shape: shape, storage: storage, limits: limits))
  }

  /// Whether `runs` hold as many numbers as needed; of varints, which vary in length, whether they can.
  private func holds(_ runs: [Payload.Run], _ count: Int, _ field: PayloadField) -> Bool {
    let single = runs.reduce(0) { $0 + $1.singleCount }
    let packed = runs.reduce(0) { $0 + $1.packedByteCount }
    guard single <= count else { return false }
    switch field.wire {
    case .fixed32: return packed % 4 == 0 && packed / 4 == count - single
    case .fixed64: return packed % 8 == 0 && packed / 8 == count - single
    default: return packed >= count - single && (packed + 9) / 10 <= count - single
    }
  }

  /// One packed segment of fixed-size numbers is used where it lies; anything else is gathered on demand.
  private func typedStorage(
    _ parts: [Payload], _ field: PayloadField, byteWidth: Int, count: Int, _ name: String,
    unpacking elements: TensorElements? = nil, to elementCount: Int = 0
  ) throws(ReadError) -> Tensor.Storage {
    let runs = parts.flatMap(\.runs)
    if field.wire != .varint, runs.count == 1, let run = runs.first, run.segmentCount == 1, run.singleCount == 0,
      let segment = run.firstSegment
    {
      return .bytes(try source.slice(at: segment.lowerBound, count: segment.count, name))
    }
    let values = TypedValues(
      source: source, messages: parts.map(\.message), field: field, byteWidth: byteWidth, count: count)
    let byteCount = elements == nil ? count * byteWidth : elementCount
    try checkDecoded(byteCount, name)
    let production = ProducedBytes(byteCount: byteCount, label: source.label) { () throws(ReadError) -> [UInt8] in
      let bytes = try values.bytes()
      return elements?.unpacked(bytes, count: elementCount) ?? bytes
    }
    return .produced(production)
  }
}

// MARK: - Data in other files

extension TensorResolver {
  private mutating func resolveExternal(
    _ message: ONNXTensor, _ name: String, _ elements: TensorElements, _ shape: [Int], _ byteCount: Int
  ) throws(ReadError) -> Resolution {
    let place = try ExternalLocation(message.externalData, of: name, file: source.label)
    guard place.length == nil || place.length == byteCount else {
      throw fail(
        .malformed, "has \(place.length ?? 0) bytes of external data, its shape \(shape) needs \(byteCount)", message,
        name)
    }
    let file: ByteSource
    do throws(ReadError) {
      file = try external.file(place.location)
    } catch {
      guard error.code == .io else { throw error.about(name) }
      return .unusable(
        Diagnostic(
          .incomplete, name, "has its data in '\(place.location)', which cannot be opened",
          hint: "put '\(place.location)' into the folder of the model"))
    }
    do throws(ReadError) {
      let bytes = try file.slice(at: place.offset, count: byteCount, "a tensor's data")
      return .tensor(try tensor(name, elements, shape, stored: bytes))
    } catch {
      throw error.about(name)
    }
  }
}
