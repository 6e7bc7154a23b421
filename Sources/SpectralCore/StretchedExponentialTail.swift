import Glibc

/// p(x) = βΛ(Λx)^(β−1) exp((Λxmin)^β − (Λx)^β): a stretched exponential (Weibull) tail.
public struct StretchedExponentialTail: TailDistribution, Equatable {
  /// β, in [`smallestStretch`, …).
  public let stretch: Double
  /// t = (Λxmin)^β > 0; Λ itself overflows as β → 0.
  public let cutoff: Double
  /// ln Λ, with Λ in units of 1/x.
  public let logRate: Double
  /// Whether β was stopped: a power law has its best fit at β → 0.
  public let isAtBound: Bool

  /// As β → 0 the law becomes a power law with α = 1 + βt. At 0.005 its logarithm differs from
  /// one by less than 0.3 % a decade, so that smaller ones say nothing more about the data.
  public static let smallestStretch = 0.005
  /// Largest exponent that is let near the overflow of e^x.
  private static let largestExponent = 600.0

  /// The maximum of the likelihood: t = n/Σ((x/xmin)^β − 1) for each β, and β by the root of the derivative.
  public init(_ sample: TailSample) {
    let smallest = StretchedExponentialTail.smallestStretch
    func slope(_ stretch: Double) -> Double { StretchedExponentialTail.slope(stretch, sample) }
    let limit = StretchedExponentialTail.largestExponent / (sample.logarithms.last ?? 1)
    var upper = min(1, limit)
    while slope(upper) > 0, upper < limit { upper = min(2 * upper, limit) }
    var bounded = true
    if slope(smallest) <= 0 {
      stretch = smallest
    } else if slope(upper) > 0 {
      stretch = upper
    } else {
      stretch = bracketedRoot(smallest, upper, tolerance: 1e-13, of: slope)
      bounded = false
    }
    isAtBound = bounded
    cutoff = StretchedExponentialTail.cutoff(stretch, sample)
    logRate = log(cutoff) / stretch - log(sample.xmin)
  }

  public func logDensities(_ sample: TailSample) -> [Double] {
    let constant = log(stretch) + log(cutoff) - log(sample.xmin)
    return sample.logarithms.map { constant + (stretch - 1) * $0 - cutoff * expm1(stretch * $0) }
  }

  private static func cutoff(_ stretch: Double, _ sample: TailSample) -> Double {
    Double(sample.count) / sample.logarithms.reduce(0) { $0 + expm1(stretch * $1) }
  }

  /// β times the derivative of the log-likelihood with t at its best.
  private static func slope(_ stretch: Double, _ sample: TailSample) -> Double {
    var (weighted, total) = (0.0, 0.0)
    for logarithm in sample.logarithms {
      let excess = expm1(stretch * logarithm)
      total += excess
      weighted += (1 + excess) * logarithm
    }
    let n = Double(sample.count)
    return n + stretch * (sample.sumOfLogarithms - n * weighted / total)
  }
}
