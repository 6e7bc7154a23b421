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

  /// Fits `values`, trying each distinct value but the largest as xmin.
  ///
  /// Candidates are abandoned as soon as they are known to be worse than the
  /// best so far, which changes no result. The first of equal minima wins.
  ///
  /// - Parameter values: ascending and positive.
  /// - Returns: `nil` if there are fewer than two distinct values.
  public init?(_ values: some Collection<Double>) {
    let logarithms = values.map { log($0) }
    let sums = PowerLawFit.suffixSums(logarithms)
    var best: (start: Int, alpha: Double, distance: Double)?
    for start in PowerLawFit.candidates(values) {
      let tailCount = logarithms.count - start
      let sum = sums[start] - Double(tailCount) * logarithms[start]
      guard sum > 0 else { continue }
      let alpha = 1 + Double(tailCount) / sum
      guard alpha > 1, alpha.isFinite else { continue }
      let bound = best?.distance ?? .infinity
      if let distance = PowerLawFit.distance(logarithms[start...], alpha: alpha, below: bound) {
        best = (start, alpha, distance)
      }
    }
    guard let best else { return nil }
    alpha = best.alpha
    xmin = values[values.index(values.startIndex, offsetBy: best.start)]
    distance = best.distance
    tailCount = logarithms.count - best.start
  }

  /// Position of the first of each run of equal values, the last run excepted.
  private static func candidates(_ values: some Collection<Double>) -> [Int] {
    var starts: [Int] = []
    var previous: Double?
    for (position, value) in values.enumerated() {
      if value != previous { starts.append(position) }
      previous = value
    }
    return starts.dropLast()
  }

  private static func suffixSums(_ values: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: values.count)
    var sum = 0.0
    for i in values.indices.reversed() {
      sum += values[i]
      sums[i] = sum
    }
    return sums
  }

  /// The Kolmogorov–Smirnov distance, or `nil` if it is not below `bound`.
  private static func distance(_ logarithms: ArraySlice<Double>, alpha: Double, below bound: Double) -> Double? {
    let step = 1 / Double(logarithms.count)
    let origin = logarithms[logarithms.startIndex]
    var largest = 0.0
    var rank = 0.0
    for value in logarithms {
      let deviation = abs(1 - exp((1 - alpha) * (value - origin)) - rank * step)
      if deviation > largest {
        guard deviation < bound else { return nil }
        largest = deviation
      }
      rank += 1
    }
    return largest
  }
}
