import Glibc

/// The power-law fit of WeightWatcher 0.7.7, for those who compare with it.
///
/// As `PowerLawFit`, but: eigenvalues up to 10⁻⁵ are left out, whatever the
/// scale; every position is a candidate, equal values included; and for fewer
/// than 20 eigenvalues α = 1 + (n−1)/Σ ln(x/xmin) with at least 8 in the tail.
/// With `pl_package='powerlaw'` it is that package's, on the same eigenvalues.
public struct WeightWatcherPowerLaw: Sendable, Equatable {
  public let alpha: Double
  /// Λ, with `fit='TPL'`.
  public let rate: Double?
  public let xmin: Double
  /// D.
  public let distance: Double
  /// How many eigenvalues are ≥ xmin.
  public let tailCount: Int
  /// (α − 1)/√n; `nil` with `fit='TPL'`.
  public let sigma: Double?

  /// Eigenvalues up to here are left out.
  public static let floor = 1e-5
  /// Fewer eigenvalues than this are "small".
  public static let smallCount = 20
  /// The shortest tail of few eigenvalues.
  public static let smallestTail = 8

  /// - Parameter eigenvalues: ascending.
  /// - Returns: `nil` if no candidate is left.
  public init?(_ eigenvalues: [Double]) {
    let values = Array(eigenvalues.drop { $0 <= WeightWatcherPowerLaw.floor })
    let logarithms = values.map { log($0) }
    let isSmall = values.count < WeightWatcherPowerLaw.smallCount
    let last = values.count - (isSmall ? WeightWatcherPowerLaw.smallestTail : 2)
    guard last >= 0 else { return nil }
    var sum = logarithms.reduce(0, +)
    var best: (start: Int, alpha: Double, distance: Double)?
    for start in 0...last {
      let tail = logarithms[start...]
      let excess = sum - Double(tail.count) * logarithms[start]
      sum -= logarithms[start]
      let alpha = 1 + Double(tail.count - (isSmall ? 1 : 0)) / excess
      guard excess > 0, alpha.isFinite else { continue }
      let bound = best?.distance ?? .infinity
      if let distance = WeightWatcherPowerLaw.distance(tail, alpha: alpha, below: bound) {
        best = (start, alpha, distance)
      }
    }
    guard let best else { return nil }
    alpha = best.alpha
    rate = nil
    xmin = values[best.start]
    distance = best.distance
    sigma = (best.alpha - 1) / Double(values.count - best.start).squareRoot()
    tailCount = eigenvalues.count { $0 >= values[best.start] }
  }

  /// `pl_package='powerlaw'`.
  ///
  /// - Parameters:
  ///   - eigenvalues: ascending.
  ///   - package: which of its fits.
  /// - Returns: `nil` if no candidate is left.
  public init?(_ eigenvalues: [Double], package: PowerlawPackage) {
    let values = Array(eigenvalues.drop { $0 <= WeightWatcherPowerLaw.floor })
    guard let best = package.best(values) else { return nil }
    alpha = best.alpha
    rate = best.rate
    xmin = values[best.start]
    distance = best.distance
    sigma = rate == nil ? (best.alpha - 1) / Double(values.count - best.start).squareRoot() : nil
    tailCount = eigenvalues.count { $0 >= values[best.start] }
  }

  /// `fix_fingers='xmin_peak'`: where xmin may be, for the densest of 100 bins of log₁₀λ beginning at x.
  ///
  /// The lower end is log₁₀(0.95 x) although the upper one is not a logarithm: for x up to 10 that is below x, and far
  /// below it for most spectra, so that there is no lower end in effect.
  ///
  /// - Parameters:
  ///   - eigenvalues: ascending.
  ///   - largest: `xmin_max`, the upper end, 1.5 x by default.
  /// - Returns: `nil` unless two eigenvalues above the floor differ.
  public static func peakRange(_ eigenvalues: [Double], largest: Double? = nil) -> ClosedRange<Double>? {
    let logarithms = eigenvalues.drop { $0 <= floor }.map { log10($0) }
    guard let first = logarithms.first, let last = logarithms.last, last > first else { return nil }
    let edges = (0...peakBinCount).map { first + Double($0) * (last - first) / Double(peakBinCount) }
    var counts = [Int](repeating: 0, count: peakBinCount)
    for value in logarithms {
      var bin = min(Int((value - first) / (last - first) * Double(peakBinCount)), peakBinCount - 1)
      if bin > 0, value < edges[bin] { bin -= 1 }
      if bin < peakBinCount - 1, value >= edges[bin + 1] { bin += 1 }
      counts[bin] += 1
    }
    let peak = pow(10, edges[counts.firstIndex(of: counts.max() ?? 0) ?? 0])
    let (lower, upper) = (log10(0.95 * peak), largest ?? 1.5 * peak)
    return min(lower, upper)...max(lower, upper)
  }

  private static let peakBinCount = 100

  /// The Kolmogorov–Smirnov distance, or `nil` if it is not below `bound`.
  private static func distance(_ tail: ArraySlice<Double>, alpha: Double, below bound: Double) -> Double? {
    let origin = tail[tail.startIndex]
    var largest = 0.0
    for (rank, value) in tail.enumerated() {
      let empirical = Double(rank) / Double(tail.count)
      let deviation = abs(-expm1((1 - alpha) * (value - origin)) - empirical)
      if deviation >= bound { return nil }
      largest = max(largest, deviation)
    }
    return largest
  }
}
