import Glibc

/// A lognormal distribution cut off below xmin: ln x is normal with mean μ and
/// deviation s, on ln x ≥ ln xmin.
///
/// In ln(x/xmin) it is a normal distribution cut off at ξ = (ln xmin − μ)/s of its
/// deviations, whose two moments give ξ and s. Written with the hazard φ(ξ)/Φ̄(ξ)
/// nothing underflows, however far out the tail begins.
public struct LognormalTail: TailDistribution, Equatable {
  /// μ: the mean of ln x before the cut.
  public let mu: Double
  /// s > 0: the standard deviation of ln x before the cut.
  public let sigma: Double
  /// ξ = (ln xmin − μ)/s, in [−`largestCut`, `largestCut`].
  public let cut: Double
  /// Whether ξ was stopped: a power law has its best fit at ξ → ∞, μ → −∞.
  public let isAtBound: Bool

  /// At ξ = 20 the law is a power law but for 1/ξ² of its logarithms: μ = ln xmin − 400 mean logarithms.
  public static let largestCut = 20.0

  /// The maximum of the likelihood, which for this exponential family has the sample's two moments.
  public init(_ sample: TailSample) {
    let n = Double(sample.count)
    let mean = sample.sumOfLogarithms / n
    let square = sample.logarithms.reduce(0) { $0 + $1 * $1 } / n
    let target = square / (mean * mean)
    let limit = LognormalTail.largestCut
    func excess(_ cut: Double) -> Double {
      let delta = hazardExcess(cut)
      return varianceFactor(cut, delta) / (delta * delta) - target
    }
    if excess(limit) <= 0 {
      cut = limit
    } else if excess(-limit) >= 0 {
      cut = -limit
    } else {
      cut = bracketedRoot(-limit, limit, tolerance: 1e-14, of: excess)
    }
    isAtBound = abs(cut) == limit
    sigma = mean / hazardExcess(cut)
    mu = log(sample.xmin) - cut * sigma
  }

  public func logDensities(_ sample: TailSample) -> [Double] {
    let constant = -log(sample.xmin) - log(sigma) + log(cut + hazardExcess(cut))
    return sample.logarithms.map { constant - $0 - cut * $0 / sigma - $0 * $0 / (2 * sigma * sigma) }
  }
}

/// From here on the continued fraction of the hazard beats the error function.
private let farCut = 3.0

/// φ(ξ)/Φ̄(ξ) − ξ > 0: the mean of a standard normal beyond ξ, above ξ.
private func hazardExcess(_ cut: Double) -> Double {
  if cut >= farCut { return 1 / (cut + laterFraction(cut)) }
  let density = exp(-cut * cut / 2) / (2 * Double.pi).squareRoot()
  return density / (0.5 * erfc(cut / 2.0.squareRoot())) - cut
}

/// 1 − ξδ, δ the excess: the second moment above ξ.
private func varianceFactor(_ cut: Double, _ delta: Double) -> Double {
  cut >= farCut ? delta * laterFraction(cut) : 1 - cut * delta
}

/// 2/(ξ + 3/(ξ + 4/(ξ + …))), the tail of the hazard's continued fraction ξ + 1/(ξ + 2/(ξ + …)).
private func laterFraction(_ cut: Double) -> Double {
  var value = cut
  for k in stride(from: 120.0, through: 3, by: -1) { value = cut + k / value }
  return 2 / value
}
