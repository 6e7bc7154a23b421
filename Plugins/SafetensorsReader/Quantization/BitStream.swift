import ModelReading

/// The number of `bits` bits at `position` of a stream, whose words `word` gives: lowest bits first.
@inline(__always)
func packedNumber(at position: Int, bits: Int, _ word: (Int) -> UInt32) -> Int {
  let bit = position &* bits
  let shift = UInt64(truncatingIfNeeded: bit & 31)
  var value = UInt64(word(bit &>> 5)) &>> shift
  if shift &+ UInt64(truncatingIfNeeded: bits) > 32 { value |= UInt64(word(bit &>> 5 &+ 1)) &<< (32 &- shift) }
  return Int(truncatingIfNeeded: value & (1 &<< UInt64(truncatingIfNeeded: bits) &- 1))
}

extension Tensor {
  /// The bit patterns of 32-bit integers that lie one after the other.
  func words() throws(ReadError) -> [UInt32] {
    let data = try load()
    return unsafe data.bytes.withUnsafeBytes { bytes in
      (0..<elementCount).map {
        UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
      }
    }
  }

  /// Integers, which must lie in `range`.
  func indices(in range: Range<Int>, _ what: String) throws(ReadError) -> [Int] {
    let numbers = try values(as: Double.self).map { Int(exactly: $0) ?? .min }
    guard numbers.allSatisfy(range.contains) else { throw error(.malformed, "\(what) outside \(range)") }
    return numbers
  }
}
