import Glibc

/// A power law p(x) ∝ x^−α fitted to the tail x ≥ xmin of a sample.
///
/// The method of Clauset, Shalizi & Newman (SIAM Review 51, 2009): for every
/// candidate xmin the maximum-likelihood exponent
///
///     α = 1 + n / Σ ln(xᵢ/xmin)
///
/// (their eq. 3.1), and of all candidates the one whose Kolmogorov–Smirnov
/// distance between sample and fit is smallest. What a fit says depends on D and
/// the tail size: a Gaussian matrix has an α as well, with D of 0.12 to 0.15.
public struct PowerLawFit: Sendable, Equatable {
  /// α > 1: the exponent.
  public let alpha: Double
  /// Where the tail begins: one of the values.
  public let xmin: Double
  /// D in [0, 1]: the largest distance between the distribution functions, at
  /// the left of each step: max |1 − (x/xmin)^(1−α) − i/n|, i = 0 … n−1.
  public let distance: Double
  /// n: how many values are ≥ xmin.
  public let tailCount: Int
  /// Standard error (α − 1)/√n of the exponent for independent values.
  /// Eigenvalues repel each other, which makes it conservative.
  public var sigma: Double { (alpha - 1) / Double(tailCount).squareRoot() }

  /// Where α lies with a probability of 95 % if the values are independent and follow the law: α ± 1.96 σ, above 1.
  public var confidenceInterval: ClosedRange<Double> {
    let halfWidth = PowerLawFit.intervalQuantile * sigma
    return max(alpha - halfWidth, 1)...(alpha + halfWidth)
  }

  /// Half of the width of a 95 % interval, in standard errors: the normal distribution's quantile of 0.975.
  public static let intervalQuantile = 1.959963984540054

  /// Fits `values`, trying each distinct value but the largest as xmin.
  ///
  /// - Parameters:
  ///   - values: ascending and positive.
  ///   - maximum: cuts the model off above this value in the distance, as
  ///     `xmax` of the powerlaw package does; the likelihood, and so α for a
  ///     given xmin, stay as they are.
  /// - Returns: `nil` if there are fewer than two distinct values.
  public init?(_ values: some Collection<Double>, maximum: Double? = nil) {
    let scan = PowerLawScan(logarithms: values.map { log($0) }, maximum: maximum.map { log($0) })
    guard let best = scan.best() else { return nil }
    alpha = best.alpha
    xmin = values[values.index(values.startIndex, offsetBy: best.start)]
    distance = best.distance
    tailCount = values.count - best.start
  }

  /// Whether a fit from another xmin has a distance less than `margin` above this one's: then small errors of the
  /// values can change xmin, and with it α.
  ///
  /// - Parameter values: those that were fitted.
  public func hasRival(in values: some Collection<Double>, within margin: Double) -> Bool {
    PowerLawScan(logarithms: values.map { log($0) })
      .reaches(below: distance + margin, otherThan: values.count - tailCount)
  }
}
