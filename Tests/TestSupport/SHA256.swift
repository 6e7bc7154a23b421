/// FIPS 180-4, for comparing what readers read with what the makers wrote.
public struct SHA256 {
  private static let constants: [UInt32] = primes(64).map { fraction(Double($0), cube: true) }
  private var state = SHA256.primes(8).map { SHA256.fraction(Double($0), cube: false) }
  private var schedule = [UInt32](repeating: 0, count: 64)

  /// The digest as 64 lower-case hexadecimal digits.
  public static func hexadecimal(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    let padding = (119 - bytes.count % 64) % 64
    let length = UInt64(bytes.count) * 8
    let tail =
      [0x80] + [UInt8](repeating: 0, count: padding)
      + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> UInt64($0)) }
    let whole = bytes.count / 64 * 64
    for start in stride(from: 0, to: whole, by: 64) { hash.add(bytes, at: start) }
    let rest = Array(bytes[whole...]) + tail
    for start in stride(from: 0, to: rest.count, by: 64) { hash.add(rest, at: start) }
    return hash.state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private mutating func add(_ bytes: [UInt8], at start: Int) {
    for i in 0..<16 {
      schedule[i] = bytes[(start + i * 4)..<(start + i * 4 + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
    for i in 16..<64 {
      let (x, y) = (schedule[i - 15], schedule[i - 2])
      let s0 = rotated(x, 7) ^ rotated(x, 18) ^ x >> 3
      let s1 = rotated(y, 17) ^ rotated(y, 19) ^ y >> 10
      schedule[i] = schedule[i - 16] &+ s0 &+ schedule[i - 7] &+ s1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for i in 0..<64 {
      let choice = e & f ^ ~e & g
      let majority = a & b ^ a & c ^ b & c
      let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let t = h &+ s1 &+ choice &+ SHA256.constants[i] &+ schedule[i]
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t, c, b, a, t &+ s0 &+ majority)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= word }
  }

  private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

  private static func primes(_ count: Int) -> [Int] {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < count {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes
  }

  /// The first 32 bits of the fraction of a prime's square or cube root.
  private static func fraction(_ prime: Double, cube: Bool) -> UInt32 {
    var root = prime.squareRoot()
    if cube { for _ in 0..<60 { root -= (root * root * root - prime) / (3 * root * root) } }
    return UInt32((root - root.rounded(.down)) * 0x1p32)
  }
}
