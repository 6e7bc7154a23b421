import ModelReading

/// The header of a file: metadata, and which tensor lies where.
///
/// Accepts what the format's own implementation accepts.
struct Header {
  /// One tensor, as the header lists it.
  struct Record {
    let name: String
    let type: TensorType
    /// Outermost axis first, where the file has the innermost first.
    let shape: [Int]
    /// Where it lies, in bytes from the start of the data.
    let start: Int
    /// Position of its entry in the file, for errors.
    let offset: Int
  }

  let format: NumberFormat
  private(set) var metadata: [ByteString: MetadataValue] = [:]
  /// In the order of the file.
  private(set) var records: [Record] = []
  /// What the positions of the data and of each tensor are multiples of, in bytes: a power of two.
  private(set) var alignment = 32
  /// Position of the first byte of the data.
  private(set) var dataStart = 0

  private static let signature: StaticString = "GGUF"
  private static let longestName = 63
  private static let highestRank = 4

  static func probe(_ prefix: RawSpan) -> Match {
    guard prefix.starts(with: signature) else { return .no }
    var reader = ByteReader(prefix, file: "")
    let format = try? Header.format(&reader)
    return format == nil ? .possible : .certain
  }

  /// - Throws: `.truncated`, `.malformed`, `.unsupported` or `.limitExceeded`, with the position in the file.
  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    guard source.bytes.starts(with: Header.signature) else {
      throw source.error(.unrecognized, "does not begin with GGUF's signature", at: 0)
    }
    var reader = source.reader
    format = try Header.format(&reader)
    let tensorCount = try format.count("tensor count", &reader)
    let entryCount = try format.count("metadata count", &reader)
    try check(tensorCount, "tensors", limit: limits.maximumTensorCount, minimumBytes: 20, reader)
    try check(entryCount, "metadata entries", limit: limits.maximumIndexBytes / 9, minimumBytes: 9, reader)
    try readMetadata(entryCount, &reader, limits)
    try readRecords(tensorCount, &reader, limits)
    dataStart = try padded(reader.offset, reader)
  }

  /// The version, whose bytes also tell their order.
  private static func format(_ reader: inout ByteReader) throws(ReadError) -> NumberFormat {
    try reader.skip(4, "signature")
    let version = try reader.littleEndian(UInt32.self, "version")
    if (1...3).contains(version) { return NumberFormat(version: version, order: .little) }
    if (1...3).contains(version.byteSwapped) { return NumberFormat(version: version.byteSwapped, order: .big) }
    throw reader.error(.unsupported, "has version \(version) of the format, known are 1 to 3", at: 4)
  }

  /// A count, compared with what the bytes can hold.
  private func check(
    _ count: Int, _ what: String, limit: Int, minimumBytes: Int, _ reader: borrowing ByteReader
  ) throws(ReadError) {
    guard count <= limit else {
      throw reader.error(.limitExceeded, "announces \(count) \(what), the limit is \(limit)", at: 8)
    }
    guard count <= reader.remaining / minimumBytes else {
      throw reader.error(
        .truncated, "announces \(count) \(what) in \(reader.remaining) bytes", at: 8,
        hint: "the download may be incomplete")
    }
  }

  /// - Throws: `.limitExceeded` where the header is longer than is allowed.
  private func checkLength(_ reader: borrowing ByteReader, _ limits: Limits) throws(ReadError) {
    guard reader.offset <= limits.maximumIndexBytes else {
      throw reader.error(
        .limitExceeded, "has a header of at least \(reader.offset) bytes, the limit is \(limits.maximumIndexBytes)")
    }
  }

  // MARK: Metadata

  private mutating func readMetadata(
    _ count: Int, _ reader: inout ByteReader, _ limits: Limits
  ) throws(ReadError) {
    let values = MetadataReader(format: format, limits: limits)
    for _ in 0..<count {
      let start = reader.offset
      let key = try format.text("key", limit: limits.maximumNameBytes, &reader)
      let value: MetadataValue
      do throws(ReadError) { value = try values.value(&reader) } catch { throw error.about(key) }
      guard metadata.updateValue(value, forKey: ByteString(key)) == nil else {
        throw reader.error(.malformed, "has the key twice", at: start).about(key)
      }
      if key == "general.alignment" { alignment = try Header.alignment(value, at: start, reader) }
      try checkLength(reader, limits)
    }
  }

  private static func alignment(
    _ value: MetadataValue, at start: Int, _ reader: borrowing ByteReader
  ) throws(ReadError) -> Int {
    guard let number = value.integer, number > 0, number & (number - 1) == 0 else {
      let found = value.integer.map { "\($0)" } ?? "something else"
      throw reader.error(.malformed, "has an alignment of \(found), not a power of two", at: start)
        .about("general.alignment")
    }
    return number
  }

  /// The next multiple of the alignment.
  func padded(_ position: Int, _ reader: borrowing ByteReader) throws(ReadError) -> Int {
    let (sum, overflow) = position.addingReportingOverflow(alignment - 1)
    guard !overflow else {
      throw reader.error(.malformed, "reaches beyond any address at \(position), aligned to \(alignment)")
    }
    return sum & ~(alignment - 1)
  }

  // MARK: Tensors

  private mutating func readRecords(
    _ count: Int, _ reader: inout ByteReader, _ limits: Limits
  ) throws(ReadError) {
    var names = Set<ByteString>()
    records.reserveCapacity(count)
    for _ in 0..<count {
      let record = try record(&reader)
      guard names.insert(ByteString(record.name)).inserted else {
        throw reader.error(.malformed, "has two tensors of one name", at: record.offset).about(record.name)
      }
      records.append(record)
      try checkLength(reader, limits)
    }
  }

  private func record(_ reader: inout ByteReader) throws(ReadError) -> Record {
    let offset = reader.offset
    let name = try format.text("name of a tensor", limit: Header.longestName, &reader)
    do throws(ReadError) {
      let shape = try shape(&reader)
      let type = TensorType(try format.integer(UInt32.self, "type of a tensor", &reader))
      let start = try format.position("position of a tensor", &reader)
      return Record(name: name, type: type, shape: shape, start: start, offset: offset)
    } catch {
      throw error.about(name)
    }
  }

  private func shape(_ reader: inout ByteReader) throws(ReadError) -> [Int] {
    let start = reader.offset
    let rank = try format.integer(UInt32.self, "number of axes", &reader)
    guard rank <= Header.highestRank else {
      throw reader.error(.malformed, "has \(rank) axes, the format allows \(Header.highestRank)", at: start)
    }
    var shape: [Int] = []
    for _ in 0..<rank {
      let extent = try format.count("extent", &reader)
      guard extent > 0 else { throw reader.error(.malformed, "has an extent of 0 in its shape", at: start) }
      shape.insert(extent, at: 0)
    }
    guard Tensor.elementCount(shape) != nil else {
      throw reader.error(.malformed, "has the shape \(shape), whose element count overflows", at: start)
    }
    return shape
  }
}
