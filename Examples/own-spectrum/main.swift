// The spectrum of a matrix of one's own:  own-spectrum
import Glibc
import LinearAlgebra
import SpectralCore

/// W is rows × columns, row by row, rows ≥ columns: transpose it otherwise, the spectrum is the same.
func describe(_ values: [Double], rows: Int, columns: Int) throws {
  let eigenvalues = try GramMatrix(of: values, columns: columns).eigenvalues()  // of WᵀW
  let spectrum = Spectrum(rows: rows, columns: columns, slices: [eigenvalues])
  let metrics = SpectralMetrics(spectrum)
  print("norm² \(metrics.norm.rounded()), stable rank \(metrics.stableRank.map { $0.rounded() } ?? 0)")

  let fit = SpectrumFit(spectrum)
  print("phase \(fit.phase?.phase.rawValue ?? "none")")
  print("spikes \(fit.phase?.bulk?.outlierCount ?? 0)")
  if let powerLaw = fit.powerLaw {
    print("alpha \((powerLaw.alpha * 100).rounded() / 100), credible: \(fit.isPowerLawCredible)")
  }
}

do {
  try BLAS.start()
  // Noise of 400 × 100 numbers, and three directions that stand out of it.
  let matrix = RandomMatrix.spiked(seed: 1, rows: 400, columns: 100, strengths: [2, 3, 4])
  try describe(matrix.values, rows: matrix.rows, columns: matrix.columns)
} catch {
  // LinearAlgebraError: OpenBLAS or LAPACK is missing.
  print("error: \(error)")
  exit(1)
}
