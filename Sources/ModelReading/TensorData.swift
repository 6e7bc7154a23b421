/// Bytes that do not exist until someone asks for them.
public struct ProducedBytes: Sendable {
  /// How many bytes the production yields.
  public let byteCount: Int
  /// What the production needs in memory beside its result, in bytes.
  public let workingByteCount: Int
  /// The file they come from, with the member if any: what errors name.
  public let label: String
  private let produce: @Sendable () throws(ReadError) -> [UInt8]

  /// - Parameter produce: yields exactly `byteCount` bytes each time it is called, from any thread.
  public init(
    byteCount: Int, workingByteCount: Int = 0, label: String,
    _ produce: @escaping @Sendable () throws(ReadError) -> [UInt8]
  ) {
    self.byteCount = byteCount
    self.workingByteCount = workingByteCount
    self.label = label
    self.produce = produce
  }

  func bytes() throws(ReadError) -> ByteSource {
    let bytes = try produce()
    guard bytes.count == byteCount else {
      throw ReadError(.malformed, "announces \(byteCount) bytes and decodes to \(bytes.count)", file: label)
    }
    return ByteSource(owned: bytes, label: label)
  }
}

extension Tensor.Storage {
  /// Size, in bytes.
  public var byteCount: Int {
    switch self {
    case .bytes(let source): source.byteCount
    case .produced(let production): production.byteCount
    }
  }

  /// What errors call the file: its path, with the member if any.
  public var label: String { place.label }

  /// Where errors about this storage point.
  var place: (label: String, offset: Int?) {
    switch self {
    case .bytes(let source): (source.label, source.baseOffset)
    case .produced(let production): (production.label, nil)
    }
  }

  /// The range of the mapped file that holds the bytes, if they lie in one as they are.
  public var fileRange: (file: MappedFile, range: Range<Int>)? {
    guard case .bytes(let source) = self, let file = source.mappedFile else { return nil }
    return (file, source.baseOffset..<source.baseOffset + source.byteCount)
  }
}

extension Tensor {
  /// Says that the bytes are needed soon, so that the system reads them ahead.
  public func prefetch() {
    if let (file, range) = storage.fileRange { file.advise(.needed, range) }
  }

  /// Says that the bytes are not needed for now, so that they need not stay in memory; using them again is allowed.
  public func release() {
    if let (file, range) = storage.fileRange { file.advise(.done, range) }
  }
}

extension ByteSource {
  /// Says that these bytes are not needed for now: they need not stay in memory; using them again is allowed.
  public func release() { mappedFile?.advise(.done, baseOffset..<baseOffset + byteCount) }
}

/// A tensor's bytes, kept alive by this value.
public struct TensorData: Sendable {
  public let source: ByteSource

  /// The bytes in the file's order. The span cannot outlive this value.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get { unsafe _overrideLifetime(source.bytes, borrowing: self) }
  }
}

extension Tensor {
  /// All elements, in C order of this view, as numbers.
  ///
  /// For tests and small tensors; matrices are read by row (see MatrixSlicing).
  /// - Throws: as `load()`; `.unsupported` for complex elements.
  public func values<Value: DecodedElement>(as _: Value.Type = Double.self) throws(ReadError) -> [Value] {
    guard !elementType.isComplex else {
      throw ReadError(.unsupported, "has complex elements", file: storage.place.label, subject: name)
    }
    let data = try load()
    var result = [Value](repeating: 0, count: elementCount)
    guard !result.isEmpty else { return result }
    let rowLength = shape.last ?? 1
    let rowStride = strides.last ?? 1
    var target = result.mutableSpan
    var row = 0
    forEachRow { position in
      var part = target._mutatingExtracting(row..<row + rowLength)
      elementType.decode(data.bytes, from: position, stride: rowStride, order: byteOrder, into: &part)
      row += rowLength
    }
    return result
  }

  /// Elements as stored, gathered into C order of this view, in little-endian byte order.
  /// - Throws: as `load()`.
  public func littleEndianBytes() throws(ReadError) -> [UInt8] {
    let data = try load()
    let width = elementType.byteWidth
    var result: [UInt8] = []
    result.reserveCapacity(byteCount)
    guard elementCount > 0 else { return result }
    let rowLength = shape.last ?? 1
    let rowStride = strides.last ?? 1
    let component = elementType.isComplex ? width / 2 : width
    forEachRow { position in
      for column in 0..<rowLength {
        let start = (position + column * rowStride) * width
        for byte in 0..<width {
          let offset = byteOrder == .little ? byte : byte / component * component + (component - 1 - byte % component)
          result.append(data.bytes.byte(at: start + offset)!)
        }
      }
    }
    return result
  }

  /// Calls `body` with the position of the first element of each row (last axis), in C order.
  private func forEachRow(_ body: (Int) -> Void) {
    let outer = Array(zip(shape, strides).dropLast())
    var index = [Int](repeating: 0, count: outer.count)
    var position = elementOffset
    while true {
      body(position)
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        position += outer[axis].1
        if index[axis] < outer[axis].0 { break }
        position -= outer[axis].0 * outer[axis].1
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
