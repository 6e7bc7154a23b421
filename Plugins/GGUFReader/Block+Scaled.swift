/// Blocks with one scale: Q4_0 to Q8_1, Q8_K, and those of fewer bits.
extension Block {
  /// `d`, 16 bytes of two numbers each, the lower halves first: d·(q − 8).
  func decodeQ40(into values: inout MutableSpan<Float>) {
    let scale = half(0)
    for i in 0..<16 {
      values[i] = scale * Float(nibble(2 + i, 0) - 8)
      values[i + 16] = scale * Float(nibble(2 + i, 1) - 8)
    }
  }

  /// `d`, `m`, numbers as in Q4_0: d·q + m.
  func decodeQ41(into values: inout MutableSpan<Float>) {
    let (scale, minimum) = (half(0), half(2))
    for i in 0..<16 {
      values[i] = scale * Float(nibble(4 + i, 0)) + minimum
      values[i + 16] = scale * Float(nibble(4 + i, 1)) + minimum
    }
  }

  /// `d`, the fifth bit of each number, the others as in Q4_0: d·(q − 16).
  func decodeQ50(into values: inout MutableSpan<Float>) {
    let (scale, high) = (half(0), word32(2))
    for i in 0..<16 {
      values[i] = scale * Float((nibble(6 + i, 0) | (high >> i & 1) << 4) - 16)
      values[i + 16] = scale * Float((nibble(6 + i, 1) | (high >> (i + 16) & 1) << 4) - 16)
    }
  }

  /// `d`, `m`, numbers as in Q5_0: d·q + m.
  func decodeQ51(into values: inout MutableSpan<Float>) {
    let (scale, minimum, high) = (half(0), half(2), word32(4))
    for i in 0..<16 {
      values[i] = scale * Float(nibble(8 + i, 0) | (high >> i & 1) << 4) + minimum
      values[i + 16] = scale * Float(nibble(8 + i, 1) | (high >> (i + 16) & 1) << 4) + minimum
    }
  }

  /// Signed bytes: d·q.
  func decodeBytes(at start: Int, scale: Float, into values: inout MutableSpan<Float>) {
    for i in values.indices { values[i] = scale * Float(signed(start + i)) }
  }

  /// `d`, a bit per element: d or −d.
  func decodeQ10(into values: inout MutableSpan<Float>) {
    let scale = half(0)
    for i in values.indices { values[i] = byte(2 + i / 8) >> (i % 8) & 1 == 1 ? scale : -scale }
  }

  /// Five digits of base three per byte, as fractions of 256; four in each of the last four bytes; `d`: d·(digit − 1).
  func decodeTQ10(into values: inout MutableSpan<Float>) {
    let scale = half(52)
    var target = 0
    for (start, count, digits) in [(0, 32, 5), (32, 16, 5), (48, 4, 4)] {
      var power = 1
      for _ in 0..<digits {
        for i in start..<start + count {
          values[target] = scale * Float(((byte(i) * power & 0xFF) * 3) >> 8 - 1)
          target += 1
        }
        power *= 3
      }
    }
  }

  /// Four numbers per byte, `d`: d·(q − 1).
  func decodeTQ20(into values: inout MutableSpan<Float>) {
    let scale = half(64)
    for i in values.indices {
      values[i] = scale * Float(byte(i / 128 * 32 + i % 32) >> (i / 32 % 4 * 2) & 3 - 1)
    }
  }

  // MARK: Values from a table

  /// Twice the values of four-bit floats.
  private static let doubledFloats: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]
  private static let unevenValues: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  /// An exponent, four-bit floats in the order of Q4_0: 2^(e − 127)·v.
  func decodeMXFP4(into values: inout MutableSpan<Float>) {
    let exponent = UInt32(byte(0))
    let scale = Float(bitPattern: exponent < 2 ? 0x20_0000 << exponent : (exponent - 1) << 23)
    for i in 0..<16 {
      values[i] = scale * Block.doubledFloats[nibble(1 + i, 0)]
      values[i + 16] = scale * Block.doubledFloats[nibble(1 + i, 1)]
    }
  }

  /// Four scales without a sign, 4-3 bits; four times 16 four-bit floats, each in the order of Q4_0.
  func decodeNVFP4(into values: inout MutableSpan<Float>) {
    for part in 0..<4 {
      let scale = Block.halvedScale(byte(part))
      for i in 0..<8 {
        values[part * 16 + i] = scale * Block.doubledFloats[nibble(4 + part * 8 + i, 0)]
        values[part * 16 + i + 8] = scale * Block.doubledFloats[nibble(4 + part * 8 + i, 1)]
      }
    }
  }

  /// Half the value of an eight-bit float whose first bit does not count; the NaN stands for zero.
  private static func halvedScale(_ pattern: Int) -> Float {
    guard pattern != 0x7F else { return 0 }
    let (exponent, mantissa) = (pattern >> 3 & 15, Float(pattern & 7))
    return exponent == 0
      ? mantissa * 0x1p-10 : (1 + mantissa / 8) * Float(sign: .plus, exponent: exponent - 8, significand: 1)
  }

  /// `d`, positions in a table in the order of Q4_0: d·v.
  func decodeIQ4NL(into values: inout MutableSpan<Float>) {
    let scale = half(0)
    for i in 0..<16 {
      values[i] = scale * Block.unevenValues[nibble(2 + i, 0)]
      values[i + 16] = scale * Block.unevenValues[nibble(2 + i, 1)]
    }
  }

  /// `d`, eight scales of six bits in two pieces, eight times 32 positions in the order of Q4_0: d·(s − 32)·v.
  func decodeIQ4XS(into values: inout MutableSpan<Float>) {
    let (overall, high) = (half(0), word16(2))
    for part in 0..<8 {
      let low = nibble(4 + part / 2, part % 2)
      let scale = overall * Float((low | (high >> (2 * part) & 3) << 4) - 32)
      for i in 0..<16 {
        values[part * 32 + i] = scale * Block.unevenValues[nibble(8 + part * 16 + i, 0)]
        values[part * 32 + i + 16] = scale * Block.unevenValues[nibble(8 + part * 16 + i, 1)]
      }
    }
  }
}
