import ModelReading

/// Where an archive's central directory lies, found from its end.
///
/// ```
/// [other data] local headers and members … central directory [zip64 end, locator] end of directory [comment]
/// ```
struct CentralDirectory {
  /// Position of the directory, relative to the source.
  let start: Int
  let byteCount: Int
  let memberCount: Int
  /// Bytes that stand before the archive, such as a self-extractor: to be added to every recorded offset.
  let shift: Int

  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    let end = try EndRecord.find(in: source)
    let wide = try Zip64EndRecord.find(before: end, in: source)
    let limit = wide?.position ?? end.position
    let byteCount = wide?.directoryByteCount ?? end.directoryByteCount
    let declared = wide?.directoryOffset ?? end.directoryOffset
    memberCount = wide?.memberCount ?? end.memberCount
    guard byteCount <= limit, declared <= limit - byteCount else {
      throw source.error(
        .malformed,
        "has a central directory of \(byteCount) bytes at \(declared) and its end at \(limit)", at: end.position)
    }
    start = limit - byteCount
    shift = start - declared
    self.byteCount = byteCount
    guard byteCount <= limits.maximumIndexBytes else {
      throw source.error(
        .limitExceeded, "has a central directory of \(byteCount) bytes, the limit is \(limits.maximumIndexBytes)",
        at: start)
    }
    guard memberCount <= limits.maximumArchiveMembers else {
      throw source.error(
        .limitExceeded, "has \(memberCount) members, the limit is \(limits.maximumArchiveMembers)", at: end.position)
    }
    guard memberCount <= byteCount / DirectoryRecord.minimumByteCount else {
      throw source.error(
        .malformed, "lists \(memberCount) members in a central directory of \(byteCount) bytes", at: end.position)
    }
  }

  /// All records, in order.
  func records(of source: ByteSource, _ limits: Limits) throws(ReadError) -> [DirectoryRecord] {
    let directory = try source.slice(at: start, count: byteCount, "the central directory")
    var reader = directory.reader
    var records: [DirectoryRecord] = []
    records.reserveCapacity(memberCount)
    for _ in 0..<memberCount {
      let record = try DirectoryRecord(&reader, start)
      try record.check(source, limits)
      records.append(record)
    }
    guard reader.remaining == 0 else {
      throw reader.error(.malformed, "has \(reader.remaining) bytes after the last of \(memberCount) members")
    }
    return records
  }
}

/// The end of central directory record, of 22 bytes and a comment.
private struct EndRecord {
  static let byteCount = 22
  let position: Int
  let memberCount: Int
  let directoryByteCount: Int
  let directoryOffset: Int

  static func find(in source: ByteSource) throws(ReadError) -> EndRecord {
    let candidates = positions(in: source.bytes)
    let exact = candidates.filter { $0.trailing == 0 }
    guard exact.count <= 1 else {
      throw source.error(
        .malformed, "has two ends, at \(exact[1].position) and \(exact[0].position)", at: exact[1].position,
        hint: "programs disagree on which of the two counts")
    }
    if let position = (exact.first ?? candidates.first)?.position { return try EndRecord(source, at: position) }
    let bytes = source.bytes
    guard bytes.starts(with: "PK\u{3}\u{4}") || bytes.starts(with: "PK\u{7}\u{8}PK\u{3}\u{4}") else {
      throw source.error(.unrecognized, "is no zip archive", at: 0)
    }
    throw source.error(
      .truncated, "is a zip archive that ends, after \(source.byteCount) bytes, before its central directory",
      at: source.byteCount, hint: "the download may be incomplete")
  }

  /// Where the record could stand, last first, and how many bytes follow it and its comment.
  private static func positions(in bytes: RawSpan) -> [(position: Int, trailing: Int)] {
    var found: [(position: Int, trailing: Int)] = []
    let last = bytes.byteCount - byteCount
    guard last >= 0 else { return [] }
    for position in (max(0, last - 0xFFFF)...last).reversed() where bytes.starts(with: "PK\u{5}\u{6}", at: position) {
      let comment = Int(bytes.byte(at: position + 20)!) | Int(bytes.byte(at: position + 21)!) << 8
      let trailing = last - position - comment
      if trailing >= 0 { found.append((position, trailing)) }
    }
    return found
  }

  private init(_ source: ByteSource, at position: Int) throws(ReadError) {
    let record = try source.slice(at: position, count: EndRecord.byteCount, "the end of the central directory")
    var reader = record.reader
    try reader.skip(4, "signature")
    let disk = try reader.littleEndian(UInt16.self, "disk number")
    let firstDisk = try reader.littleEndian(UInt16.self, "first disk number")
    let membersHere = try reader.littleEndian(UInt16.self, "member count of this disk")
    let members = try reader.littleEndian(UInt16.self, "member count")
    guard disk == firstDisk, disk == 0 || disk == UInt16.max, membersHere == members else {
      throw source.error(.unsupported, "is one volume (\(disk)) of an archive in several", at: position)
    }
    memberCount = Int(members)
    directoryByteCount = Int(try reader.littleEndian(UInt32.self, "central directory size"))
    directoryOffset = Int(try reader.littleEndian(UInt32.self, "central directory offset"))
    self.position = position
  }
}

/// The zip64 end of central directory record, reached through the locator that stands before the `EndRecord`.
private struct Zip64EndRecord {
  static let locatorByteCount = 20
  static let byteCount = 56
  let position: Int
  let memberCount: Int
  let directoryByteCount: Int
  let directoryOffset: Int

  /// `nil` if the archive has none.
  static func find(before end: EndRecord, in source: ByteSource) throws(ReadError) -> Zip64EndRecord? {
    let locator = end.position - locatorByteCount
    guard locator >= 0, source.bytes.starts(with: "PK\u{6}\u{7}", at: locator) else {
      guard end.memberCount < 0xFFFF || end.directoryOffset < 0xFFFF_FFFF else {
        throw source.error(.malformed, "announces a zip64 end record and has none", at: end.position)
      }
      return nil
    }
    let part = try source.slice(at: locator + 8, count: 8, "zip64 locator")
    var reader = part.reader
    let declared = try reader.length(UInt64.self, "zip64 end record offset")
    // With other data before the archive the recorded position is off; the record then ends at its locator.
    for position in [declared, locator - byteCount]
    where position >= 0 && position <= locator - byteCount
      && source.bytes.starts(with: "PK\u{6}\u{6}", at: position)
    {
      return try Zip64EndRecord(source, at: position, locator: locator)
    }
    throw source.error(.malformed, "has no zip64 end record at \(declared), where its locator points", at: locator)
  }

  private init(_ source: ByteSource, at position: Int, locator: Int) throws(ReadError) {
    let record = try source.slice(at: position, count: Zip64EndRecord.byteCount, "zip64 end record")
    var reader = record.reader
    try reader.skip(4, "signature")
    let size = try reader.length(UInt64.self, "zip64 end record size")
    guard size == locator - position - 12 else {
      throw source.error(
        .malformed, "has a zip64 end record of \(size) bytes where \(locator - position - 12) lie before its locator",
        at: position)
    }
    try reader.skip(12, "versions and disk numbers")
    let membersHere = try reader.length(UInt64.self, "member count of this disk")
    memberCount = try reader.length(UInt64.self, "member count")
    guard memberCount == membersHere else {
      throw source.error(.unsupported, "is one volume of an archive in several", at: position)
    }
    directoryByteCount = try reader.length(UInt64.self, "central directory size")
    directoryOffset = try reader.length(UInt64.self, "central directory offset")
    self.position = position
  }
}
