/// Blocks of 256 elements that are points of a codebook with signs: the IQ types of one to three bits.
extension Block {
  /// `d`, eight times four points and one word of four signs of seven bits and a scale: d·(0.5 + s)/4·v.
  func decodeIQ2XXS(into values: inout MutableSpan<Float>) {
    let overall = half(0)
    for part in 0..<8 {
      let word = word32(6 + part * 8)
      let scale = overall * (0.5 + Float(word >> 28)) * 0.25
      for i in 0..<4 {
        let signs = Codebook.signs[word >> (7 * i) & 127]
        write(Codebook.iq2XXS, byte(2 + part * 8 + i), scale, signs, at: part * 32 + i * 8, &values)
      }
    }
  }

  /// `d`, 32 points of nine bits with signs of seven, sixteen scales of four bits.
  func decodeIQ2XS(into values: inout MutableSpan<Float>) {
    let overall = half(0)
    for i in 0..<32 {
      let scale = overall * (0.5 + Float(nibble(66 + i / 4, i / 2 % 2))) * 0.25
      let word = word16(2 + i * 2)
      write(Codebook.iq2XS, word & 511, scale, Codebook.signs[word >> 9], at: i * 8, &values)
    }
  }

  /// `d`, the lower bytes of 32 points, their signs, the upper two bits of the points, sixteen scales of four bits.
  func decodeIQ2S(into values: inout MutableSpan<Float>) {
    let overall = half(0)
    for i in 0..<32 {
      let scale = overall * (0.5 + Float(nibble(74 + i / 4, i / 2 % 2))) * 0.25
      let point = byte(2 + i) | (byte(66 + i / 4) >> (i % 4 * 2) & 3) << 8
      write(Codebook.iq2S, point, scale, byte(34 + i), at: i * 8, &values)
    }
  }

  /// `d`, 64 points of four elements, eight words of four signs of seven bits and a scale: d·(0.5 + s)/2·v.
  func decodeIQ3XXS(into values: inout MutableSpan<Float>) {
    let overall = half(0)
    for i in 0..<64 {
      let word = word32(66 + i / 8 * 4)
      let scale = overall * (0.5 + Float(word >> 28)) * 0.5
      let signs = Codebook.signs[word >> (i / 2 % 4 * 7) & 127] >> (i % 2 * 4)
      write(Codebook.iq3XXS, byte(2 + i), scale, signs, at: i * 4, &values)
    }
  }

  /// `d`, the lower bytes of 64 points, their ninth bits, the signs, eight scales of four bits: d·(1 + 2s)·v.
  func decodeIQ3S(into values: inout MutableSpan<Float>) {
    let overall = half(0)
    for i in 0..<64 {
      let scale = overall * Float(1 + 2 * nibble(106 + i / 16, i / 8 % 2))
      let point = byte(2 + i) | (byte(66 + i / 8) >> (i % 8) & 1) << 8
      write(Codebook.iq3S, point, scale, nibble(74 + i / 2, i % 2), at: i * 4, &values)
    }
  }

  /// `d`, the lower bytes of 32 points, eight words of their upper bits, a scale and a sign: d·(1 + 2s)·(v ± 1/8).
  func decodeIQ1S(into values: inout MutableSpan<Float>) {
    let overall = half(0)
    for i in 0..<32 {
      let word = word16(34 + i / 4 * 2)
      let scale = overall * Float(2 * (word >> 12 & 7) + 1)
      let point = byte(2 + i) | (word >> (i % 4 * 3) & 7) << 8
      write(Codebook.iq1, point, scale, shift: word >> 15 == 0 ? 0.125 : -0.125, at: i * 8, &values)
    }
  }

  /// The lower bytes of 32 points, their upper bits with a sign, four words of four scales and a quarter of `d`.
  func decodeIQ1M(into values: inout MutableSpan<Float>) {
    let pattern = (0..<4).reduce(0) { $0 | (word16(48 + $1 * 2) >> 12) << ($1 * 4) }
    let overall = Block.half(UInt16(truncatingIfNeeded: pattern))
    for i in 0..<32 {
      let scale = overall * Float(2 * (word16(48 + i / 8 * 2) >> (i / 2 % 4 * 3) & 7) + 1)
      let bits = nibble(32 + i / 2, i % 2)
      write(
        Codebook.iq1, byte(i) | (bits & 7) << 8, scale, shift: bits & 8 == 0 ? 0.125 : -0.125, at: i * 8, &values)
    }
  }

  /// The elements of a point, negative where a bit of `signs` is set.
  @inline(__always)
  private func write(
    _ codebook: Codebook, _ point: Int, _ scale: Float, _ signs: Int, at start: Int, _ values: inout MutableSpan<Float>
  ) {
    let first = point * codebook.dimension
    for i in 0..<codebook.dimension {
      let value = scale * codebook.elements[first + i]
      values[start + i] = signs >> i & 1 == 0 ? value : -value
    }
  }

  @inline(__always)
  private func write(
    _ codebook: Codebook, _ point: Int, _ scale: Float, shift: Float, at start: Int, _ values: inout MutableSpan<Float>
  ) {
    let first = point * codebook.dimension
    for i in 0..<codebook.dimension { values[start + i] = scale * (codebook.elements[first + i] + shift) }
  }
}
