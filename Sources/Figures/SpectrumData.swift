public import SpectralCore

/// What the figures of one layer show.
public struct SpectrumData: Sendable {
  /// A power law and the distributions that it was compared with on the same tail.
  public struct Tail: Sendable {
    public var alpha: Double
    public var sigma: Double
    public var distance: Double
    public var xmin: Double
    public var xmax: Double
    /// How many eigenvalues it was fitted to.
    public var count: Int
    /// How many of the largest it leaves out.
    public var fingerCount: Int
    public var comparison: TailComparison?

    public init(
      alpha: Double, sigma: Double, distance: Double, xmin: Double, xmax: Double, count: Int, fingerCount: Int,
      comparison: TailComparison?
    ) {
      self.alpha = alpha
      self.sigma = sigma
      self.distance = distance
      self.xmin = xmin
      self.xmax = xmax
      self.count = count
      self.fingerCount = fingerCount
      self.comparison = comparison
    }
  }

  /// The noise that was fitted to the lower eigenvalues.
  public struct Bulk: Sendable {
    public var fit: BulkFit
    /// Whether the eigenvalues follow its law.
    public var isGood: Bool
    /// How many eigenvalues are above its edge; `nil` where that is not known.
    public var spikeCount: Int?

    public init(fit: BulkFit, isGood: Bool, spikeCount: Int?) {
      self.fit = fit
      self.isGood = isGood
      self.spikeCount = spikeCount
    }
  }

  /// A right singular vector.
  public struct Vector: Sendable, Equatable {
    public var eigenvalue: Double
    /// Σ v⁴.
    public var inverseParticipation: Double

    public init(eigenvalue: Double, inverseParticipation: Double) {
      self.eigenvalue = eigenvalue
      self.inverseParticipation = inverseParticipation
    }
  }

  public var name: String
  public var spectrum: Spectrum
  /// How many of the largest eigenvalues were computed; the others are quantiles of a density.
  public var exactCount: Int?
  /// Whether the eigenvalues are 1/λ.
  public var isInverse: Bool
  public var tail: Tail?
  public var bulk: Bulk?
  /// Eigenvalues of the same entries in random order, ascending.
  public var randomized: [Double]?
  /// By ascending eigenvalue.
  public var vectors: [Vector]?

  public init(name: String, spectrum: Spectrum) {
    self.name = name
    self.spectrum = spectrum
    isInverse = false
  }

  /// What the axes are of.
  var quantity: String { isInverse ? "1/λ" : "λ" }
  /// The convention of it.
  var convention: String {
    isInverse ? "1/λ, λ eigenvalue of WᵀW (not divided by N)" : "λ of WᵀW (not divided by N)"
  }

  /// N, M and Q, and what is special about the spectrum.
  public var size: String {
    let slices = spectrum.sliceCount > 1 ? ", \(spectrum.sliceCount) matrices pooled" : ""
    let partial = exactCount.map { ", the \($0) largest computed, the others from a density" } ?? ""
    return "N = \(spectrum.rows), M = \(spectrum.columns), Q = \(significant(spectrum.aspectRatio))\(slices)\(partial)"
  }
}
