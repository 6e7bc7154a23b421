import Glibc
import SpectralCore
import Testing

@Suite struct BulkFitTests {
  @Test(arguments: [(300, 100), (500, 500), (600, 200)])
  func noiseHasNoOutliers(rows: Int, columns: Int) throws {
    let spectrum = try RandomMatrix.gaussian(seed: 21, rows: rows, columns: columns, sigma: 0.1).spectrum()
    let fit = try #require(BulkFit(spectrum.eigenvalues[...], rows: rows))
    #expect(fit.outlierCount == 0)
    #expect(abs(fit.elementVariance / 0.01 - 1) < 0.03)
    #expect(abs(fit.relativeSigma - 1) < 0.02)
    #expect(fit.distance * Double(columns) < 4.5)
    #expect(abs(fit.score + 1.2) < 4 * 1.3)
    #expect(fit.pValue > 0.001 && fit.pValue < 1)
    #expect(close(fit.law.aspectRatio, Double(rows) / Double(columns), 1e-14))
    #expect(close(fit.law.variance, fit.elementVariance * Double(rows), 1e-14))
  }

  @Test func spikesAreFoundAndMeasured() throws {
    var matrix = RandomMatrix.gaussian(seed: 22, rows: 600, columns: 200)
    let strengths = [2.0, 4, 8]
    for (index, strength) in strengths.enumerated() { matrix[index, index] += (600 * strength).squareRoot() }
    let spectrum = try matrix.spectrum()
    let fit = try #require(BulkFit(spectrum.eigenvalues[...], rows: 600))
    #expect(fit.outlierCount == 3)
    #expect(abs(fit.elementVariance - 1) < 0.02)
    for (strength, value) in zip(strengths, spectrum.eigenvalues.suffix(3)) {
      let spike = try #require(Spike(position: value / fit.law.variance, aspectRatio: 3))
      #expect(abs(spike.strength - strength) < 0.25 * strength)
    }
    #expect(fit.softRank < 0.5)
    #expect(fit.score > 50)
    #expect(fit.pValue < 1e-9)
  }

  @Test func pooledSlicesOfNoiseHaveNoOutliers() throws {
    let slices = try (0..<9).map {
      try RandomMatrix.gaussian(seed: 100 + UInt64($0), rows: 64, columns: 32).eigenvalues()
    }
    let spectrum = Spectrum(rows: 64, columns: 32, slices: slices)
    let fit = try #require(BulkFit(spectrum.eigenvalues[...], rows: 64, sliceCount: 9))
    #expect(fit.outlierCount == 0)
    #expect(abs(fit.elementVariance - 1) < 0.05)
    #expect(PhaseAnalysis(spectrum)?.phase == .randomLike)
  }

  @Test(arguments: [1e-300, 1e-30, 1e30, 1e290])
  func theScaleDoesNotMatter(factor: Double) throws {
    let values = try RandomMatrix.gaussian(seed: 23, rows: 80, columns: 40).eigenvalues()
    let fit = try #require(BulkFit(values[...], rows: 80))
    let scaled = try #require(BulkFit(values.map { $0 * factor }[...], rows: 80))
    #expect(close(scaled.distance, fit.distance, 1e-9))
    #expect(close(scaled.score, fit.score, 1e-9))
    #expect(close(scaled.law.variance, fit.law.variance * factor, 1e-12))
  }

  @Test(arguments: [[], [1], [1, 2, 3, 4], [0, 0, 0, 0, 0], [0, 1, 2, 3, 4]] as [[Double]])
  func tooLittleHasNoFit(values: [Double]) {
    #expect(BulkFit(values[...], rows: 10) == nil)
  }

  @Test func aVectorHasNoFit() {
    #expect(BulkFit([1, 1, 1, 2, 2, 3][...], rows: 10, sliceCount: 6) == nil)
  }

  @Test func equalEigenvaluesAreNoNoise() throws {
    let fit = try #require(BulkFit([2, 2, 2, 2, 2, 2, 2, 2][...], rows: 8))
    #expect(fit.distance > 0.3)
    #expect(fit.distance.isFinite && fit.score.isFinite)
  }
}

@Suite struct NoiseVarianceTests {
  @Test func noiseGivesTheSameByEveryMeasure() throws {
    let variance = NoiseVariance(try RandomMatrix.gaussian(seed: 31, rows: 500, columns: 250, sigma: 2).spectrum())
    for estimate in [variance.elements, variance.median, variance.bema, variance.iterativeTrace.variance] {
      #expect(abs(estimate / 4 - 1) < 0.03)
    }
    #expect(variance.iterativeTrace.outlierCount == 0)
    #expect(abs(try #require(variance.edge()) / 4 - 0.987) < 0.03)
  }

  @Test func spikesPullTheElementsUpMost() throws {
    var matrix = RandomMatrix.gaussian(seed: 32, rows: 500, columns: 250)
    for index in 0..<5 { matrix[index, index] += 500.0.squareRoot() * Double(index + 2) }
    let variance = NoiseVariance(try matrix.spectrum())
    #expect(variance.iterativeTrace.outlierCount == 5)
    #expect(variance.elements > 1.2)
    #expect(try #require(variance.edge()) > 4)
    #expect(abs(try #require(variance.edge(outliers: 5)) - 0.987) < 0.03)
    #expect(variance.edge(outliers: 250) == nil)
    #expect(abs(variance.median - 1) < 0.05)
    #expect(abs(variance.bema - 1) < 0.05)
    #expect(abs(variance.iterativeTrace.variance - 1) < 0.02)
  }

  @Test func floatingQFindsTheShapeOfNoise() throws {
    let noise = try RandomMatrix.gaussian(seed: 33, rows: 500, columns: 250).spectrum()
    let fit = try #require(FloatingAspectRatio(noise))
    #expect(abs(fit.ratio - 1) < 0.03)
    #expect(abs(fit.elementVariance - 1) < 0.03)
    let square = try RandomMatrix.gaussian(seed: 34, rows: 250, columns: 250).spectrum()
    #expect(abs(try #require(FloatingAspectRatio(square)).aspectRatio - 1) < 0.02)
  }

  /// Quantiles of the law itself give it back, and rounding of the eigenvalues changes nothing that is reported.
  @Test(arguments: [1.3, 2, 5.5, 25])
  func floatingQIsFoundToTenDigits(aspectRatio: Double) throws {
    let law = MarchenkoPastur(aspectRatio: aspectRatio, variance: 300)
    let values = law.quantiles((0..<200).map { (Double($0) + 0.5) / 200 })
    let exact = try #require(FloatingAspectRatio(Spectrum(rows: 300, columns: 200, slices: [values])))
    #expect(close(exact.aspectRatio, aspectRatio, 1e-11))
    #expect(close(exact.elementVariance, 1, 1e-11))

    let noise = try RandomMatrix.lomax(seed: 37, rows: 300, columns: 200, mu: 5).spectrum().eigenvalues
    let fit = try #require(FloatingAspectRatio(Spectrum(rows: 300, columns: 200, slices: [noise])))
    let rounded = noise.enumerated().map { $1 * (1 + Double($0 % 7 - 3) * 1e-14) }
    let same = try #require(FloatingAspectRatio(Spectrum(rows: 300, columns: 200, slices: [rounded])))
    #expect(close(same.ratio, fit.ratio, 1e-11))
  }

  /// Rows of AR(1) with ρ = ½ have N(1 − ρ²)/(1 + ρ²) = 0.6 N independent ones among them.
  @Test func correlatedRowsLowerIt() throws {
    var matrix = RandomMatrix.gaussian(seed: 35, rows: 1000, columns: 300)
    for row in 1..<1000 {
      for column in 0..<300 {
        matrix[row, column] = 0.5 * matrix[row - 1, column] + 0.75.squareRoot() * matrix[row, column]
      }
    }
    let fit = try #require(FloatingAspectRatio(try matrix.spectrum()))
    #expect(abs(fit.aspectRatio - 1.99) < 0.1)
  }
}

@Suite struct SpikeTests {
  /// Five signals of known strength, from the eigenvalues they make.
  @Test func strengthsAreRecovered() throws {
    let strengths = [1.5, 2, 3, 5, 8]
    let matrix = RandomMatrix.spiked(seed: 36, rows: 1000, columns: 500, strengths: strengths)
    let analysis = try #require(PhaseAnalysis(matrix.spectrum()))
    #expect(analysis.spikes.count == 5)
    for (spike, strength) in zip(analysis.spikes, strengths.reversed()) {
      #expect(abs(spike.strength / strength - 1) < 0.15)
    }
  }

  @Test func strengthsBeyondNumbersAreNone() { #expect(Spike(position: 1e200, aspectRatio: 2) == nil) }

  @Test(.enabled(if: Golden.isPresent("bbp.csv")))
  func theTable() throws {
    for row in try Golden.table("bbp.csv") {
      let spike = Spike(strength: row[2], aspectRatio: row[0])
      #expect(close(spike.relativeStrength, row[1], 1e-11))
      #expect(close(spike.position, row[3], 1e-11))
      #expect(close(spike.rightOverlap, row[4], 1e-10))
      #expect(close(spike.leftOverlap, row[5], 1e-10))
    }
  }

  /// N = 1000, M = 500: strength, λ/σ², overlaps.
  @Test(arguments: [[2, 3.75, 0.7, 0.583333], [5, 6.6, 0.890909, 0.816667]])
  func positionAndOverlaps(row: [Double]) throws {
    let spike = Spike(strength: row[0], aspectRatio: 2)
    #expect(close(spike.position, row[1], 1e-12))
    #expect(abs(spike.rightOverlap - row[2]) < 1e-6)
    #expect(abs(spike.leftOverlap - row[3]) < 1e-6)
    #expect(close(try #require(Spike(position: row[1], aspectRatio: 2)).strength, row[0], 1e-12))
  }

  @Test(arguments: [(3.0, 0.1882), (6, 0.2580)])
  func fluctuationOfAFixedSignal(strength: Double, expected: Double) {
    #expect(abs(Spike(strength: strength, aspectRatio: 2).fluctuation(rows: 400) - expected) < 1e-4)
  }

  @Test(arguments: [(1.0, 1.3333), (2, 1.2344), (3, 1.1901), (10, 1.1019)])
  func separationPoint(aspectRatio: Double, expected: Double) {
    let spike = Spike(rightOverlap: 2.0 / 3, aspectRatio: aspectRatio)
    #expect(close(spike.rightOverlap, 2.0 / 3, 1e-12))
    #expect(abs(spike.position / MarchenkoPastur(aspectRatio: aspectRatio).upperEdge - expected) < 1e-4)
  }

  @Test func belowTheThresholdNoiseHidesIt() {
    let spike = Spike(strength: 0.5, aspectRatio: 2)
    #expect(!spike.isDetectable)
    #expect(spike.rightOverlap == 0)
    #expect(spike.leftOverlap == 0)
    #expect(spike.fluctuation(rows: 10) == 0)
    #expect(close(spike.position, MarchenkoPastur(aspectRatio: 2).upperEdge, 1e-14))
    #expect(Spike(position: 2.9, aspectRatio: 2) == nil)
    #expect(Spike(position: 0.01, aspectRatio: 2) == nil)
  }

  @Test func aMeanIsASpike() throws {
    let spike = try #require(Spike(mean: 0.06, variance: 1, rows: 1000, columns: 500))
    #expect(close(spike.strength, 1.8, 1e-12))
    #expect(spike.isDetectable)
    #expect(Spike(mean: 0, variance: 1, rows: 1000, columns: 500) == nil)
  }
}
