import Glibc

/// The noise part of a spectrum: a Marchenko–Pastur law fitted to its lower
/// eigenvalues, and what lies above the edge of that noise.
///
/// The k eigenvalues above the Tracy–Widom edge are signal; the others are those
/// of an (N−k)×(M−k) block of noise. The scale comes from matching the 5 to 60 %
/// quantiles of the block, which signal does not reach. k grows from 0 until it
/// no longer changes. Of c pooled slices each has k/c outliers, and the edge is
/// that of the largest of c matrices.
public struct BulkFit: Sendable, Equatable {
  /// The law of the noise, in units of the eigenvalues of WᵀW (convention B); Q′ = (N−k)/(M−k).
  public let law: MarchenkoPastur
  /// σ²: the variance of the noise entries of W.
  public let elementVariance: Double
  /// σ relative to the root mean square of all entries: 1 for pure noise, small where signal dominates.
  public let relativeSigma: Double
  /// k: how many eigenvalues lie above `edge`, at most half.
  public let outlierCount: Int
  /// λ above which an eigenvalue is no noise: the 99.9 % point of the largest of the noise.
  public let edge: Double
  /// Where the largest eigenvalue of one matrix of this noise is expected, but for −1.2 Tracy–Widom units.
  public let center: Double
  /// One Tracy–Widom unit of the noise, in units of λ.
  public let tracyWidomUnit: Double
  /// D: the Kolmogorov–Smirnov distance of the noise's eigenvalues from the law.
  public let distance: Double
  /// λmax in Tracy–Widom units above its expected centre. Noise gives −1.2 ± 1.3.
  public let score: Double
  /// How often noise has so large an eigenvalue.
  public let pValue: Double
  /// η: the share of Σλ that is noise.
  public let noiseShare: Double
  /// R_mp = λ+/λmax, at most 1: the Marchenko–Pastur soft rank.
  public let softRank: Double
  /// How many eigenvalues were fitted.
  public let count: Int
  /// How many matrices they are of.
  public let sliceCount: Int

  /// Where the largest eigenvalue of the noise lies with a probability of 99.8 %; its upper end is `edge`.
  public var largestNoise: ClosedRange<Double> {
    // The largest of c matrices is below a score if all of them are.
    let score = TracyWidom.quantile(pow(BulkFit.edgeSignificance, 1 / Double(sliceCount)))
    let low = max(center + score * tracyWidomUnit, 0)
    return low...max(low, edge)
  }

  /// Plotting positions of the order statistics that are matched.
  public static let matchedRange = 0.05...0.60
  /// Score above which an eigenvalue is no noise: the 99.9 % quantile of Tracy–Widom, for one matrix.
  public static let edgeScore = 3.2722
  /// The probability that leaves, for pooled slices.
  public static let edgeSignificance = 0.001
  /// Fewer eigenvalues hold nothing to fit.
  public static let minimumCount = 5

  /// - Parameters:
  ///   - eigenvalues: of WᵀW, ascending, positive, those at zero left out.
  ///   - rows: N of each slice.
  ///   - sliceCount: how many slices are pooled.
  /// - Returns: `nil` if there are fewer than `minimumCount` or M is 1.
  public init?(_ eigenvalues: ArraySlice<Double>, rows: Int, sliceCount: Int = 1) {
    let slices = Double(sliceCount)
    guard eigenvalues.count >= BulkFit.minimumCount, Double(eigenvalues.count) / slices > 1 else { return nil }
    guard let largest = eigenvalues.last, largest > 0, eigenvalues[eigenvalues.startIndex] > 0 else { return nil }
    // Relative to the largest: no sum can overflow.
    let relative = eigenvalues.map { $0 / largest }
    let critical =
      sliceCount == 1
      ? BulkFit.edgeScore
      : LargestEigenvalueLaw.criticalScore(significance: BulkFit.edgeSignificance, sliceCount: sliceCount)
    var block = NoiseBlock(relative, rows: rows, slices: slices, outlierCount: 0, criticalScore: critical)
    while true {
      let outliers = min(relative.count { $0 > block.edge }, relative.count / 2)
      guard outliers > block.outlierCount else { break }
      block = NoiseBlock(relative, rows: rows, slices: slices, outlierCount: outliers, criticalScore: critical)
    }
    self.init(relative, block: block, scale: largest, rows: Double(rows), sliceCount: sliceCount)
  }

  private init(_ relative: [Double], block: NoiseBlock, scale: Double, rows: Double, sliceCount: Int) {
    law = MarchenkoPastur(aspectRatio: block.law.aspectRatio, variance: block.law.variance * scale)
    elementVariance = law.variance / rows
    let total = relative.reduce(0, +)
    relativeSigma = (block.law.variance * Double(relative.count) / total).squareRoot()
    outlierCount = block.outlierCount
    edge = block.edge * scale
    center = block.center * scale
    tracyWidomUnit = block.unit * scale
    distance = block.distance(relative)
    score = (1 - block.center) / block.unit
    pValue = LargestEigenvalueLaw.pValue(score: score, sliceCount: sliceCount)
    noiseShare = block.law.variance * Double(relative.count - block.outlierCount) / total
    softRank = min(1, block.law.upperEdge)
    count = relative.count
    self.sliceCount = sliceCount
  }
}

/// The noise that remains when the largest eigenvalues are taken away.
private struct NoiseBlock {
  let outlierCount: Int
  let law: MarchenkoPastur
  /// Expected centre of the largest eigenvalue.
  let center: Double
  /// One Tracy–Widom unit.
  let unit: Double
  /// λ above which an eigenvalue is no noise.
  let edge: Double

  init(_ eigenvalues: [Double], rows: Int, slices: Double, outlierCount: Int, criticalScore: Double) {
    self.outlierCount = outlierCount
    let remaining = eigenvalues.count - outlierCount
    let blockRows = Double(rows) - Double(outlierCount) / slices
    let blockColumns = Double(remaining) / slices
    let ratio = max(blockRows / blockColumns, 1)
    let unitLaw = MarchenkoPastur(aspectRatio: ratio)
    let range = BulkFit.matchedRange
    let variance = quantileMatch(
      eigenvalues[..<remaining], law: unitLaw, from: range.lowerBound, through: range.upperBound)
    law = MarchenkoPastur(aspectRatio: ratio, variance: max(variance, .leastNormalMagnitude))
    let extreme = LargestEigenvalueLaw(rows: blockRows, columns: max(blockColumns, 1))
    center = variance * extreme.center / blockRows
    unit = max(variance * extreme.scale / blockRows, .leastNormalMagnitude)
    edge = center + criticalScore * unit
  }

  /// max |F(λᵢ) − (i − ½)/m| over the m eigenvalues of the block.
  func distance(_ eigenvalues: [Double]) -> Double {
    let remaining = eigenvalues.count - outlierCount
    var largest = 0.0
    for index in 0..<remaining {
      let position = (Double(index) + 0.5) / Double(remaining)
      largest = max(largest, abs(law.cumulative(eigenvalues[index]) - position))
    }
    return largest
  }
}
