import LinearAlgebra
import SpectralCore

/// When 32 bits are enough for a spectrum.
///
/// A Gram matrix and its eigenvalues in 32 bits leave each eigenvalue with an error of a few roundings of the largest
/// one. That is nothing for the tail of a spectrum and everything for what is near zero: ranks, entropy and the lower
/// edge of nearly square matrices need 64 bits. And where two values of xmin fit almost equally well, or an eigenvalue
/// lies on an edge, any error may tip the balance.
enum SinglePrecision {
  /// Fewer columns cost so little that there is nothing to be won, and more exactness would be lost.
  static let smallestColumns = 1536
  /// Below this Q noise has eigenvalues too near to zero.
  static let smallestAspectRatio = 1.2

  /// Bound of the errors of the eigenvalues, in units of the largest. The largest of those measured, over Gaussian,
  /// heavy-tailed and spiked matrices of 512 to 4096 columns and Q of 1.5 to 8, is 8e-7.
  static let errorBound = 2e-6
  /// How much larger than the bound the smallest eigenvalue must be.
  static let distanceFromZero = 250.0
  /// How far the fit at another xmin must be behind. D changed by 5e-7 at most in those measurements with as many
  /// columns as are tried.
  static let margin = 4e-6

  static func isWorthTrying(rows: Int, columns: Int) -> Bool {
    columns >= smallestColumns && Double(rows) >= smallestAspectRatio * Double(columns)
  }

  /// Whether `suffices` will say no: a look at the Gram matrix saves the eigenvalues.
  static func isHopeless(_ gram: borrowing GramMatrix<Float>, rows: Int) -> Bool {
    let narrowing = 1 - (Double(gram.order) / Double(rows)).squareRoot()
    // The smallest eigenvalue of noise with this trace; that of anything else is smaller.
    let smallest = narrowing * narrowing * gram.meanEigenvalue
    return smallest <= distanceFromZero * errorBound * gram.largestEigenvalueEstimate()
  }

  /// - Parameter spectrum: as computed in 32 bits.
  static func suffices(for spectrum: Spectrum) -> Bool {
    let error = errorBound * spectrum.largest
    guard let smallest = spectrum.eigenvalues.first, smallest > distanceFromZero * error,
      spectrum.hardRank == spectrum.eigenvalues.count
    else { return false }
    return hasClearTail(spectrum) && hasClearPhase(spectrum, error)
  }

  /// No other xmin comes close to fitting as well.
  private static func hasClearTail(_ spectrum: Spectrum) -> Bool {
    guard let fit = PowerLawFit(spectrum.eigenvalues) else { return false }
    return !fit.hasRival(in: spectrum.eigenvalues, within: margin)
  }

  /// Wherever the errors move the eigenvalues, every count and the phase stay.
  private static func hasClearPhase(_ spectrum: Spectrum, _ error: Double) -> Bool {
    guard let phase = PhaseAnalysis(spectrum) else { return false }
    return [-error, error].allSatisfy { shift in
      let values = spectrum.eigenvalues.map { $0 + shift }
      let slices = (0..<spectrum.sliceCount).map { slice in
        Array(values[slice * spectrum.columns..<(slice + 1) * spectrum.columns])
      }
      let shifted = Spectrum(rows: spectrum.rows, columns: spectrum.columns, slices: slices)
      guard let other = PhaseAnalysis(shifted) else { return false }
      return other.phase == phase.phase && other.zeroCount == phase.zeroCount && other.farCount == phase.farCount
        && other.shoulderCount == phase.shoulderCount && other.isBulkGood == phase.isBulkGood
    }
  }
}
