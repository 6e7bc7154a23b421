/// One row of the report: everything that is known about one layer's weight.
///
/// A quantity that does not exist, or was not computed, is `nil`. The names of
/// the columns are in `Column`.
public struct LayerRecord: Sendable {
  public enum Status: String, Sendable {
    case ok
    /// Left out on purpose, as `reason` says; not a failure.
    case skipped
    /// Something went wrong, as `reason` says.
    case failed
  }

  /// Position among the model's rows, from 0; the slices of a layer share it.
  public var layerID: Int
  public var name: String
  /// `LayerKind.label`.
  public var kind: String
  /// `ElementType.rawValue` of the stored weight.
  public var elementType: String
  /// Canonical: `[output, input/groups, spatial…]`.
  public var shape: [Int]
  /// `Slicing.rawValue`.
  public var slicing: String

  /// Matrices pooled.
  public var slices: Int?
  /// Receptive field: kernel positions.
  public var receptiveField: Int?
  /// N ≥ M, of each matrix.
  public var rows: Int?
  public var columns: Int?
  /// Q = N/M.
  public var aspectRatio: Double?
  /// Eigenvalues, zeros included: M · slices.
  public var eigenvalueCount: Int?

  public var norm: Double?
  public var logNorm: Double?
  public var spectralNorm: Double?
  public var logSpectralNorm: Double?
  public var stableRank: Double?
  public var hardRank: Int?
  public var rankLoss: Int?
  public var entropy: Double?

  public var alpha: Double?
  public var distance: Double?
  public var sigma: Double?
  public var xmin: Double?
  public var xmax: Double?
  public var tailCount: Int?
  public var alphaWeighted: Double?
  public var logAlphaNorm: Double?

  /// σ of the entries about zero, as the Marchenko–Pastur edges below assume it.
  public var sigmaMP: Double?
  /// λ± of Marchenko–Pastur for WᵀW with the variance of the entries.
  public var lambdaPlus: Double?
  public var lambdaMinus: Double?
  /// λ+/λmax.
  public var softRank: Double?

  public var status: Status
  /// Why a row is skipped or failed, or why a fit is missing.
  public var reason: String?
  /// What to keep in mind when reading the numbers.
  public var warnings: [String]

  /// A row without results.
  init(
    layerID: Int, name: String, kind: String, elementType: String, shape: [Int], slicing: String, status: Status,
    reason: String? = nil, warnings: [String] = []
  ) {
    self.layerID = layerID
    self.name = name
    self.kind = kind
    self.elementType = elementType
    self.shape = shape
    self.slicing = slicing
    self.status = status
    self.reason = reason
    self.warnings = warnings
  }
}
