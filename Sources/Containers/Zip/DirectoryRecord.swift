import ModelReading

/// One member as the central directory describes it.
struct DirectoryRecord {
  static let minimumByteCount = 46

  let name: ByteString
  let flags: UInt16
  let method: UInt16
  let checksum: UInt32
  let compressedByteCount: Int
  let byteCount: Int
  /// Position of the local header as recorded.
  let headerOffset: Int
  /// Position of this record, relative to the source.
  let offset: Int

  /// - Parameter base: position of the reader's first byte in the source.
  init(_ reader: inout ByteReader, _ base: Int) throws(ReadError) {
    let start = reader.offset
    guard try reader.littleEndian(UInt32.self, "central directory record") == 0x0201_4B50 else {
      throw reader.error(.malformed, "has no central directory record where one is due", at: start)
    }
    try reader.skip(4, "versions")
    flags = try reader.littleEndian(UInt16.self, "flags")
    method = try reader.littleEndian(UInt16.self, "method")
    try reader.skip(4, "time")
    checksum = try reader.littleEndian(UInt32.self, "checksum")
    let compressed = try reader.littleEndian(UInt32.self, "compressed size")
    let inflated = try reader.littleEndian(UInt32.self, "size")
    let nameLength = Int(try reader.littleEndian(UInt16.self, "name length"))
    let extraLength = Int(try reader.littleEndian(UInt16.self, "extra field length"))
    let commentLength = Int(try reader.littleEndian(UInt16.self, "comment length"))
    try reader.skip(8, "disk and attributes")
    let header = try reader.littleEndian(UInt32.self, "local header offset")
    name = ByteString(try reader.bytes(nameLength, "member name"))
    let extra = try reader.bytes(extraLength, "extra field")
    try reader.skip(commentLength, "member comment")
    // The zip64 field holds only what did not fit, in this order.
    var wide = WideNumbers(extra, sentinels: [inflated, compressed, header])
    guard let byteCount = wide.next(inflated), let compressedByteCount = wide.next(compressed),
      let headerOffset = wide.next(header)
    else { throw reader.error(.malformed, "has a member '\(name)' with an incomplete zip64 field", at: start) }
    self.byteCount = byteCount
    self.compressedByteCount = compressedByteCount
    self.headerOffset = headerOffset
    offset = base + start
  }

  /// Flag bit 0 is classic encryption, 6 strong encryption, 13 hidden local headers.
  static let encryptionFlags: UInt16 = 0x2041
  /// Sizes and checksum follow the data; the local header has none.
  static let streamedFlag: UInt16 = 0x0008

  /// What the record alone can be wrong about.
  func check(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    guard flags & DirectoryRecord.encryptionFlags == 0 else {
      throw source.error(
        .unsupported, "has an encrypted member '\(name)'", at: offset, hint: "unpack it with its password first")
    }
    guard name.bytes.count <= limits.maximumNameBytes else {
      throw source.error(
        .limitExceeded,
        "has a member name of \(name.bytes.count) bytes, the limit is \(limits.maximumNameBytes)", at: offset)
    }
    guard method != 0 || byteCount == compressedByteCount else {
      throw source.error(
        .malformed, "stores the \(byteCount) bytes of '\(name)' in \(compressedByteCount)", at: offset)
    }
    let (most, overflow) = compressedByteCount.multipliedReportingOverflow(by: limits.maximumInflationRatio)
    guard overflow || byteCount <= most else {
      throw source.error(
        .limitExceeded,
        "claims that '\(name)' inflates from \(compressedByteCount) to \(byteCount) bytes, more than \(limits.maximumInflationRatio) times",
        at: offset, hint: "this is a decompression bomb")
    }
  }
}

/// The numbers of a zip64 extended information field: those of a header that did not fit in 32 bits.
private struct WideNumbers {
  private var numbers: ArraySlice<UInt64> = []

  /// - Parameter sentinels: all numbers that could be in the field; each equal to 2³²−1 is.
  init(_ extra: [UInt8], sentinels: [UInt32]) {
    let wanted = sentinels.count { $0 == UInt32.max }
    guard wanted > 0, let field = extraField(1, in: extra) else { return }
    numbers =
      (0..<min(wanted, field.count / 8)).map { index in
        field.dropFirst(index * 8).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }[...]
  }

  /// The number itself, or that of the field in its place; `nil` if it is missing or no `Int`.
  mutating func next(_ number: UInt32) -> Int? {
    guard number == UInt32.max else { return Int(number) }
    return numbers.popFirst().flatMap { Int(exactly: $0) }
  }
}

/// The data of the first extra field with this identifier.
private func extraField(_ identifier: UInt16, in extra: [UInt8]) -> ArraySlice<UInt8>? {
  var position = 0
  while position + 4 <= extra.count {
    let found = UInt16(extra[position]) | UInt16(extra[position + 1]) << 8
    let count = Int(extra[position + 2]) | Int(extra[position + 3]) << 8
    let end = position + 4 + count
    guard end <= extra.count else { return nil }
    if found == identifier { return extra[(position + 4)..<end] }
    position = end
  }
  return nil
}
