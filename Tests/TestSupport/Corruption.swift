/// Deterministic damage, for tests that a bad input never ends the process.
public enum Corruption {
  /// Every proper prefix of `bytes`.
  public static func truncations(of bytes: [UInt8]) -> some Sequence<[UInt8]> {
    (0..<bytes.count).lazy.map { Array(bytes[..<$0]) }
  }

  /// `count` copies of `bytes`, each with one byte changed; the same ones on every run.
  public static func singleBytes(of bytes: [UInt8], count: Int, seed: UInt64) -> some Sequence<[UInt8]> {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    return (0..<count).map { _ in
      var copy = bytes
      copy[next(bytes.count)] ^= UInt8(1 + next(255))
      return copy
    }
  }
}
