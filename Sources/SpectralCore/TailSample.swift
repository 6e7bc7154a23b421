import Glibc

/// The part of a sample that a tail distribution is fitted to, and the sums that its likelihoods need.
public struct TailSample: Sendable {
  /// xmin > 0: where the tail begins.
  public let xmin: Double
  /// x/xmin ≥ 1, ascending.
  let ratios: [Double]
  /// ln(x/xmin) ≥ 0, ascending.
  let logarithms: [Double]
  /// Σ ln(x/xmin).
  let sumOfLogarithms: Double
  /// Σ (x/xmin − 1).
  let sumOfExcess: Double

  public var count: Int { ratios.count }

  /// The values ≥ `xmin`.
  ///
  /// - Parameter values: ascending and positive.
  /// - Returns: `nil` unless at least two of them differ.
  public init?(_ values: some Collection<Double>, xmin: Double) {
    let tail = values.drop { $0 < xmin }
    guard xmin > 0, let largest = tail.max(), largest > xmin, tail.count > 1 else { return nil }
    self.xmin = xmin
    ratios = tail.map { $0 / xmin }
    // Differences of logarithms would lose what is near xmin.
    logarithms = ratios.map { $0 < 2 ? log1p($0 - 1) : log($0) }
    sumOfLogarithms = logarithms.reduce(0, +)
    sumOfExcess = ratios.reduce(0) { $0 + ($1 - 1) }
    guard sumOfLogarithms > 0, sumOfExcess.isFinite else { return nil }
  }
}

/// A distribution on x ≥ xmin, fitted to a tail by maximum likelihood.
public protocol TailDistribution: Sendable {
  /// ln p(x) of each value of `sample`, in its order. xmin is the sample's.
  func logDensities(_ sample: TailSample) -> [Double]
}

extension TailDistribution {
  /// Σ ln p(x).
  public func logLikelihood(_ sample: TailSample) -> Double { logDensities(sample).reduce(0, +) }
}
