/// Blocks of 256 elements whose parts have scales of their own, quantised in their turn: the K types.
extension Block {
  /// Sixteen scales and minima of four bits, numbers of two bits, `d`, `dmin`: d·s·q − dmin·m.
  func decodeQ2K(into values: inout MutableSpan<Float>) {
    let (overall, overallMinimum) = (half(80), half(82))
    for part in 0..<16 {
      let scale = overall * Float(nibble(part, 0))
      let minimum = overallMinimum * Float(nibble(part, 1))
      for i in part * 16..<part * 16 + 16 {
        values[i] = scale * Float(byte(16 + i / 128 * 32 + i % 32) >> (i / 32 % 4 * 2) & 3) - minimum
      }
    }
  }

  /// The third bits, numbers of two bits, sixteen scales of six bits in two pieces, `d`: d·(s − 32)·(q − 4).
  func decodeQ3K(into values: inout MutableSpan<Float>) {
    let overall = half(108)
    for part in 0..<16 {
      let low = nibble(96 + part % 8, part / 8)
      let high = byte(104 + part % 4) >> (part / 4 * 2) & 3
      let scale = overall * Float((low | high << 4) - 32)
      for i in part * 16..<part * 16 + 16 {
        let number = byte(32 + i / 128 * 32 + i % 32) >> (i / 32 % 4 * 2) & 3
        values[i] = scale * Float(number | (byte(i % 32) >> (i / 32) & 1) << 2 - 4)
      }
    }
  }

  /// `d`, `dmin`, eight scales and minima of six bits, numbers of four bits: d·s·q − dmin·m.
  func decodeQ4K(into values: inout MutableSpan<Float>) {
    let (overall, overallMinimum) = (half(0), half(2))
    for part in 0..<8 {
      let scale = overall * Float(scaleOfSixBits(part))
      let minimum = overallMinimum * Float(minimumOfSixBits(part))
      for i in 0..<32 {
        values[part * 32 + i] = scale * Float(nibble(16 + part / 2 * 32 + i, part % 2)) - minimum
      }
    }
  }

  /// As Q4_K, with the fifth bits before the others.
  func decodeQ5K(into values: inout MutableSpan<Float>) {
    let (overall, overallMinimum) = (half(0), half(2))
    for part in 0..<8 {
      let scale = overall * Float(scaleOfSixBits(part))
      let minimum = overallMinimum * Float(minimumOfSixBits(part))
      for i in 0..<32 {
        let number = nibble(48 + part / 2 * 32 + i, part % 2) | (byte(16 + i) >> part & 1) << 4
        values[part * 32 + i] = scale * Float(number) - minimum
      }
    }
  }

  /// The first four scales and minima are the lower six bits of a byte each; of the others, four bits share a byte
  /// and two stand above those of the first four.
  private func scaleOfSixBits(_ part: Int) -> Int {
    part < 4 ? byte(4 + part) & 63 : nibble(8 + part, 0) | byte(part) >> 2 & 0x30
  }

  private func minimumOfSixBits(_ part: Int) -> Int {
    part < 4 ? byte(8 + part) & 63 : nibble(8 + part, 1) | byte(4 + part) >> 2 & 0x30
  }

  /// The lower four bits, the upper two, sixteen signed scales, `d`: d·s·(q − 32).
  func decodeQ6K(into values: inout MutableSpan<Float>) {
    let overall = half(208)
    for part in 0..<16 {
      let scale = overall * Float(signed(192 + part))
      for i in part * 16..<part * 16 + 16 {
        let (half, row) = (i / 128, i / 32 % 4)
        let low = nibble(half * 64 + row % 2 * 32 + i % 32, row / 2)
        let high = byte(128 + half * 32 + i % 32) >> (row * 2) & 3
        values[i] = scale * Float((low | high << 4) - 32)
      }
    }
  }
}
