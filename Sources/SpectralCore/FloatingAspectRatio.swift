import Glibc

/// The Q and σ² with which the Marchenko–Pastur law fits best when both are free.
///
/// A diagnostic only: Q̂ well below N/M says that rows are correlated, or that
/// entries differ in variance, so that there are fewer independent rows than N.
public struct FloatingAspectRatio: Sendable, Equatable {
  /// Q̂ ≥ 1.
  public let aspectRatio: Double
  /// Q̂/Q: near 1 for noise.
  public let ratio: Double
  /// σ̂² at Q̂, the variance of the entries of W.
  public let elementVariance: Double

  /// Order statistics between these plotting positions are matched.
  public static let matchedRange = 0.02...0.98
  /// More order statistics than this are thinned out evenly.
  public static let matchedCount = 128

  /// Least squares of the order statistics against the law's quantiles: the root of the derivative.
  ///
  /// - Returns: `nil` for fewer than ten eigenvalues above zero.
  public init?(_ spectrum: Spectrum) {
    let values = Array(spectrum.positiveEigenvalues)
    guard values.count >= 10, let largest = values.last else { return nil }
    let stride = max(values.count / FloatingAspectRatio.matchedCount, 1)
    var positions: [Double] = []
    var matched: [Double] = []
    for index in Swift.stride(from: stride / 2, to: values.count, by: stride) {
      let position = (Double(index) + 0.5) / Double(values.count)
      guard FloatingAspectRatio.matchedRange.contains(position) else { continue }
      positions.append(position)
      matched.append(values[index] / largest)
    }
    /// The best scale for s = 1/√Q, and how the residual changes with s (but for a positive factor).
    func match(_ root: Double) -> (scale: Double, slope: Double) {
      let law = AngularMarchenkoPastur(root: root)
      let angles = law.angles(of: positions)
      let quantiles = angles.map { law.position($0) }
      let product = zip(quantiles, matched).reduce(0) { $0 + $1.0 * $1.1 }
      let scale = product / quantiles.reduce(0) { $0 + $1 * $1 }
      var slope = 0.0
      for index in angles.indices {
        slope += law.drift(angles[index]) * (scale * quantiles[index] - matched[index])
      }
      return (scale, slope)
    }
    let narrowest = exp(-1.5) / spectrum.aspectRatio.squareRoot()
    let best = match(1).slope <= 0 ? 1 : bracketedRoot(narrowest, 1, tolerance: 1e-14) { match($0).slope }
    aspectRatio = 1 / (best * best)
    ratio = aspectRatio / spectrum.aspectRatio
    elementVariance = match(best).scale * largest / Double(spectrum.rows)
  }
}
