import Glibc

/// A random number generator whose numbers are the same in every language and on every machine:
/// SplitMix64, with doubles and normal deviates made from it by fixed rules.
///
/// The same seed gives the same matrices here and in a few lines of any other
/// language, so that fixtures need not be stored. Not for cryptography.
public struct PortableRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// The next of SplitMix64's numbers.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number strictly between 0 and 1: the middle of one of 2⁵³ equal cells.
  public mutating func uniform() -> Double {
    (Double(next() >> 11) + 0.5) * 0x1p-53
  }

  /// Two independent standard normal deviates from two uniform ones (Box & Muller 1958).
  public mutating func normalPair() -> (Double, Double) {
    let radius = (-2 * log(uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    return (radius * cos(angle), radius * sin(angle))
  }

  /// `count` standard normal deviates. An odd count discards the second of the last pair.
  public mutating func normals(_ count: Int) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(count + 1)
    while values.count < count {
      let pair = normalPair()
      values.append(pair.0)
      values.append(pair.1)
    }
    if values.count > count { values.removeLast() }
    return values
  }

  /// A whole number in 0 ..< `bound`, by scaling a uniform deviate.
  ///
  /// - Precondition: 0 < `bound` < 2³², where the bias of scaling is below 2⁻²⁰.
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "an index needs a range")
    return min(Int(uniform() * Double(bound)), bound - 1)
  }
}
