/// Builds zip archives byte by byte, with whatever is wrong about them that a test wants.
public struct ZipBuilder {
  /// One member; the defaults make a correct one.
  public struct Member {
    public var name: [UInt8]
    public var bytes: [UInt8]
    /// As written in both headers: 0 stored, 8 deflated.
    public var method: UInt16 = 0
    public var flags: UInt16 = 0
    /// Bytes between the local header's name and the data, as a padding field or anything else.
    public var localExtra: [UInt8] = []
    public var localName: [UInt8]?
    public var localMethod: UInt16?
    /// Sizes in the local header: as they are, zero with bit 3 set, or 2³²−1 with a zip64 field.
    public var localSizes = LocalSizes.plain
    public var declaredByteCount: Int?
    public var checksum: UInt32?
    /// Position of the local header as the central directory has it.
    public var headerOffset: Int?

    public init(_ name: String, _ bytes: [UInt8]) {
      self.name = Array(name.utf8)
      self.bytes = bytes
    }
  }

  public enum LocalSizes { case plain, streamed, zip64 }

  public var members: [Member]
  public var prefix: [UInt8] = []
  public var comment: [UInt8] = []
  public var suffix: [UInt8] = []
  /// Whether sizes and offsets of the central directory move to zip64 fields, and a zip64 end record is written.
  public var zip64 = false

  public init(_ members: [Member]) { self.members = members }

  public init(_ members: [(String, [UInt8])]) { self.members = members.map { Member($0.0, $0.1) } }

  /// The archive.
  public func bytes() -> [UInt8] {
    var body: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let offset = body.count
      let payload = member.method == 8 ? ZipBuilder.deflated(member.bytes) : member.bytes
      body += local(member, payload) + payload
      if member.localSizes == .streamed {
        body += number(0x0807_4B50, 4) + number(Int(checksum(member)), 4) + number(payload.count, 4)
        body += number(member.bytes.count, 4)
      }
      directory += central(member, payload, member.headerOffset ?? offset)
    }
    return prefix + body + directory + end(body.count, directory.count) + suffix
  }

  /// A raw deflate stream of stored blocks: no compression, any inflater reads it.
  public static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(0xFFFF)
      rest = rest.dropFirst(block.count)
      result.append(rest.isEmpty ? 1 : 0)
      result += number(block.count, 2) + number(~block.count & 0xFFFF, 2) + block
    } while !rest.isEmpty
    return result
  }

  /// CRC-32 as zip has it.
  public static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var register = UInt32.max
    for byte in bytes {
      register ^= UInt32(byte)
      for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0xEDB8_8320 : register >> 1 }
    }
    return ~register
  }

  private func checksum(_ member: Member) -> UInt32 { member.checksum ?? ZipBuilder.checksum(member.bytes) }

  private func local(_ member: Member, _ payload: [UInt8]) -> [UInt8] {
    var extra = member.localExtra
    var sizes = number(Int(checksum(member)), 4) + number(payload.count, 4) + number(member.bytes.count, 4)
    var flags = member.flags
    switch member.localSizes {
    case .plain: break
    case .streamed:
      flags |= 8
      sizes = [UInt8](repeating: 0, count: 12)
    case .zip64:
      extra = number(1, 2) + number(16, 2) + number(member.bytes.count, 8) + number(payload.count, 8) + extra
      sizes = number(Int(checksum(member)), 4) + [UInt8](repeating: 0xFF, count: 8)
    }
    let name = member.localName ?? member.name
    return Array("PK\u{3}\u{4}".utf8) + number(20, 2) + number(Int(flags), 2)
      + number(Int(member.localMethod ?? member.method), 2) + number(0, 4) + sizes + number(name.count, 2)
      + number(extra.count, 2) + name + extra
  }

  private func central(_ member: Member, _ payload: [UInt8], _ offset: Int) -> [UInt8] {
    let size = member.declaredByteCount ?? member.bytes.count
    let flags = member.localSizes == .streamed ? member.flags | 8 : member.flags
    let numbers =
      zip64
      ? [UInt8](repeating: 0xFF, count: 8) : number(payload.count, 4) + number(size, 4)
    let extra =
      zip64 ? number(1, 2) + number(24, 2) + number(size, 8) + number(payload.count, 8) + number(offset, 8) : []
    return Array("PK\u{1}\u{2}".utf8) + number(20, 2) + number(20, 2) + number(Int(flags), 2)
      + number(Int(member.method), 2) + number(0, 4) + number(Int(checksum(member)), 4) + numbers
      + number(member.name.count, 2) + number(extra.count, 2) + number(0, 2) + number(0, 8)
      + (zip64 ? [UInt8](repeating: 0xFF, count: 4) : number(offset, 4)) + member.name + extra
  }

  private func end(_ start: Int, _ size: Int) -> [UInt8] {
    var result: [UInt8] = []
    if zip64 {
      result += Array("PK\u{6}\u{6}".utf8) + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8)
      result += number(members.count, 8) + number(members.count, 8) + number(size, 8) + number(start, 8)
      result += Array("PK\u{6}\u{7}".utf8) + number(0, 4) + number(start + size, 8) + number(1, 4)
    }
    let count = zip64 ? number(0xFFFF, 2) : number(members.count, 2)
    let place = zip64 ? [UInt8](repeating: 0xFF, count: 8) : number(size, 4) + number(start, 4)
    return result + Array("PK\u{5}\u{6}".utf8) + number(0, 4) + count + count + place + number(comment.count, 2)
      + comment
  }
}

/// `value` in `width` bytes, the lowest first.
private func number(_ value: Int, _ width: Int) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
