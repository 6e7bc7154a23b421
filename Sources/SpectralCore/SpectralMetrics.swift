import Glibc

/// Norms and ranks of a spectrum. `nil` where a quantity does not exist, as
/// every logarithm of a zero matrix does not.
///
/// Definitions: Martin & Mahoney, arXiv 1810.01075 and 2002.06716.
public struct SpectralMetrics: Sendable, Equatable {
  /// ‖W‖²_F = Σλ.
  public let norm: Double
  /// log₁₀ Σλ.
  public let logNorm: Double?
  /// ‖W‖²₂ = λmax.
  public let spectralNorm: Double
  /// log₁₀ λmax.
  public let logSpectralNorm: Double?
  /// R_s = Σλ/λmax, in [1, M·slices].
  public let stableRank: Double?
  /// Eigenvalues lost to exact rank deficiency: their number less the hard rank.
  public let rankLoss: Int
  /// Matrix entropy −Σp ln p / ln R with p = λ/Σλ, in [0, 1]; 0 for R = 1.
  public let entropy: Double?

  public init(_ spectrum: Spectrum) {
    norm = spectrum.eigenvalues.reduce(0, +)
    spectralNorm = spectrum.largest
    rankLoss = spectrum.eigenvalues.count - spectrum.hardRank
    guard spectralNorm > 0 else {
      logNorm = nil
      logSpectralNorm = nil
      stableRank = nil
      entropy = nil
      return
    }
    logNorm = log10(norm)
    logSpectralNorm = log10(spectralNorm)
    stableRank = norm / spectralNorm
    entropy = SpectralMetrics.entropy(spectrum.positiveEigenvalues, total: norm)
  }

  private static func entropy(_ eigenvalues: ArraySlice<Double>, total: Double) -> Double {
    guard eigenvalues.count > 1 else { return 0 }
    let sum = eigenvalues.reduce(0.0) { sum, value in
      let p = value / total
      return p > 0 ? sum + p * log(p) : sum
    }
    return -sum / log(Double(eigenvalues.count))
  }
}

/// log₁₀ Σλ^α over all eigenvalues: the log α-norm (arXiv 2002.06716, eq. 6).
///
/// Computed relative to λmax, so that large exponents do not overflow.
public func logAlphaNorm(_ eigenvalues: [Double], alpha: Double) -> Double? {
  guard let largest = eigenvalues.last, largest > 0 else { return nil }
  let sum = eigenvalues.reduce(0.0) { $0 + pow($1 / largest, alpha) }
  return alpha * log10(largest) + log10(sum)
}
