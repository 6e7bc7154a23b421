import Glibc

/// How probable it is that data drawn from the fitted power law lie as far from
/// their own fit: the bootstrap of Clauset, Shalizi & Newman (2009), section 4.1.
///
/// Each replicate has as many values: each with probability n/N from the power
/// law, else one of the values below xmin; it is fitted anew, xmin included.
/// A small p rejects the power law. A large one does not prove it, and for
/// eigenvalues less than for independent values, since they repel each other
/// and so lie closer to any curve.
public struct GoodnessOfFit: Sendable, Equatable {
  /// The share of replicates whose distance is at least that of the fit.
  public let pValue: Double
  /// How many replicates were drawn.
  public let replicateCount: Int

  /// √(p(1−p)/replicates), at least 1/replicates.
  public var standardError: Double {
    let count = Double(replicateCount)
    return max((pValue * (1 - pValue) / count).squareRoot(), 1 / count)
  }

  /// Below this p the power law is rejected.
  public static let rejection = 0.1
  /// Gives p to ± 0.05 at worst; 2500 would give it to ± 0.01.
  public static let defaultReplicateCount = 100

  /// - Parameters:
  ///   - values: what was fitted: ascending and positive.
  ///   - fit: its fit.
  ///   - replicateCount: at least 1. Each has its own random numbers, so that the
  ///     first of many are the same as the same number of few.
  ///   - seed: the only source of randomness.
  public init(
    _ values: some Collection<Double>, fit: PowerLawFit, replicateCount: Int = defaultReplicateCount, seed: UInt64 = 0
  ) {
    precondition(replicateCount >= 1, "at least one replicate")
    let logarithms = values.map { log($0) }
    let body = Array(logarithms.prefix(logarithms.count - fit.tailCount))
    var seeds = PortableRandom(seed: seed)
    var worse = 0
    for _ in 0..<replicateCount {
      var random = PortableRandom(seed: seeds.next())
      let replicate = GoodnessOfFit.replicate(count: logarithms.count, body: body, fit: fit, using: &random)
      if !PowerLawScan(logarithms: replicate).reaches(below: fit.distance) { worse += 1 }
    }
    pValue = Double(worse) / Double(replicateCount)
    self.replicateCount = replicateCount
  }

  /// Logarithms of a sample drawn from body and fitted tail, ascending.
  private static func replicate(
    count: Int, body: [Double], fit: PowerLawFit, using random: inout PortableRandom
  ) -> [Double] {
    let tailShare = Double(fit.tailCount) / Double(count)
    let origin = log(fit.xmin)
    let values = (0..<count).map { _ in
      if body.isEmpty || random.uniform() < tailShare {
        return origin - log(random.uniform()) / (fit.alpha - 1)
      }
      return body[random.index(below: body.count)]
    }
    return values.sorted()
  }
}
