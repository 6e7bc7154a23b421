package import ModelReading

/// The part of the superblock that says how long the file should be.
package struct Superblock {
  /// Position of the signature: 0, or 512, 1024, 2048, … after a user block.
  private let offset: Int
  private let declaredEnd: UInt64?

  /// - Throws: `.unrecognized` if there is no signature.
  package init(_ source: ByteSource) throws(ReadError) {
    guard let offset = Superblock.signature(in: source.bytes) else {
      throw source.error(.unrecognized, "has no HDF5 signature", at: 0)
    }
    self.offset = offset
    declaredEnd = Superblock.end(in: source.bytes, at: offset)
  }

  /// Position of the signature, or `nil`.
  static func signature(in bytes: RawSpan) -> Int? {
    var offset = 0
    while offset < bytes.byteCount {
      if bytes.byte(at: offset) == 0x89, bytes.starts(with: "HDF\r\n", at: offset + 1),
        bytes.byte(at: offset + 6) == 0x1A, bytes.byte(at: offset + 7) == 0x0A
      {
        return offset
      }
      offset = offset == 0 ? 512 : offset &* 2
      guard offset > 0 else { return nil }
    }
    return nil
  }

  /// - Throws: `.truncated` if the file ends before the superblock says it does.
  package func check(_ source: ByteSource) throws(ReadError) {
    guard let declaredEnd else { return }
    let present = UInt64(source.byteCount - offset)
    guard declaredEnd <= present else {
      throw source.error(
        .truncated, "declares \(declaredEnd) bytes, \(present) are there", at: offset,
        hint: "the download may be incomplete")
    }
  }

  /// End of the file relative to its base, where the superblock has addresses of 8 bytes, as all in use do.
  private static func end(in bytes: RawSpan, at offset: Int) -> UInt64? {
    func number(_ position: Int) -> UInt64? {
      guard position <= bytes.byteCount - 8 else { return nil }
      return unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
    switch bytes.byte(at: offset + 8) {
    case 0 where bytes.byte(at: offset + 13) == 8: return relative(number(offset + 40), base: number(offset + 24))
    case 1 where bytes.byte(at: offset + 13) == 8: return relative(number(offset + 44), base: number(offset + 28))
    case 2 where bytes.byte(at: offset + 9) == 8, 3 where bytes.byte(at: offset + 9) == 8:
      return relative(number(offset + 28), base: number(offset + 12))
    default: return nil
    }
  }

  private static func relative(_ end: UInt64?, base: UInt64?) -> UInt64? {
    guard let end, let base, base != .max, end >= base else { return nil }
    return end - base
  }
}
