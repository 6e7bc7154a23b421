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
  public static let matchedCount = 400

  /// Least squares of the order statistics against the law's quantiles, by a golden-section search in ln Q.
  ///
  /// - Returns: `nil` for fewer than ten eigenvalues above zero.
  public init?(_ spectrum: Spectrum) {
    let values = Array(spectrum.positiveEigenvalues)
    guard values.count >= 10, let largest = values.last else { return nil }
    let stride = max(values.count / FloatingAspectRatio.matchedCount, 1)
    var points: [(position: Double, value: Double)] = []
    for index in Swift.stride(from: stride / 2, to: values.count, by: stride) {
      let position = (Double(index) + 0.5) / Double(values.count)
      guard FloatingAspectRatio.matchedRange.contains(position) else { continue }
      points.append((position, values[index] / largest))
    }
    let positions = points.map(\.position)
    func match(_ logarithm: Double) -> (scale: Double, residual: Double) {
      let quantiles = MarchenkoPastur(aspectRatio: exp(logarithm)).quantiles(positions)
      let pairs = zip(quantiles, points)
      let scale = pairs.reduce(0) { $0 + $1.0 * $1.1.value } / quantiles.reduce(0) { $0 + $1 * $1 }
      return (scale, pairs.reduce(0) { $0 + pow(scale * $1.0 - $1.1.value, 2) })
    }
    let best = minimum(0, log(spectrum.aspectRatio) + 3) { match($0).residual }
    aspectRatio = exp(best)
    ratio = aspectRatio / spectrum.aspectRatio
    elementVariance = match(best).scale * largest / Double(spectrum.rows)
  }
}

/// Where a unimodal function is smallest, to 10⁻⁶.
private func minimum(_ first: Double, _ last: Double, of function: (Double) -> Double) -> Double {
  let golden = (5.0.squareRoot() - 1) / 2
  var (low, high) = (first, last)
  var (left, right) = (high - golden * (high - low), low + golden * (high - low))
  var (atLeft, atRight) = (function(left), function(right))
  while high - low > 1e-6 {
    if atLeft <= atRight {
      (high, right, atRight) = (right, left, atLeft)
      left = high - golden * (high - low)
      atLeft = function(left)
    } else {
      (low, left, atLeft) = (left, right, atRight)
      right = low + golden * (high - low)
      atRight = function(right)
    }
  }
  let middle = (low + high) / 2
  return function(first) <= function(middle) ? first : middle
}
