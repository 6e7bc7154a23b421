import Glibc

/// p(x) = (α−1)/xmin · (x/xmin)^−α: the power law itself, as one of the tail distributions.
public struct PowerLawTail: TailDistribution, Equatable {
  /// α > 1.
  public let alpha: Double

  /// α = 1 + n/Σ ln(x/xmin) (Clauset, Shalizi & Newman 2009, eq. 3.1).
  public init(_ sample: TailSample) { alpha = 1 + Double(sample.count) / sample.sumOfLogarithms }

  public func logDensities(_ sample: TailSample) -> [Double] {
    let constant = log((alpha - 1) / sample.xmin)
    return sample.logarithms.map { constant - alpha * $0 }
  }
}
