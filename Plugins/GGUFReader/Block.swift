import ModelReading

/// The bytes of one block, and how to read numbers from them.
///
/// Offsets are those of the block's layout; they lie inside it.
struct Block: ~Escapable {
  private let bytes: RawSpan
  /// Of scales; packed integers wider than a byte are little-endian.
  private let order: ByteOrder

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, _ order: ByteOrder) {
    self.bytes = bytes
    self.order = order
  }

  @inline(__always)
  func byte(_ offset: Int) -> Int {
    Int(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
  }

  @inline(__always)
  func signed(_ offset: Int) -> Int {
    Int(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: Int8.self))
  }

  /// The half of a byte: 0 for the lower, 1 for the upper.
  @inline(__always)
  func nibble(_ offset: Int, _ half: Int) -> Int { byte(offset) &>> (4 &* half) & 15 }

  @inline(__always)
  func word16(_ offset: Int) -> Int {
    Int(UInt16(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  @inline(__always)
  func word32(_ offset: Int) -> Int {
    Int(UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  /// A scale of 16 bits.
  func half(_ offset: Int) -> Float {
    let pattern = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return Block.half(order == .little ? UInt16(littleEndian: pattern) : UInt16(bigEndian: pattern))
  }

  static func half(_ pattern: UInt16) -> Float { Float(Float16(bitPattern: pattern)) }

  /// A scale of 32 bits.
  func single(_ offset: Int) -> Float {
    let pattern = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return Float(bitPattern: order == .little ? UInt32(littleEndian: pattern) : UInt32(bigEndian: pattern))
  }
}
