public import ModelReading

// The index as bytes: little-endian, every string and list preceded by its count.

extension HDF5Index {
  static let magic: UInt64 = 0x3158_4449_3546_4448  // "HDF5IDX1"

  /// The index as bytes, for another process.
  public func encoded() -> [UInt8] {
    var writer = IndexWriter()
    writer.integer(Self.magic)
    writer.list(groups) { $0.group($1) }
    writer.list(datasets) { $0.dataset($1) }
    writer.list(findings) { $0.finding($1) }
    return writer.bytes
  }

  /// - Throws: `.malformed` or `.truncated` if the bytes are no index.
  public init(decoding source: ByteSource) throws(ReadError) {
    var reader = IndexReader(source)
    guard try reader.integer() == Self.magic else { throw source.error(.malformed, "holds no HDF5 index") }
    groups = try reader.list { r throws(ReadError) in try r.group() }
    datasets = try reader.list { r throws(ReadError) in try r.dataset() }
    findings = try reader.list { r throws(ReadError) in try r.finding() }
    guard reader.remaining == 0 else { throw source.error(.malformed, "holds more than an HDF5 index") }
  }
}

struct IndexWriter {
  private(set) var bytes: [UInt8] = []

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  mutating func integer(_ value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  mutating func count(_ value: Int) { integer(UInt64(bitPattern: Int64(value))) }

  mutating func string(_ value: ByteString) {
    count(value.bytes.count)
    bytes += value.bytes
  }

  mutating func text(_ value: String) { string(ByteString(value)) }

  mutating func list<Element>(_ elements: [Element], _ write: (inout IndexWriter, Element) -> Void) {
    count(elements.count)
    for element in elements { write(&self, element) }
  }

  mutating func group(_ group: HDF5Index.Group) {
    string(group.path)
    integer(group.address)
    list(group.attributes) { $0.attribute($1) }
  }

  mutating func dataset(_ dataset: HDF5Index.Dataset) {
    string(dataset.path)
    integer(dataset.address)
    text(dataset.elementType?.rawValue ?? "")
    byte(dataset.byteOrder == .little ? 0 : 1)
    text(dataset.typeName)
    list(dataset.shape) { $0.count($1) }
    storage(dataset.storage)
    list(dataset.attributes) { $0.attribute($1) }
  }

  mutating func storage(_ storage: HDF5Index.Storage) {
    switch storage {
    case .contiguous(let offset, let byteCount):
      byte(0)
      count(offset)
      count(byteCount)
    case .gathered(let layout, let stored):
      byte(1)
      text(layout)
      count(stored)
    case .refused(let reason):
      byte(2)
      text(reason)
    }
  }

  mutating func attribute(_ attribute: HDF5Index.Attribute) {
    string(attribute.name)
    switch attribute.value {
    case .strings(let all):
      byte(0)
      list(all) { $0.string($1) }
    case .integers(let all):
      byte(1)
      list(all) { $0.integer(UInt64(bitPattern: $1)) }
    case .numbers(let all):
      byte(2)
      list(all) { $0.integer($1.bitPattern) }
    case .other(let description):
      byte(3)
      text(description)
    }
  }

  mutating func finding(_ finding: HDF5Index.Finding) {
    byte(finding.kind.rawValue)
    string(finding.path)
    text(finding.message)
  }
}

struct IndexReader {
  let source: ByteSource
  private var offset = 0

  init(_ source: ByteSource) { self.source = source }

  var remaining: Int { source.byteCount - offset }

  mutating func byte() throws(ReadError) -> UInt8 {
    guard let byte = source.bytes.byte(at: offset) else { throw error(.truncated, "ends before a tag") }
    offset += 1
    return byte
  }

  mutating func integer() throws(ReadError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 8) { value |= UInt64(try byte()) << shift }
    return value
  }

  mutating func count() throws(ReadError) -> Int {
    let value = try integer()
    guard let count = Int(exactly: value) else { throw error(.malformed, "has the count \(value)") }
    return count
  }

  mutating func string() throws(ReadError) -> ByteString {
    let count = try count()
    let part = try source.slice(at: offset, count: count, "a string")
    offset += count
    return ByteString(part.copy())
  }

  func error(_ code: ReadError.Code, _ message: String) -> ReadError { source.error(code, message, at: offset) }

  mutating func text() throws(ReadError) -> String { try string().description }

  mutating func list<Element>(
    _ read: (inout IndexReader) throws(ReadError) -> Element
  ) throws(ReadError) -> [Element] {
    let count = try count()
    // Every element takes a byte at least.
    guard count <= remaining else {
      throw error(.truncated, "a list of \(count) elements needs more than the \(remaining) bytes left")
    }
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try read(&self)) }
    return elements
  }

  mutating func group() throws(ReadError) -> HDF5Index.Group {
    let path = try string()
    let address = try integer()
    let attributes = try list { r throws(ReadError) in try r.attribute() }
    return HDF5Index.Group(path: path, attributes: attributes, address: address)
  }

  mutating func dataset() throws(ReadError) -> HDF5Index.Dataset {
    let path = try string()
    let address = try integer()
    let elementType = ElementType(rawValue: try text())
    let byteOrder: ByteOrder = try byte() == 0 ? .little : .big
    let typeName = try text()
    let shape = try list { r throws(ReadError) in try r.count() }
    let storage = try storage()
    let attributes = try list { r throws(ReadError) in try r.attribute() }
    return HDF5Index.Dataset(
      path: path, elementType: elementType, byteOrder: byteOrder, typeName: typeName, shape: shape, storage: storage,
      attributes: attributes, address: address)
  }

  mutating func storage() throws(ReadError) -> HDF5Index.Storage {
    switch try byte() {
    case 0: return .contiguous(offset: try count(), byteCount: try count())
    case 1: return .gathered(layout: try text(), storedByteCount: try count())
    case 2: return .refused(reason: try text())
    case let tag: throw error(.malformed, "a storage has the tag \(tag), 2 is the last")
    }
  }

  mutating func attribute() throws(ReadError) -> HDF5Index.Attribute {
    HDF5Index.Attribute(name: try string(), value: try value())
  }

  mutating func value() throws(ReadError) -> HDF5Index.Value {
    switch try byte() {
    case 0: return .strings(try list { r throws(ReadError) in try r.string() })
    case 1: return .integers(try list { r throws(ReadError) in Int64(bitPattern: try r.integer()) })
    case 2: return .numbers(try list { r throws(ReadError) in Double(bitPattern: try r.integer()) })
    case 3: return .other(try text())
    case let tag: throw error(.malformed, "a value has the tag \(tag), 3 is the last")
    }
  }

  mutating func finding() throws(ReadError) -> HDF5Index.Finding {
    let tag = try byte()
    guard let kind = HDF5Index.Finding.Kind(rawValue: tag) else {
      throw error(.malformed, "a finding has the tag \(tag), 1 is the last")
    }
    return HDF5Index.Finding(kind: kind, path: try string(), message: try text())
  }
}
