public import SpectralCore

/// The eigenvalues behind a row, and what was fitted to them.
///
/// A row may have less than the fit: of a partial spectrum it leaves out what does not follow from it.
public struct FittedSpectrum: Sendable {
  /// Each eigenvalue once.
  public let spectrum: Spectrum
  public let fit: SpectrumFit
  /// Whether the eigenvalues are 1/λ.
  public let isInverse: Bool
  /// How many of the largest were computed where the others are quantiles of a density.
  public internal(set) var exactCount: Int?
}
