/// Estimates of σ², the variance of the noise entries of W, from the eigenvalues
/// of X = WᵀW (convention B), each ascending.
///
/// They differ in how far eigenvalues that are no noise (spikes, a heavy tail)
/// pull them up: `elements` most, `iterativeTrace` and `BulkFit` least.
public struct NoiseVariance: Sendable {
  private let spectrum: Spectrum
  private let law: MarchenkoPastur
  /// Eigenvalues of WᵀW/N.
  private let normalized: [Double]

  public init(_ spectrum: Spectrum) {
    self.spectrum = spectrum
    law = MarchenkoPastur(aspectRatio: spectrum.aspectRatio)
    let rows = Double(spectrum.rows)
    normalized = spectrum.eigenvalues.map { $0 / rows }
  }

  /// ‖W‖²_F/(NM): right for pure noise only.
  public var elements: Double { normalized.reduce(0, +) / Double(normalized.count) }

  /// Median of the eigenvalues over the median of the law (Gavish & Donoho 2014).
  public var median: Double {
    let middle = normalized.count / 2
    let median =
      normalized.count % 2 == 1 ? normalized[middle] : (normalized[middle - 1] + normalized[middle]) / 2
    return median / law.quantile(0.5)
  }

  /// λmax over the edge of the law, the `outliers` largest left out: noisy, and right only if that is their number.
  ///
  /// - Returns: `nil` if no eigenvalue is left.
  public func edge(outliers: Int = 0) -> Double? {
    normalized.dropLast(outliers).last.map { $0 / law.upperEdge }
  }

  /// Least squares of the central 60 % of the eigenvalues against the law's quantiles (BEMA: Ke, Ma & Lin 2020).
  public var bema: Double { quantileMatch(normalized[...], law: law, from: 0.2, through: 0.8) }

  /// Removes the largest eigenvalue while it exceeds the 99 % edge of the noise that the rest
  /// would be, and takes the mean of what remains (after Kritchman & Nadler 2008).
  ///
  /// For one matrix; of pooled slices each would have its own edge.
  public var iterativeTrace: (variance: Double, outlierCount: Int) {
    let count = normalized.count
    // Sums of the smallest first: taking large ones away from a total would lose the small.
    var sums = [0.0]
    for value in normalized { sums.append(sums[sums.count - 1] + value) }
    for outliers in 0..<max(count - 2, 0) {
      let remaining = count - outliers - 1
      let variance = sums[remaining] / Double(remaining)
      let edge = LargestEigenvalueLaw(rows: Double(spectrum.rows), columns: Double(remaining))
      let bound = variance * (edge.center + TracyWidom.quantile99 * edge.scale) / Double(spectrum.rows)
      if normalized[remaining] <= bound { return (sums[remaining + 1] / Double(remaining + 1), outliers) }
    }
    return (normalized[0], count - 1)
  }
}

/// The scale that brings the law's quantiles closest to the order statistics
/// (ascending) whose plotting positions (i − ½)/n lie in the given range.
func quantileMatch(
  _ values: ArraySlice<Double>, law: MarchenkoPastur, from low: Double, through high: Double
) -> Double {
  let count = Double(values.count)
  var positions: [Double] = []
  var selected: [Double] = []
  for (index, value) in values.enumerated() {
    let position = (Double(index) + 0.5) / count
    guard position >= low, position <= high else { continue }
    positions.append(position)
    selected.append(value)
  }
  let quantiles = law.quantiles(positions)
  let product = zip(quantiles, selected).reduce(0) { $0 + $1.0 * $1.1 }
  return product / quantiles.reduce(0) { $0 + $1 * $1 }
}
