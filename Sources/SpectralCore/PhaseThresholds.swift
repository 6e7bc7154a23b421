/// Where the procedure that names a phase draws its lines. All are dimensionless.
///
/// Calibrated on the authors' published outlier fractions and soft ranks of a
/// small AlexNet at batch sizes 2 to 500, and on 26 random ensembles in six sizes.
public struct PhaseThresholds: Sendable, Equatable {
  /// RANK-COLLAPSE from this share of eigenvalues at zero.
  public var zeroShare = 0.05
  /// Eigenvalues are at zero if together they hold at most this share of Σλ …
  public var zeroEnergy = 0.01
  /// … and the next one is at least this many times larger (ten times, as a singular value).
  public var zeroGap = 100.0
  /// The bulk is a Marchenko–Pastur law if D ≤ `distanceFloor` + `distanceSlope`/M:
  /// 1.06 times the largest of 200 matrices of noise at M = 100, 2.5 times at M ≥ 500.
  public var distanceFloor = 0.015
  /// See `distanceFloor`.
  public var distanceSlope = 1.5
  /// A separate spike has an eigenvector that is at least this much signal (squared overlap) …
  public var separationOverlap = 2.0 / 3
  /// … and an eigenvalue at least this many Tracy–Widom units above λ+.
  public var separationUnits = 12.0
  /// Without a bulk, HEAVY-TAILED if noise explains less than this share of Σλ.
  public var noiseShare = 0.6
  /// BULK-DECAY if more than this share lies above the edge, part of it right at the edge:
  /// the geometric mean of the fractions at which the authors speak of spikes (5.3 %) and of decay (9.25 %).
  public var decayShare = 0.07
  /// The part of the outliers that counts as "part of it right at the edge".
  public var shoulderShare = 0.1
  /// BULK-DECAY if more than this share lies above the edge, wherever.
  public var manyShare = 0.20
  /// BULK-DECAY if both the shoulder and the far part hold this share of the eigenvalues …
  public var continuousShare = 0.01
  /// … and at least this many.
  public var continuousCount = 6.0

  public init() {}
}
