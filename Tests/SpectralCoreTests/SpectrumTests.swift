import Glibc
import SpectralCore
import Testing

@Suite struct SpectrumTests {
  /// ‖W‖²_F and extreme eigenvalues of a Gaussian matrix, σ = 0.05, 300×100.
  @Test func aGaussianMatrixHasItsKnownSpectrum() throws {
    let spectrum = try RandomMatrix.gaussian(seed: 42, rows: 300, columns: 100, sigma: 0.05).spectrum()
    let metrics = SpectralMetrics(spectrum)
    #expect(close(metrics.norm, 74.74005901031839, 1e-12))
    #expect(close(spectrum.largest, 1.878455422064083, 1e-12))
    #expect(close(spectrum.eigenvalues[0], 0.15253915781332397, 1e-11))
    #expect(close(try #require(metrics.entropy), 0.9628028304845185, 1e-12))
    #expect(close(try #require(metrics.stableRank), 39.788039754593996, 1e-12))
    #expect(spectrum.aspectRatio == 3)
    #expect(spectrum.hardRank == 100)
    #expect(close(spectrum.largest / 300, 0.0062615180735469435, 1e-12))
    #expect(close(spectrum.eigenvalues[0] / 300, 0.0005084638593777466, 1e-11))
    // Norms depend on the convention, entropy and ranks do not.
    let other = SpectralMetrics(Spectrum(rows: 300, columns: 100, slices: [spectrum.eigenvalues.map { $0 / 300 }]))
    #expect(close(try #require(other.entropy), 0.9628028304845185, 1e-12))
    #expect(close(try #require(other.stableRank), 39.788039754593996, 1e-12))
    #expect(abs(try #require(metrics.logNorm) - (try #require(other.logNorm) + log10(300))) < 1e-14)
    let law = MarchenkoPastur(aspectRatio: 3, variance: 300 * 0.0025)
    #expect(close(law.upperEdge, 1.8660254037844388, 1e-14))
    #expect(close(law.lowerEdge, 0.1339745962155614, 1e-14))
  }

  /// A 3×3 convolution 64×32 of normal entries, its nine slices pooled, and unfolded.
  @Test func aConvolutionPoolsItsSlices() throws {
    let kernel = RandomMatrix.gaussian(seed: 8, rows: 64 * 32, columns: 9)
    let slices = try (0..<9).map { position in
      try RandomMatrix(rows: 64, columns: 32, values: (0..<2048).map { kernel[$0, position] }).eigenvalues()
    }
    let pooled = Spectrum(rows: 64, columns: 32, slices: slices)
    #expect(pooled.eigenvalues.count == 288)
    #expect(pooled.sliceCount == 9)
    #expect(abs(pooled.eigenvalues[0] / 64 - 0.07656090) < 1e-8)
    #expect(abs(pooled.largest / 64 - 2.93457484) < 1e-8)
    #expect(abs(SpectralMetrics(pooled).norm / 64 / 288 - 0.96570814) < 1e-8)
    let unfolded = try RandomMatrix(rows: 64, columns: 288, values: kernel.values).spectrum()
    #expect(unfolded.rows == 288)
    #expect(close(unfolded.eigenvalues[0] / 288, 0.311169961, 1e-8))
    #expect(close(unfolded.largest / 288, 1.951410046, 1e-8))
  }

  @Test func theTransposeHasTheSameSpectrum() throws {
    let matrix = RandomMatrix.gaussian(seed: 5, rows: 40, columns: 15)
    var transposed = RandomMatrix(rows: 15, columns: 40, values: matrix.values)
    for row in 0..<40 { for column in 0..<15 { transposed[column, row] = matrix[row, column] } }
    for (a, b) in zip(try matrix.spectrum().eigenvalues, try transposed.spectrum().eigenvalues) {
      #expect(close(a, b, 1e-12))
    }
  }

  @Test func rankSixtyOfAHundredIsFound() throws {
    let left = RandomMatrix.gaussian(seed: 5, rows: 300, columns: 60)
    let right = RandomMatrix.gaussian(seed: 6, rows: 60, columns: 100)
    var product = RandomMatrix(rows: 300, columns: 100, values: [Double](repeating: 0, count: 30000))
    for i in 0..<300 {
      for k in 0..<60 {
        for j in 0..<100 { product[i, j] += left[i, k] * right[k, j] }
      }
    }
    let spectrum = try product.spectrum()
    #expect(spectrum.hardRank == 60)
    #expect(SpectralMetrics(spectrum).rankLoss == 40)
    #expect(spectrum.eigenvalues.prefix(40).allSatisfy { $0 == 0 })
    #expect(spectrum.positiveEigenvalues.count == 60)
  }
}

@Suite struct SpectralMetricsTests {
  static let known = SpectralMetrics(Spectrum(rows: 3, columns: 3, slices: [[1, 4, 9]]))

  @Test func singularValuesThreeTwoOne() throws {
    let metrics = SpectralMetricsTests.known
    #expect(close(try #require(metrics.entropy), 0.7559279292634754, 1e-14))
    #expect(close(try #require(metrics.stableRank), 14.0 / 9, 1e-15))
    #expect(close(try #require(metrics.logNorm), 1.146128035678238, 1e-14))
    #expect(close(try #require(metrics.logSpectralNorm), 0.9542425094393249, 1e-14))
  }

  @Test func aZeroEigenvalueChangesRankLossOnly() throws {
    let metrics = SpectralMetrics(Spectrum(rows: 4, columns: 4, slices: [[0, 1, 4, 9]]))
    #expect(close(try #require(metrics.entropy), 0.7559279292634754, 1e-14))
    #expect(metrics.rankLoss == 1)
    #expect(metrics.norm == 14)
  }

  /// α, log α-norm, α̂ = α log₁₀ λmax.
  @Test(arguments: [(2.0, 1.9912260756924949, 1.9084850188786497), (2.5, 2.4409090820652177, 2.385606273598312)])
  func logAlphaNorms(alpha: Double, expected: Double, weighted: Double) throws {
    #expect(close(alpha * (try #require(SpectralMetricsTests.known.logSpectralNorm)), weighted, 1e-14))
    #expect(close(try #require(logAlphaNorm([1, 4, 9], alpha: alpha)), expected, 1e-14))
  }

  @Test func logAlphaNormSurvivesExtremeScales() throws {
    #expect(close(try #require(logAlphaNorm([1e-200, 1e200], alpha: 5)), 1000, 1e-14))
    #expect(logAlphaNorm([0, 0], alpha: 2) == nil)
    #expect(logAlphaNorm([], alpha: 2) == nil)
  }

  @Test func zeroMatrixHasNoLogarithms() {
    let metrics = SpectralMetrics(Spectrum(rows: 3, columns: 2, slices: [[0, 0]]))
    #expect(metrics.norm == 0)
    #expect(metrics.logNorm == nil)
    #expect(metrics.entropy == nil)
    #expect(metrics.stableRank == nil)
    #expect(metrics.rankLoss == 2)
  }

  @Test func oneEigenvalueHasNoEntropy() throws {
    let metrics = SpectralMetrics(Spectrum(rows: 5, columns: 1, slices: [[2.5]]))
    #expect(metrics.entropy == 0)
    #expect(metrics.stableRank == 1)
  }

  @Test func equalEigenvaluesHaveFullEntropy() throws {
    let metrics = SpectralMetrics(Spectrum(rows: 4, columns: 4, slices: [[3, 3, 3, 3]]))
    #expect(close(try #require(metrics.entropy), 1, 1e-14))
    #expect(metrics.stableRank == 4)
  }

  /// S = 1 − 1/(2Q ln M) in the limit; measured .952253 ± .00044 for finite matrices.
  @Test func entropyOfAGaussianMatrix() throws {
    let spectrum = try RandomMatrix.gaussian(seed: 11, rows: 384, columns: 192).spectrum()
    let entropy = try #require(SpectralMetrics(spectrum).entropy)
    #expect(abs(entropy - 0.95225) < 4 * 0.00044)
  }

  /// A square layer as it is initialised: entropy .91971 ± .00025, stable rank 129.7 ± 1.6 over many draws.
  @Test func aLayerAtInitialisation() throws {
    let spectrum = try RandomMatrix.gaussian(seed: 12, rows: 512, columns: 512, sigma: 0.044).spectrum()
    let metrics = SpectralMetrics(spectrum)
    #expect(abs(try #require(metrics.entropy) - 0.91971) < 4 * 0.00025)
    #expect(abs(try #require(metrics.stableRank) - 129.7) < 4 * 1.6)
    #expect(PhaseAnalysis(spectrum)?.phase == .randomLike)
  }
}
