import ModelReading

/// The number of `bits` bits at `position` of a stream, whose words `word` gives: lowest bits first.
func packedNumber(at position: Int, bits: Int, _ word: (Int) -> UInt32) -> Int {
  let bit = position * bits
  let shift = bit % 32
  var value = UInt64(word(bit / 32)) >> UInt64(shift)
  if shift + bits > 32 { value |= UInt64(word(bit / 32 + 1)) << UInt64(32 - shift) }
  return Int(value & (1 << UInt64(bits) - 1))
}

extension Tensor {
  /// The bit patterns of 32-bit integers.
  func words() throws(ReadError) -> [UInt32] {
    try values(as: Double.self).map { UInt32(truncatingIfNeeded: Int($0)) }
  }
}
