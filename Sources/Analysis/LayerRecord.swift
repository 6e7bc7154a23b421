/// Something to keep in mind when reading a row.
public struct Caveat: Sendable, Equatable {
  /// Two or three words, for a table.
  public enum Label: String, Sendable, CaseIterable {
    case smallM = "small M"
    case shortTail = "short tail"
    case largeD = "large D"
    case lowP = "low p"
    case normsDiffer = "norms differ"
    case partialSpectrum = "partial spectrum"
    case notStudied = "not studied"
    case headsUnknown = "heads unknown"
    case seeWarning = "see warning"
  }

  public var label: Label
  /// The whole sentence, for everything else.
  public var text: String
}

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

  /// Whether the spectrum is that of a weight as it is, not of a difference, an inverse or a product:
  /// only then does it say how the weight was trained.
  public var isOfWeight: Bool

  /// What the eigenvalues were computed in: `Arithmetic.rawValue`.
  public var arithmetic: String?
  /// How many of them were computed: `SpectrumExtent.rawValue`.
  public var spectrum: String?
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
  /// α ± 1.96 σ, not below 1.
  public var alphaInterval: ClosedRange<Double>?
  public var xmin: Double?
  public var xmax: Double?
  public var tailCount: Int?
  /// How many of the largest eigenvalues the fit leaves out, and α with them; only where that was asked for.
  public var fingerCount: Int?
  public var rawAlpha: Double?
  public var alphaWeighted: Double?
  public var logAlphaNorm: Double?

  /// Which of the tail's distributions is preferred: `TailModel.rawValue`.
  public var bestFit: String?
  /// Exponent and cut-off rate of the truncated power law x^−α·e^−Λx on the same tail.
  public var alphaTPL: Double?
  public var lambdaTPL: Double?
  /// Their standard errors.
  public var sigmaAlphaTPL: Double?
  public var sigmaLambdaTPL: Double?
  /// How often a true power law fits as badly as this one; `nil` without a bootstrap.
  public var fitPValue: Double?

  /// n_ERG, the number of largest eigenvalues with a rescaled product of 1, and how many more these are than the tail.
  public var traceLogCount: Int?
  public var traceLogGap: Int?

  /// σ of the noise relative to the root mean square of all entries: 1 for pure noise.
  public var sigmaMP: Double?
  /// λ± of the Marchenko–Pastur law fitted to the bulk of WᵀW.
  public var lambdaPlus: Double?
  public var lambdaMinus: Double?
  /// Eigenvalues above the Tracy–Widom edge of that bulk.
  public var spikeCount: Int?
  /// κ = h√Q of the signal behind each of them, 1 at the threshold, and the squared overlap of its right vector with
  /// the eigenvector; strongest first, where the bulk fits.
  public var spikeStrengths: [Double]?
  public var spikeOverlaps: [Double]?
  /// λ+/λmax, at most 1.
  public var softRank: Double?
  /// Kolmogorov–Smirnov distance of the bulk from its law.
  public var bulkDistance: Double?
  /// Q̂/Q, Q̂ being the ratio that fits the whole spectrum best: well below 1 for rows that depend on each other.
  public var aspectRatioQuotient: Double?
  /// λmax in Tracy–Widom units above the edge of the bulk.
  public var tracyWidomScore: Double?
  /// How often noise has so large an eigenvalue.
  public var tracyWidomPValue: Double?
  /// `Phase.rawValue`.
  public var phase: String?
  /// `UniversalityClass.rawValue`, and the tail exponent μ of entries that would have this α.
  public var universalityClass: String?
  public var mu: Double?

  /// What the studies found, where they were asked for.
  public var randomized: RandomizedStudy?
  public var vectors: VectorStudy?
  public var whitened: WhitenedStudy?

  /// The spectrum behind the numbers, where `AnalysisOptions.keepsSpectra` asks for it.
  public var fitted: FittedSpectrum?

  /// The same weight by WeightWatcher's definitions, where they are asked for.
  public var weightWatcher: WeightWatcherRecord?

  public var status: Status
  /// Why a row is skipped or failed, or why a fit is missing.
  public var reason: String?
  /// What to keep in mind when reading the numbers.
  public var warnings: [Caveat]

  /// A row without results.
  init(
    layerID: Int, name: String, kind: String, elementType: String, shape: [Int], slicing: String,
    isOfWeight: Bool = true, status: Status, reason: String? = nil, warnings: [Caveat] = []
  ) {
    self.layerID = layerID
    self.name = name
    self.kind = kind
    self.elementType = elementType
    self.shape = shape
    self.slicing = slicing
    self.isOfWeight = isOfWeight
    self.status = status
    self.reason = reason
    self.warnings = warnings
  }
}
