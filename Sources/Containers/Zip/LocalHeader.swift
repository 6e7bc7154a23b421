import ModelReading

/// Finds each member's data behind its local header, and checks that members do not overlap.
func locatedEntries(
  _ records: [DirectoryRecord], _ directory: CentralDirectory, _ source: ByteSource
) throws(ReadError) -> [ZipArchive.Entry] {
  var entries: [ZipArchive.Entry] = []
  var extents: [(start: Int, end: Int, index: Int)] = []
  entries.reserveCapacity(records.count)
  extents.reserveCapacity(records.count)
  for (index, record) in records.enumerated() {
    let (start, overflow) = record.headerOffset.addingReportingOverflow(directory.shift)
    guard !overflow, start >= 0, start < directory.start else {
      throw source.error(
        .malformed, "has the local header of '\(record.name)' at \(record.headerOffset), beyond the members' end",
        at: record.offset)
    }
    let data = try dataOffset(of: record, at: start, source)
    guard record.compressedByteCount <= directory.start - data else {
      throw source.error(
        .malformed,
        "has a member '\(record.name)' of \(record.compressedByteCount) bytes where \(max(0, directory.start - data)) remain",
        at: start)
    }
    extents.append((start, data + record.compressedByteCount, index))
    entries.append(
      ZipArchive.Entry(
        name: record.name, byteCount: record.byteCount, method: Method(record.method), dataOffset: data,
        compressedByteCount: record.compressedByteCount, checksum: record.checksum))
  }
  extents.sort { ($0.start, $0.end) < ($1.start, $1.end) }
  for (left, right) in zip(extents, extents.dropFirst()) where left.end > right.start {
    throw source.error(
      .malformed, "has members '\(records[left.index].name)' and '\(records[right.index].name)' that overlap",
      at: right.start, hint: "this is how decompression bombs are built")
  }
  return entries
}

/// Where the data behind a local header begin.
/// - Throws: `.malformed` if the header contradicts the central directory.
private func dataOffset(
  of record: DirectoryRecord, at start: Int, _ source: ByteSource
) throws(ReadError) -> Int {
  func mismatch(_ what: String) -> ReadError {
    source.error(
      .malformed, "has a local header for '\(record.name)' whose \(what)", at: start,
      hint: "programs disagree on which of the two headers counts")
  }
  let header = try source.slice(at: start, count: 30, "local header")
  var reader = header.reader
  guard try reader.littleEndian(UInt32.self, "local header") == 0x0403_4B50 else {
    throw source.error(.malformed, "has no local header for '\(record.name)' where one is due", at: start)
  }
  try reader.skip(2, "version")
  let flags = try reader.littleEndian(UInt16.self, "flags")
  let method = try reader.littleEndian(UInt16.self, "method")
  try reader.skip(8, "time and checksum")
  let compressed = try reader.littleEndian(UInt32.self, "compressed size")
  let inflated = try reader.littleEndian(UInt32.self, "size")
  let nameLength = Int(try reader.littleEndian(UInt16.self, "name length"))
  let extraLength = Int(try reader.littleEndian(UInt16.self, "extra field length"))
  let name = try source.slice(at: start + 30, count: nameLength, "member name")
  guard name.copy() == record.name.bytes else { throw mismatch("name is '\(ByteString(name.copy()))'") }
  guard method == record.method else { throw mismatch("method is \(method), not \(record.method)") }
  guard flags & DirectoryRecord.encryptionFlags == 0 else { throw mismatch("flags say that it is encrypted") }
  // Writers that stream leave the sizes out; those that expect large members put 2³²−1 and a zip64 field.
  for (local, size) in [(compressed, record.compressedByteCount), (inflated, record.byteCount)]
  where local != UInt32.max && Int(local) != size && !(local == 0 && flags & DirectoryRecord.streamedFlag != 0) {
    throw mismatch("size is \(local), not \(size)")
  }
  return start + 30 + nameLength + extraLength
}
