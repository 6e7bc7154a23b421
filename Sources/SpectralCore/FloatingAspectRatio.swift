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
    var all = QuantileMatch(positions, matched)
    let narrowest = exp(-1.5) / spectrum.aspectRatio.squareRoot()
    let best = all.slope(1) <= 0 ? 1 : all.root(narrowest)
    aspectRatio = 1 / (best * best)
    ratio = aspectRatio / spectrum.aspectRatio
    elementVariance = all.scale(best) * largest / Double(spectrum.rows)
  }
}

/// Order statistics beside the quantiles of laws, s = 1/√Q telling which.
private struct QuantileMatch {
  private let positions: [Double]
  private let values: [Double]
  /// What has been computed, by s.
  private var known: [Double: (scale: Double, slope: Double)] = [:]

  init(_ positions: [Double], _ values: [Double]) {
    self.positions = positions
    self.values = values
  }

  /// The law's scale that matches best.
  mutating func scale(_ root: Double) -> Double { match(root).scale }

  /// How the residual at that scale changes with s, but for a positive factor.
  mutating func slope(_ root: Double) -> Double { match(root).slope }

  /// Where the slope is zero, between `low` and 1, where it is positive.
  mutating func root(_ low: Double) -> Double {
    // Few of the order statistics say about where.
    var few = QuantileMatch(thinned(positions), thinned(values))
    let rough = few.slope(low) < 0 && few.slope(1) > 0 ? bracketedRoot(low, 1, tolerance: 1e-3) { few.slope($0) } : 1
    let near = (max(rough * (1 - QuantileMatch.roughness), low), min(rough * (1 + QuantileMatch.roughness), 1))
    let isBetween = slope(near.0) < 0 && slope(near.1) > 0
    return bracketedRoot(isBetween ? near.0 : low, isBetween ? near.1 : 1, tolerance: 1e-14) { slope($0) }
  }

  /// How far the few may be off.
  private static let roughness = 0.05

  private func thinned(_ values: [Double]) -> [Double] {
    stride(from: 4, to: values.count, by: 8).map { values[$0] }
  }

  private mutating func match(_ root: Double) -> (scale: Double, slope: Double) {
    if let known = known[root] { return known }
    let law = AngularMarchenkoPastur(root: root)
    let points = law.points(of: positions)
    var (product, square) = (0.0, 0.0)
    for (point, value) in zip(points, values) {
      product += point.position * value
      square += point.position * point.position
    }
    let scale = product / square
    let slope = zip(points, values).reduce(0) { $0 + law.drift($1.0) * (scale * $1.0.position - $1.1) }
    known[root] = (scale, slope)
    return (scale, slope)
  }
}
