import Glibc

/// p(x) = Λ exp(−Λ(x − xmin)).
public struct ExponentialTail: TailDistribution, Equatable {
  /// Λ > 0, in units of 1/x.
  public let rate: Double

  /// Λ = 1/(mean of x − xmin), the maximum of the likelihood.
  public init(_ sample: TailSample) { rate = Double(sample.count) / (sample.sumOfExcess * sample.xmin) }

  public func logDensities(_ sample: TailSample) -> [Double] {
    let constant = log(rate)
    return sample.ratios.map { constant - rate * sample.xmin * ($0 - 1) }
  }
}
