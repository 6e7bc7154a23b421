public import MatrixSlicing

/// How exactly eigenvalues are computed.
public enum Precision: String, Sendable, CaseIterable {
  /// In 32 bits where that changes nothing but digits beyond the fifth (see `SinglePrecision`), else in 64.
  case auto
  /// In 64 bits.
  case double
  /// In 32 bits: twice as fast; small eigenvalues are lost, and with them ranks and entropy.
  case single
}

/// A tool whose numbers can be reproduced.
public enum Compatibility: String, Sendable, CaseIterable {
  /// WeightWatcher 0.7.7.
  case weightwatcher
}

/// What the spectra are of.
public enum SpectrumSource: String, Sendable, CaseIterable {
  /// Each weight.
  case weights
  /// Each weight, seen from its small end: 1/λ for every eigenvalue above zero.
  case inverse
  /// The product of each two consecutive weights, W₁W₀/(‖W₁‖‖W₀‖).
  case intra
  /// One matrix of all dense weights, each less its median and divided by its median absolute deviation.
  case stacked
}

/// What to look at beyond the spectrum of each weight; every study costs about as much again.
public struct Studies: OptionSet, Sendable, Hashable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The same entries in random order: what of the spectrum is not due to their sizes alone.
  public static let randomized = Studies(rawValue: 1)
  /// How localised the right singular vectors are.
  public static let vectors = Studies(rawValue: 2)
  /// The phase after all rows and columns are scaled to equal norms.
  public static let whitened = Studies(rawValue: 4)
}

/// What to compute, and with what.
public struct AnalysisOptions: Sendable {
  /// What the spectra are of; the laws of noise, and with them phases, are for `.weights` only.
  public var source: SpectrumSource = .weights
  /// Whether the weights are differences from those of another model.
  public var isDifference = false
  /// How convolutions become matrices.
  public var slicing: Slicing = .positions
  /// Points of the periodic grid along each axis under `.fourier`; `nil` for the least power of two, of 32 at least,
  /// that is four times the kernel.
  public var gridSide: Int?
  /// One row per matrix instead of one per layer with pooled eigenvalues.
  public var perSlice = false
  /// One matrix per head of the attention projections whose heads are known.
  public var perHead = false
  /// Width of a head in projections of which the model does not say how many they have.
  public var headWidth: Int?
  public var precision: Precision = .auto
  /// Only layers whose name matches one of these globs; all layers if empty.
  public var layerPatterns: [String] = []
  /// Whether few outlying largest eigenvalues are left out of the power law.
  public var fixesFingers = false
  /// Fewer positive eigenvalues than this get no power law: any fit would pass.
  public var minimumEigenvalues = 8
  /// Replicates of the goodness-of-fit bootstrap of each power law; 0 leaves it out, `nil` has as many as cost little
  /// beside the decomposition (`BootstrapBudget`).
  public var bootstrapCount: Int?
  /// Where all random numbers begin.
  public var seed: UInt64 = 0
  public var studies: Studies = []
  /// Another tool's definitions to compute beside our own.
  public var compatibility: Compatibility?
  /// How, where that tool is WeightWatcher.
  public var weightWatcher = WeightWatcherOptions()
  /// Whether rows keep their eigenvalues and fits (`LayerRecord.fitted`), as figures need them.
  public var keepsSpectra = false
  /// Worker threads, and threads of a BLAS call on a large matrix.
  public var threadCount = 1
  /// Bytes that the decomposition of one layer may need. Of larger ones only the largest eigenvalues are computed, or
  /// they are skipped; either way they say so.
  public var maximumMemory = Int.max

  public init() {}
}
