/// Which phase of training a spectrum shows, and the numbers that say so.
///
/// The procedure, for eigenvalues of any scale:
/// 1. Eigenvalues at zero are set aside; many of them: RANK-COLLAPSE.
/// 2. `BulkFit` finds the noise and the k eigenvalues above its edge; those above
///    the separation point are far, the others are the shoulder.
/// 3. Without a bulk that fits, and little of the norm in noise: HEAVY-TAILED.
/// 4. Without a bulk that fits, or eigenvalues continuous from the edge outwards: BULK-DECAY.
/// 5. No outlier: RANDOM-LIKE. No far one: BLEEDING-OUT. Else BULK+SPIKES.
///
/// Right for 97 % of 1560 random matrices of 6 sizes with M ≥ 128 that played no
/// part in choosing the thresholds (`make phases`); BULK-DECAY and HEAVY-TAILED shade into each
/// other. Unequal norms of rows or columns alone look like BULK-DECAY or
/// HEAVY-TAILED: compare with the phase of the matrix scaled to equal norms.
public struct PhaseAnalysis: Sendable, Equatable {
  public let phase: Phase
  /// The noise; `nil` if too few eigenvalues differ from zero.
  public let bulk: BulkFit?
  /// How many eigenvalues are at zero.
  public let zeroCount: Int
  /// λ (of WᵀW) from which an outlier is a separate spike.
  public let separation: Double?
  /// Outliers above `separation`.
  public let farCount: Int
  /// Outliers between the edge and `separation`.
  public let shoulderCount: Int
  /// Whether the noise follows the Marchenko–Pastur law.
  public let isBulkGood: Bool
  /// The largest D of a bulk that does.
  public let distanceBound: Double
  /// The rank-one signals that the outliers stand for, strongest first; none without a bulk that fits.
  ///
  /// Right for isolated outliers: near the edge many push each other up.
  public let spikes: [Spike]
  /// How many eigenvalues there are in all.
  public let count: Int

  /// Share of the eigenvalues at zero.
  public var zeroShare: Double { Double(zeroCount) / Double(count) }
  /// Share of the eigenvalues above the edge of the noise.
  public var outlierShare: Double { Double(bulk?.outlierCount ?? 0) / Double(count) }
  /// Whether the matrix is as large as those the procedure was validated on.
  public let isWithinValidation: Bool

  /// Smallest M of the matrices that the thresholds were chosen on.
  public static let validatedColumns = 100

  /// - Returns: `nil` for a zero matrix, for M = 1 and where too few eigenvalues leave nothing to judge.
  public init?(_ spectrum: Spectrum, thresholds: PhaseThresholds = PhaseThresholds()) {
    let eigenvalues = spectrum.eigenvalues
    guard spectrum.columns > 1, spectrum.largest > 0, eigenvalues.count >= BulkFit.minimumCount else { return nil }
    count = eigenvalues.count
    zeroCount = zeroClusterSize(eigenvalues, thresholds: thresholds)
    isWithinValidation = spectrum.columns >= PhaseAnalysis.validatedColumns
    let bulk = BulkFit(eigenvalues[zeroCount...], rows: spectrum.rows, sliceCount: spectrum.sliceCount)
    self.bulk = bulk
    let point = bulk.map { PhaseAnalysis.separation($0, thresholds: thresholds) }
    separation = point
    let outliers = bulk?.outlierCount ?? 0
    farCount = point.map { point in min(eigenvalues.count { $0 > point }, outliers) } ?? 0
    shoulderCount = outliers - farCount
    let bound = thresholds.distanceFloor + thresholds.distanceSlope / Double(spectrum.columns)
    distanceBound = bound
    isBulkGood = bulk.map { $0.distance <= bound && $0.outlierCount < $0.count / 2 } ?? false
    spikes = isBulkGood ? bulk.map { PhaseAnalysis.spikes(eigenvalues.suffix(outliers), $0) } ?? [] : []
    if Double(zeroCount) / Double(count) >= thresholds.zeroShare {
      phase = .rankCollapse
    } else if let bulk {
      phase = PhaseAnalysis.phase(
        bulk, isBulkGood: isBulkGood, farCount: farCount, count: Double(count), thresholds: thresholds)
    } else {
      return nil
    }
  }

  /// The larger of the position of a spike of the wanted overlap and λ+ + some Tracy–Widom units.
  private static func separation(_ bulk: BulkFit, thresholds: PhaseThresholds) -> Double {
    let spike = Spike(rightOverlap: thresholds.separationOverlap, aspectRatio: bulk.law.aspectRatio)
    let distant = bulk.law.upperEdge + thresholds.separationUnits * bulk.tracyWidomUnit
    return max(bulk.law.variance * spike.position, distant)
  }

  private static func spikes(_ outliers: ArraySlice<Double>, _ bulk: BulkFit) -> [Spike] {
    outliers.reversed().compactMap { eigenvalue in
      Spike(position: eigenvalue / bulk.law.variance, aspectRatio: bulk.law.aspectRatio)
    }
  }

  private static func phase(
    _ bulk: BulkFit, isBulkGood: Bool, farCount: Int, count: Double, thresholds: PhaseThresholds
  ) -> Phase {
    if !isBulkGood, bulk.noiseShare < thresholds.noiseShare { return .heavyTailed }
    let (outliers, far) = (Double(bulk.outlierCount), Double(farCount))
    let shoulder = outliers - far
    let decays = outliers > thresholds.decayShare * count && shoulder >= thresholds.shoulderShare * outliers
    let isMost = outliers > thresholds.manyShare * count
    let isContinuous = min(far, shoulder) >= max(thresholds.continuousCount, thresholds.continuousShare * count)
    if !isBulkGood || decays || isMost || isContinuous { return .bulkDecay }
    if bulk.outlierCount == 0 { return .randomLike }
    return farCount == 0 ? .bleedingOut : .bulkPlusSpikes
  }
}
