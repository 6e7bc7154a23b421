import CZlib
public import ModelReading

/// Writes a zip archive of stored members, one after the other: what is written before needs no place in memory.
///
/// The same members give the same bytes: all have the first time that zip knows, the beginning of 1980. Sizes and offsets
/// beyond 32 bits are written as zip64 says.
public struct ZipWriter: ~Copyable {
  private let file: AtomicFile
  /// Sizes and offsets from this on are in fields of 64 bits.
  private let threshold: Int
  private var offset = 0
  private var directory: [UInt8] = []
  private var memberCount = 0
  /// Of the member that is open.
  private var missingByteCount = 0

  /// - Parameter path: the file is there once `commit` has put it in place.
  public init(path: String) throws(WriteError) { try self.init(path: path, threshold: 0xFFFF_FFFF) }

  init(path: String, threshold: Int) throws(WriteError) {
    file = try AtomicFile(path: path)
    self.threshold = threshold
  }

  /// The checksum that zip has, of `bytes` that follow others of the checksum `start`.
  public static func checksum(_ bytes: RawSpan, after start: UInt32 = 0) -> UInt32 {
    unsafe bytes.withUnsafeBytes { buffer in
      UInt32(
        truncatingIfNeeded: unsafe crc32_z(
          UInt(start), buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count))
    }
  }

  /// Begins a member, whose bytes have to follow.
  public mutating func begin(_ name: String, byteCount: Int, checksum: UInt32) throws(WriteError) {
    precondition(missingByteCount == 0, "the member before is whole")
    guard name.utf8.count <= 0xFFFF else { throw WriteError("a name of \(name.utf8.count) bytes is too long for zip") }
    let isLarge = byteCount >= threshold
    let (size, version) = (narrow(byteCount), isLarge || offset >= threshold ? 45 : 20)
    let extra = isLarge ? field(1, 2) + field(16, 2) + field(byteCount, 8) + field(byteCount, 8) : []
    // Names are UTF-8, the method is 0; 33 is the first of January 1980.
    let common =
      field(0x0800, 2) + field(0, 4) + field(33, 2) + field(Int(checksum), 4) + field(size, 4) + field(size, 4)
      + field(name.utf8.count, 2)
    addToDirectory(name, common, byteCount, version)
    try write(field(0x0403_4B50, 4) + field(version, 2) + common + field(extra.count, 2) + Array(name.utf8) + extra)
    missingByteCount = byteCount
  }

  private mutating func addToDirectory(_ name: String, _ common: [UInt8], _ byteCount: Int, _ version: Int) {
    var extra: [UInt8] = []
    if byteCount >= threshold { extra += field(byteCount, 8) + field(byteCount, 8) }
    if offset >= threshold { extra += field(offset, 8) }
    if !extra.isEmpty { extra = field(1, 2) + field(extra.count, 2) + extra }
    directory += field(0x0201_4B50, 4) + field(version, 2) + field(version, 2) + common + field(extra.count, 2)
    directory +=
      field(0, 2) + field(0, 2) + field(0, 2) + field(0, 4) + field(narrow(offset), 4) + Array(name.utf8) + extra
    memberCount += 1
  }

  /// Adds bytes to the member that is open.
  public mutating func append(_ bytes: RawSpan) throws(WriteError) {
    precondition(bytes.byteCount <= missingByteCount, "no more bytes than announced")
    try file.append(bytes)
    missingByteCount -= bytes.byteCount
    offset += bytes.byteCount
  }

  /// Puts the archive in its place; what is there goes.
  public consuming func commit() throws(WriteError) {
    precondition(missingByteCount == 0, "the last member is whole")
    let (start, count) = (offset, directory.count)
    try write(directory)
    let mostMembers = min(threshold, 0xFFFF)
    if start >= threshold || count >= threshold || memberCount >= mostMembers {
      let end = offset
      try write(
        field(0x0606_4B50, 4) + field(44, 8) + field(45, 2) + field(45, 2) + field(0, 4) + field(0, 4)
          + field(memberCount, 8) + field(memberCount, 8) + field(count, 8) + field(start, 8))
      try write(field(0x0706_4B50, 4) + field(0, 4) + field(end, 8) + field(1, 4))
    }
    let members = memberCount >= mostMembers ? 0xFFFF : memberCount
    try write(
      field(0x0605_4B50, 4) + field(0, 4) + field(members, 2) + field(members, 2) + field(narrow(count), 4)
        + field(narrow(start), 4) + field(0, 2))
    try file.commit(replacing: true)
  }

  /// A size or offset in 32 bits, or the sign that it is in a field of 64.
  private func narrow(_ value: Int) -> Int { value >= threshold ? 0xFFFF_FFFF : value }

  private mutating func write(_ bytes: [UInt8]) throws(WriteError) {
    try unsafe file.append(bytes.span.bytes)
    offset += bytes.count
  }
}

/// A number in `width` bytes, the lowest first.
private func field(_ value: Int, _ width: Int) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
