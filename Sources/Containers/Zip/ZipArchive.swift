public import ModelReading

/// The members of a zip archive, as ranges of the file.
///
/// The central directory is the truth; local headers are read for the position
/// of the data, and must agree on everything that they do state. Programs
/// differ on which of two contradicting statements they believe, and an archive
/// that reads differently in two programs is an attack: it is refused.
public struct ZipArchive: Sendable {
  /// One member, as the central directory lists it.
  public struct Entry: Sendable {
    /// Path inside the archive, compared byte by byte.
    public let name: ByteString
    /// Size after inflation, in bytes.
    public let byteCount: Int
    /// Whether the member is stored as it is, so that `contents` copies nothing.
    public var isStored: Bool { method == .stored }

    let method: Method
    /// Position of the first (compressed) byte, relative to the archive's source.
    let dataOffset: Int
    let compressedByteCount: Int
    let checksum: UInt32
  }

  /// What became of names that differ in nothing but ASCII case.
  public enum NameComparison: Sendable {
    /// Two such names are refused: some readers of the format take them for one.
    case ignoringCase
    /// They are different members.
    case exact
  }

  /// All members, in the order of the central directory.
  public let entries: [Entry]
  private let source: ByteSource
  private let limits: Limits
  private let indexByName: [ByteString: Int]

  /// - Parameter names: which names count as duplicates; those with equal bytes always do.
  /// - Throws: `.unrecognized` if this is no zip archive, `.truncated` if its end is missing,
  ///   `.malformed` for members that overlap, share a name, or are described differently in two places,
  ///   `.unsupported` for encrypted members and archives in several volumes, `.limitExceeded` above the limits.
  public init(
    _ source: ByteSource, limits: Limits, names comparison: NameComparison = .ignoringCase
  ) throws(ReadError) {
    let directory = try CentralDirectory(source, limits)
    let records = try directory.records(of: source, limits)
    indexByName = try uniqueNames(records, comparison, source)
    entries = try locatedEntries(records, directory, source)
    self.source = source
    self.limits = limits
  }

  /// The member with this name, if there is one.
  public func entry(named name: String) -> Entry? { entry(named: ByteString(name)) }

  /// The member with this name, if there is one.
  public func entry(named name: ByteString) -> Entry? { indexByName[name].map { entries[$0] } }

  /// What errors call a member: `path!member`.
  public func label(of entry: Entry) -> String { "\(source.label)!\(entry.name)" }

  /// The bytes of a member: a slice of the archive if stored, else inflated.
  /// - Throws: `.unsupported` for other compression methods, `.malformed` or `.truncated` if the
  ///   data do not decode to exactly the declared size and checksum, `.limitExceeded` above the limits.
  public func contents(of entry: Entry) throws(ReadError) -> ByteSource {
    if entry.isStored { return try storedBytes(of: entry) }
    return ByteSource(owned: try inflatedBytes(of: entry, 0..<entry.byteCount), label: label(of: entry))
  }

  /// A part of a member. Of a compressed one, no more is inflated than lies before its end.
  /// - Throws: as `contents(of:)`; `.truncated` if the range does not lie inside the member.
  public func contents(of entry: Entry, in range: Range<Int>) throws(ReadError) -> ByteSource {
    guard range.lowerBound >= 0, range.upperBound <= entry.byteCount else {
      throw ReadError(
        .truncated, "has \(entry.byteCount) bytes, \(range.lowerBound)..<\(range.upperBound) are needed",
        file: label(of: entry))
    }
    if entry.isStored {
      return try storedBytes(of: entry).slice(at: range.lowerBound, count: range.count, "a part")
    }
    return ByteSource(owned: try inflatedBytes(of: entry, range), label: label(of: entry))
  }

  /// A copy of a part of a member, inflated if it must be.
  /// - Throws: as `contents(of:in:)`.
  public func copy(of entry: Entry, in range: Range<Int>) throws(ReadError) -> [UInt8] {
    guard !entry.isStored, range.lowerBound >= 0, range.upperBound <= entry.byteCount else {
      return try contents(of: entry, in: range).copy()
    }
    return try inflatedBytes(of: entry, range)
  }

  private func storedBytes(of entry: Entry) throws(ReadError) -> ByteSource {
    try source.slice(at: entry.dataOffset, count: entry.byteCount, "member").labelled(label(of: entry))
  }

  private func inflatedBytes(of entry: Entry, _ range: Range<Int>) throws(ReadError) -> [UInt8] {
    let compressed = try source.slice(at: entry.dataOffset, count: entry.compressedByteCount, "member")
      .labelled(label(of: entry))
    guard entry.method == .deflated else {
      throw compressed.error(
        .unsupported, "is compressed by method \(entry.method.number); stored (0) and deflated (8) are read", at: 0,
        hint: "unpack the archive and pack it again without compression")
    }
    guard range.upperBound <= limits.maximumDecodedBytes else {
      throw compressed.error(
        .limitExceeded, "inflates to \(range.upperBound) bytes, the limit is \(limits.maximumDecodedBytes)", at: 0)
    }
    try source.checkUnchanged()
    return try inflate(compressed, range, of: entry.byteCount, entry.checksum)
  }
}

/// A compression method of the zip format.
enum Method: Sendable, Equatable {
  case stored, deflated
  case other(UInt16)

  init(_ number: UInt16) {
    switch number {
    case 0: self = .stored
    case 8: self = .deflated
    default: self = .other(number)
    }
  }

  var number: UInt16 {
    switch self {
    case .stored: 0
    case .deflated: 8
    case .other(let number): number
    }
  }
}

/// The position of each name.
/// - Throws: `.malformed` if two members have one name.
private func uniqueNames(
  _ records: [DirectoryRecord], _ comparison: ZipArchive.NameComparison, _ source: ByteSource
) throws(ReadError) -> [ByteString: Int] {
  var positions: [ByteString: Int] = [:]
  var folded: Set<ByteString> = []
  positions.reserveCapacity(records.count)
  for (index, record) in records.enumerated() {
    guard positions.updateValue(index, forKey: record.name) == nil else {
      throw source.error(
        .malformed, "lists the member '\(record.name)' twice", at: record.offset,
        hint: "programs disagree on which of the two counts")
    }
    guard comparison == .exact || folded.insert(record.name.lowercased).inserted else {
      throw source.error(
        .malformed, "lists the member '\(record.name)' twice, in different case", at: record.offset,
        hint: "programs disagree on whether that is one member or two")
    }
  }
  return positions
}

extension ByteString {
  /// With ASCII letters in lower case.
  fileprivate var lowercased: ByteString {
    ByteString(bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 })
  }
}
