import Glibc

/// The Marchenko–Pastur fit of WeightWatcher 0.7.7, number for number, for those who compare with it.
///
/// It matches the law's density to a kernel density estimate of bandwidth 0.1 in
/// λ̃ = λ·n/Σλ, over σ; heavy tails spoil it. `BulkFit` is the one to use.
public struct WeightWatcherBulk: Sendable, Equatable {
  /// `sigma_mp`: σ in units of the root mean square entry.
  public let sigma: Double
  /// `W_scale` = √(n/Σλ).
  public let scale: Double
  /// `bulk_max`: λ+ in units of λ.
  public let upperEdge: Double
  /// `bulk_min`: λ− in units of λ.
  public let lowerEdge: Double
  /// `num_spikes`: eigenvalues above λ+ + √TW; the root makes the margin 4 to 10 Tracy–Widom units.
  public let spikeCount: Int
  /// `mp_softrank`: λ+/λmax, which may exceed 1.
  public let softRank: Double

  /// - Parameters:
  ///   - eigenvalues: ascending, in that tool's units (half of WᵀW's for convolutions).
  ///   - aspectRatio: Q of a slice.
  ///   - columns: M of a slice.
  /// - Returns: `nil` unless some eigenvalue is above zero.
  public init?(_ eigenvalues: [Double], aspectRatio: Double, columns: Int) {
    let total = eigenvalues.reduce(0, +)
    guard let largest = eigenvalues.last, largest > 0, total.isFinite, aspectRatio >= 1 else { return nil }
    let count = Double(eigenvalues.count)
    scale = (count / total).squareRoot()
    let rescaled = eigenvalues.map { $0 * count / total }
    let match = DensityMatch(rescaled, aspectRatio: aspectRatio)
    sigma = match.bestSigma(start: (largest * count / total).squareRoot() / (1 + 1 / aspectRatio.squareRoot()))
    let law = MarchenkoPastur(aspectRatio: aspectRatio, variance: sigma * sigma)
    upperEdge = law.upperEdge * total / count
    lowerEdge = law.lowerEdge * total / count
    softRank = law.upperEdge / (largest * count / total)
    let unit = pow(law.upperEdge, 2.0 / 3) * pow(Double(columns), -2.0 / 3) / aspectRatio.squareRoot()
    let bound = law.upperEdge + unit.squareRoot()
    spikeCount = rescaled.count { $0 > bound }
  }
}

/// The squared difference between a kernel density estimate and the law's density.
private struct DensityMatch {
  let aspectRatio: Double
  /// Where the estimate is above `floor`, ascending.
  private var positions: [Double] = []
  private var densities: [Double] = []
  private var mode = 0.0

  private static let bandwidth = 0.1
  private static let pointCount = 1000
  private static let floor = 0.01
  /// What each point costs where the edges contradict the estimate.
  private static let penalty = 1e6

  /// A triangular kernel on 1000 points from 0 to half beyond the largest value; for Q = 1 of √λ̃.
  init(_ rescaled: [Double], aspectRatio: Double) {
    self.aspectRatio = aspectRatio
    let values = aspectRatio == 1 ? rescaled.map { $0.squareRoot() } : rescaled
    let (end, width) = ((values.last ?? 0) + 0.5, DensityMatch.bandwidth)
    var first = 0
    var highest = 0.0
    for point in 0..<DensityMatch.pointCount {
      let position = end * Double(point) / Double(DensityMatch.pointCount - 1)
      while first < values.count, values[first] < position - width { first += 1 }
      var sum = 0.0
      for value in values[first...] {
        if value > position + width { break }
        sum += max(1 - abs(value - position) / width, 0)
      }
      let density = sum / (width * Double(values.count))
      guard density > DensityMatch.floor else { continue }
      positions.append(position)
      densities.append(density)
      if density > highest { (highest, mode) = (density, position) }
    }
  }

  /// The best of a grid from 0.05 to 2 times `start`, then refined by the simplex method.
  func bestSigma(start: Double) -> Double {
    var best = (sigma: start, residual: Double.infinity)
    let (first, step) = (0.05 * start, 0.01 * start)
    let count = Int(((2 * start - first) / step).rounded(.up))
    for index in 0..<count {
      let sigma = first + Double(index) * step
      let residual = residual(sigma)
      if residual < best.residual { best = (sigma, residual) }
    }
    return simplexMinimum([best.sigma]) { residual($0[0]) }[0]
  }

  private func residual(_ sigma: Double) -> Double {
    guard sigma > 0, let last = positions.last else { return .infinity }
    if aspectRatio == 1 { return squares { (4 - $0 * $0).squareRoot() / (.pi * sigma * sigma) } }
    let law = MarchenkoPastur(aspectRatio: aspectRatio, variance: sigma * sigma)
    if law.upperEdge < mode || law.upperEdge > last || law.lowerEdge > mode {
      return DensityMatch.penalty * Double(positions.count)
    }
    return squares { law.density($0) }
  }

  private func squares(_ density: (Double) -> Double) -> Double {
    var sum = 0.0
    for (position, estimate) in zip(positions, densities) {
      let value = density(position)
      let difference = (value.isNaN ? 0 : value) - estimate
      sum += difference * difference
    }
    return sum
  }
}
