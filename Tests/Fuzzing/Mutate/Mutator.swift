import TestSupport

/// Damages files, the same way for the same seed.
struct Mutator {
  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  /// A copy of one of `samples` with one to four defects.
  mutating func damage(_ samples: [[UInt8]]) -> [UInt8] {
    var bytes = samples.randomElement(using: &random)!
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1: flipBits(&bytes)
      case 2: overwriteByte(&bytes)
      case 3, 4: overwriteInteger(&bytes)
      case 5: bytes.removeSubrange(position(in: bytes)...)
      case 6: splice(&bytes, samples.randomElement(using: &random)!)
      default: removeOrRepeat(&bytes)
      }
    }
    return bytes
  }

  /// Mostly near the ends, where formats keep their indexes.
  private mutating func position(in bytes: [UInt8]) -> Int {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4: Int.random(in: 0..<min(bytes.count, 1024), using: &random)
    case 4..<7: bytes.count - 1 - Int.random(in: 0..<min(bytes.count, 4096), using: &random)
    default: Int.random(in: 0..<bytes.count, using: &random)
    }
  }

  private mutating func flipBits(_ bytes: inout [UInt8]) {
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      bytes[position(in: bytes)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
  }

  private mutating func overwriteByte(_ bytes: inout [UInt8]) {
    let values: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\"")]
    bytes[position(in: bytes)] = values.randomElement(using: &random)!
  }

  /// A length that is just wrong, or far too large, in either byte order.
  private mutating func overwriteInteger(_ bytes: inout [UInt8]) {
    let values: [UInt64] = [
      0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF,
      0x8000_0000_0000_0000, .max, .max - 7, UInt64(bytes.count), UInt64(bytes.count) + 1,
    ]
    let width = [1, 2, 4, 8].randomElement(using: &random)!
    let value = values.randomElement(using: &random)!
    let bigEndian = Int.random(in: 0..<4, using: &random) == 0
    let start = position(in: bytes)
    for i in 0..<width where start + i < bytes.count {
      let shift = UInt64(8 * (bigEndian ? width - 1 - i : i))
      bytes[start + i] = UInt8(truncatingIfNeeded: value >> shift)
    }
  }

  private mutating func splice(_ bytes: inout [UInt8], _ other: [UInt8]) {
    guard !other.isEmpty else { return }
    let from = position(in: other)
    let count = min(Int.random(in: 1...512, using: &random), other.count - from)
    let start = position(in: bytes)
    let end = min(start + (Bool.random(using: &random) ? count : 0), bytes.count)
    bytes.replaceSubrange(start..<end, with: other[from..<from + count])
  }

  private mutating func removeOrRepeat(_ bytes: inout [UInt8]) {
    let start = position(in: bytes)
    let end = min(start + Int.random(in: 1...64, using: &random), bytes.count)
    if Bool.random(using: &random) {
      bytes.removeSubrange(start..<end)
    } else {
      bytes.insert(contentsOf: bytes[start..<end], at: start)
    }
  }
}
