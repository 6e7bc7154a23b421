import Glibc
import SpectralCore
import Testing

@Suite struct NormEqualizationTests {
  private static func unevenNoise(_ seed: UInt64, rows: Int, columns: Int, deviation: Double) -> RandomMatrix {
    var random = PortableRandom(seed: seed + 1)
    let factors = random.normals(columns).map { exp(deviation * $0) }
    return RandomMatrix.gaussian(seed: seed, rows: rows, columns: columns).scalingColumns(by: factors)
  }

  @Test func unevenNoiseBecomesNoiseAgain() throws {
    let matrix = NormEqualizationTests.unevenNoise(41, rows: 300, columns: 150, deviation: 0.4)
    let before = try #require(PhaseAnalysis(try matrix.spectrum())?.phase)
    #expect(before == .bulkDecay || before == .heavyTailed)
    let scaling = NormEqualization(matrix.values, rows: 300, columns: 150)
    let even = RandomMatrix(rows: 300, columns: 150, values: scaling.applied(to: matrix.values))
    #expect(PhaseAnalysis(try even.spectrum())?.phase == .randomLike)
  }

  @Test func rowsAndColumnsHaveUnitMeanSquare() {
    let matrix = NormEqualizationTests.unevenNoise(42, rows: 40, columns: 25, deviation: 0.5)
    for factor in [1e-200, 1, 1e200] {
      let values = matrix.values.map { $0 * factor }
      let even = NormEqualization(values, rows: 40, columns: 25).applied(to: values)
      for row in 0..<40 {
        let mean = even[row * 25..<(row + 1) * 25].reduce(0) { $0 + $1 * $1 } / 25
        #expect(abs(mean - 1) < 1e-6)
      }
    }
  }

  @Test func zerosStayZero() {
    let scaling = NormEqualization([0, 0, 1, 2], rows: 2, columns: 2)
    let values = scaling.applied(to: [0, 0, 1, 2])
    #expect(values[0] == 0 && values[1] == 0)
    #expect(values.allSatisfy { $0.isFinite })
    #expect(NormEqualization([0, 0], rows: 1, columns: 2).applied(to: [0, 0]) == [0, 0])
  }
}

@Suite struct VectorLocalizationTests {
  @Test func aKnownVector() throws {
    let result = try #require(VectorLocalization([0.6, 0, 0.8, 0]))
    #expect(close(result.localizationRatio, 1.75, 1e-14))
    #expect(close(result.participationRatio, 1.1669776247885424, 1e-14))
    #expect(close(result.shannonEntropy, 0.6534181947937018, 1e-14))
    #expect(close(result.inverseParticipation, 0.5392, 1e-13))
  }

  @Test func extremes() throws {
    let single = try #require(VectorLocalization([0, 5, 0]))
    #expect(single.localizationRatio == 1)
    #expect(single.participationRatio == 1)
    #expect(single.shannonEntropy == 0)
    let even = try #require(VectorLocalization([1e-200, 1e-200, 1e-200, 1e-200]))
    #expect(close(even.localizationRatio, 4, 1e-14))
    #expect(close(even.shannonEntropy, log(4), 1e-14))
    #expect(VectorLocalization([0, 0]) == nil)
    #expect(VectorLocalization([]) == nil)
  }

  /// M; mean and deviation over random vectors of ‖v‖₁/‖v‖∞, ‖v‖₂/‖v‖₄, the entropy and the two of histograms; M·IPR.
  @Test(arguments: [
    [192, 52.57, 6.2, 2.8424, 0.077, 4.5338, 0.064, 4.047, 0.074, 3.984, 0.098, 2.964],
    [384, 97.96, 10.7, 3.3723, 0.069, 5.2238, 0.045, 4.108, 0.077, 4.049, 0.097, 2.982],
    [1000, 234.5, 22, 4.2766, 0.056, 6.1787, 0.029, 4.098, 0.069, 4.045, 0.089, 2.995],
  ])
  func baselines(row: [Double]) throws {
    var random = PortableRandom(seed: 52)
    let count = 300
    var draws: [[Double]] = []
    for _ in 0..<count {
      let vector = random.normals(Int(row[0]))
      let result = try #require(VectorLocalization(vector))
      draws.append([
        result.localizationRatio, result.participationRatio, result.shannonEntropy,
        try #require(VectorLocalization.histogramEntropy(vector)),
        try #require(VectorLocalization.histogramEntropy(vector.map(abs), offset: 1e-10)),
        row[0] * result.inverseParticipation,
      ])
    }
    for quantity in 0..<5 {
      let values = draws.map { $0[quantity] }
      let mean = values.reduce(0, +) / Double(count)
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
      let (expected, spread) = (row[1 + 2 * quantity], row[2 + 2 * quantity])
      #expect(abs(mean - expected) < 4 * spread / Double(count).squareRoot() + 1e-3, "mean of \(quantity)")
      #expect(abs(deviation / spread - 1) < 4 / Double(2 * count).squareRoot() + 0.02, "deviation of \(quantity)")
    }
    // M·IPR is 3M/(M + 2) on average, with a deviation of √(24/M).
    #expect(abs(3 * row[0] / (row[0] + 2) - row[11]) < 6e-3)
    let mean = draws.reduce(0) { $0 + $1[5] } / Double(count)
    #expect(abs(mean - row[11]) < 4 * (24 / row[0] / Double(count)).squareRoot())
  }

  /// M, means over random vectors of localisation and participation ratio and of the entropy.
  @Test(arguments: [(192, 52.57, 2.8424, 4.5331), (384, 97.96, 3.3723, 5.2236), (1000, 234.5, 4.2766, 6.1791)])
  func randomVectors(dimension: Int, localization: Double, participation: Double, entropy: Double) throws {
    #expect(abs(VectorLocalization.randomEntropy(dimension: dimension) - entropy) < 1e-4)
    var random = PortableRandom(seed: 51)
    var (locals, ratios, scores, entropies) = (0.0, 0.0, 0.0, 0.0)
    for _ in 0..<200 {
      let result = try #require(VectorLocalization(random.normals(dimension)))
      locals += result.localizationRatio / 200
      ratios += result.participationRatio / 200
      scores += result.participationScore / 200
      entropies += result.entropyScore / 200
    }
    // A tenth of the mean is one deviation of one vector.
    #expect(abs(locals / localization - 1) < 0.03)
    #expect(abs(ratios - participation) < 0.025)
    #expect(abs(scores) < 0.4)
    #expect(abs(entropies) < 0.3)
    let histogram = try #require(VectorLocalization.histogramEntropy(random.normals(dimension)))
    #expect(abs(histogram - 4.1) < 0.35)
  }
}

@Suite struct RandomNullTests {
  @Test func shufflingKeepsTheValues() {
    var values = Array(0..<100)
    var random = PortableRandom(seed: 61)
    random.shuffle(&values)
    #expect(values != Array(0..<100))
    #expect(values.sorted() == Array(0..<100))
    var again = Array(0..<100)
    var same = PortableRandom(seed: 61)
    same.shuffle(&again)
    #expect(again == values)
  }

  @Test func distancesOfSpectra() throws {
    #expect(spectralDistance([1, 2, 3], [1, 2, 3]) == 0)
    #expect(spectralDistance([1, 2, 3], [2, 4, 6]) == 0)
    let far = try #require(spectralDistance([0, 0, 1], [1, 0, 0]))
    #expect(close(far, log(2).squareRoot(), 1e-14))
    #expect(spectralDistance([1], [1, 2]) == nil)
    #expect(spectralDistance([0, 0], [1, 2]) == nil)
  }

  @Test func studentsTHasItsVariance() {
    let values = RandomMatrix.studentT(seed: 71, rows: 200, columns: 100, degreesOfFreedom: 8).values
    let variance = values.reduce(0) { $0 + $1 * $1 } / 20000
    #expect(abs(variance - 8.0 / 6) < 0.06)
  }

  @Test func ensemblesShowWhatTheyAreMadeFor() throws {
    let heavy = RandomMatrix.powerLawCovariance(seed: 72, rows: 300, columns: 150, alpha: 2.5)
    #expect(PhaseAnalysis(try heavy.spectrum())?.phase == .heavyTailed)
    let spiked = RandomMatrix.spiked(seed: 73, rows: 300, columns: 150, strengths: [3, 6])
    let analysis = PhaseAnalysis(try spiked.spectrum())
    #expect(analysis?.phase == .bulkPlusSpikes)
    #expect(analysis?.farCount == 2)
  }
}

@Suite struct RotationTests {
  @Test(arguments: [1, 2, 3, 100, 151])
  func theSpectrumStays(columns: Int) throws {
    let matrix = RandomMatrix.gaussian(seed: 74, rows: 200, columns: columns)
    let steep = matrix.scalingColumns(by: (0..<columns).map { 1 / Double($0 + 1) })
    var random = PortableRandom(seed: 75)
    let rotated = steep.rotatingRows(using: &random)
    for (value, expected) in zip(try rotated.spectrum().eigenvalues, try steep.spectrum().eigenvalues) {
      #expect(close(value, expected, 1e-9))
    }
  }

  /// What one column held is in all of them, in about equal parts.
  @Test func noColumnStandsOut() {
    var matrix = RandomMatrix(rows: 1, columns: 256, values: [Double](repeating: 0, count: 256))
    matrix[0, 3] = 16
    var random = PortableRandom(seed: 76)
    let rotated = matrix.rotatingRows(using: &random)
    #expect(rotated.values.map(abs).max()! < 5)
    #expect(rotated.values.count { abs($0) < 0.01 } < 32)
  }

  /// Unlike noise of unequal norms a rotated covariance is no noise at equal norms either.
  @Test func powerLawCovarianceStaysHeavyTailedAtEqualNorms() throws {
    for seed in 80..<83 as Range<UInt64> {
      let matrix = RandomMatrix.powerLawCovariance(seed: seed, rows: 400, columns: 200, alpha: 2.5)
      let scaling = NormEqualization(matrix.values, rows: 400, columns: 200)
      let whitened = RandomMatrix(rows: 400, columns: 200, values: scaling.applied(to: matrix.values))
      #expect(PhaseAnalysis(try matrix.spectrum())?.phase == .heavyTailed)
      #expect(PhaseAnalysis(try whitened.spectrum())?.phase == .heavyTailed)
    }
  }
}

@Suite struct FingerClippingTests {
  @Test func aCleanTailIsLeftAlone() throws {
    let values = (1...300).reversed().map { pow((Double($0) - 0.5) / 300, -1 / 1.5) }
    let result = try #require(FingerClipping(values))
    #expect(result.clippedCount == 0)
    #expect(result.fit.alpha == result.rawAlpha)
  }

  @Test func clippingOnlyLowersAlpha() throws {
    let values = try RandomMatrix.spiked(seed: 81, rows: 60, columns: 30, strengths: [40]).eigenvalues()
    let result = try #require(FingerClipping(values, threshold: 0.1))
    #expect(result.fit.alpha <= result.rawAlpha)
    #expect(result.clippedCount <= 10)
    #expect(FingerClipping([1, 1]) == nil)
    #expect(FingerClipping([1, 2])?.clippedCount == 0)
  }

  /// Everything about the tail is about what is left.
  @Test func theWholeFitLeavesThemOut() throws {
    var options = SpectrumFit.Options()
    options.clipsFingers = true
    let spectra = (1...400 as ClosedRange<UInt64>).map { seed in
      var random = PortableRandom(seed: seed)
      return Spectrum(rows: 60, columns: 30, slices: [random.normals(30).map { exp($0) }])
    }
    let spectrum = try #require(
      spectra.first { (FingerClipping(Array($0.positiveEigenvalues))?.clippedCount ?? 0) > 0 })
    let fit = SpectrumFit(spectrum, options: options)
    let fingers = try #require(fit.fingers)
    #expect(fit.powerLaw == fingers.fit && fingers.rawAlpha >= fingers.fit.alpha + 1)
    #expect(fit.powerLaw == PowerLawFit(spectrum.positiveEigenvalues.dropLast(fingers.clippedCount)))
    #expect(fit.tail?.powerLaw.alpha.isFinite == true)
    #expect(SpectrumFit(spectrum).fingers == nil)
    #expect(SpectrumFit(spectrum).powerLaw?.alpha == fingers.rawAlpha)
  }
}
