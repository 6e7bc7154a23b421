import Glibc
import SpectralCore
import Testing

@Suite struct GoodnessOfFitTests {
  private static func pareto(_ seed: UInt64, _ count: Int) -> [Double] {
    var random = PortableRandom(seed: seed)
    return (0..<count).map { _ in pow(random.uniform(), -1 / 1.5) }.sorted()
  }

  @Test func aParetoSampleIsNotRejected() throws {
    let values = GoodnessOfFitTests.pareto(1001, 400)
    let fit = try #require(PowerLawFit(values))
    let result = GoodnessOfFit(values, fit: fit, replicateCount: 40, seed: 1)
    #expect(result.pValue > 0.3)
    #expect(result.standardError > 0)
    for threadCount in [1, 3, 64] {
      let same = GoodnessOfFit(values, fit: fit, replicateCount: 40, seed: 1, threadCount: threadCount)
      #expect(result == same)
    }
  }

  @Test func anExponentialSampleIs() throws {
    var random = PortableRandom(seed: 6006)
    let values = (0..<800).map { _ in -log(random.uniform()) }.sorted()
    let fit = try #require(PowerLawFit(values))
    #expect(abs(fit.alpha - 3.80145322617) < 1e-9)
    #expect(GoodnessOfFit(values, fit: fit, replicateCount: 40).pValue < 0.2)
  }

  /// Samples of which some are rejected: whether they are does not depend on where the drawing ends.
  @Test(arguments: 1...12 as ClosedRange<UInt64>) func enoughWorseReplicatesEndTheDrawing(seed: UInt64) throws {
    var random = PortableRandom(seed: seed)
    let values = GoodnessOfFitTests.pareto(seed, 150) + (0..<60).map { _ in 8 + 0.1 * Double(seed) * random.uniform() }
    let sample = values.sorted()
    let fit = try #require(PowerLawFit(sample))
    let all = GoodnessOfFit(sample, fit: fit, seed: seed)
    let count = GoodnessOfFit.sufficientWorseCount
    let some = GoodnessOfFit(sample, fit: fit, until: count, seed: seed)
    #expect((some.pValue < GoodnessOfFit.rejection) == (all.pValue < GoodnessOfFit.rejection))
    if all.pValue >= GoodnessOfFit.rejection {
      // The last one drawn is the one that is enough.
      #expect(some.pValue == Double(count) / Double(some.replicateCount))
      let fewer = GoodnessOfFit(sample, fit: fit, replicateCount: some.replicateCount - 1, seed: seed)
      #expect(fewer.pValue == Double(count - 1) / Double(fewer.replicateCount))
    } else {
      #expect(some == all)
    }
    for threadCount in [2, 5] {
      #expect(GoodnessOfFit(sample, fit: fit, until: count, seed: seed, threadCount: threadCount) == some)
    }
  }

  /// p of 400 replicates elsewhere, with other random numbers.
  @Test(
    .enabled(if: Golden.hasTheory),
    arguments: [("g1", 0.965), ("g3", 0.0075), ("g5", 0.005), ("g8", 0.93), ("g9", 1), ("g10", 0)])
  func goldenPValues(key: String, expected: Double) throws {
    let golden = try #require(GoldenFit.all.first { $0.key == key })
    let fit = try #require(PowerLawFit(golden.values))
    let result = GoodnessOfFit(golden.values, fit: fit, replicateCount: 400, seed: 99)
    // Four deviations of the difference of two such shares, and three replicates.
    #expect(abs(result.pValue - expected) < 4 * (2 * expected * (1 - expected) / 400).squareRoot() + 0.0075)
  }
}

@Suite struct BootstrapBudgetTests {
  private func count(_ rows: Int, _ columns: Int, slices: Int = 1, tail: Int = 30) -> Int {
    let values = (0..<columns).map { Double($0 + 1) }
    let spectrum = Spectrum(rows: rows, columns: columns, slices: [[Double]](repeating: values, count: slices))
    return BootstrapBudget.replicateCount(for: spectrum, tailCount: tail)
  }

  @Test func smallAndLargeMatricesGetAll() {
    #expect(count(84, 10) == 100)
    #expect(count(400, 120) == 100)
    #expect(count(1024, 1024) == 100)
    #expect(count(512, 512, slices: 9) == 100)
  }

  @Test func manySmallSlicesGetFewerOrNone() {
    #expect(count(64, 64, slices: 9) == 69)
    #expect((20...40).contains(count(160, 160, slices: 9)))
    #expect(count(16, 16, slices: 1000) == 0)
  }

  @Test func longTailsAndZeroMatricesGetNone() {
    #expect(count(3000, 3000, tail: 2000) == 100)
    #expect(count(3000, 3000, tail: 2001) == 0)
    let zero = Spectrum(rows: 9, columns: 9, slices: [[Double](repeating: 0, count: 9)])
    #expect(BootstrapBudget.replicateCount(for: zero, tailCount: 0) == 0)
  }

  @Test func anExplicitNumberIsTaken() throws {
    let spectrum = try RandomMatrix.lomax(seed: 13, rows: 80, columns: 60, mu: 2.5).spectrum()
    var options = SpectrumFit.Options()
    let automatic = try #require(SpectrumFit(spectrum, options: options).goodness)
    #expect(automatic.pValue >= GoodnessOfFit.rejection && automatic.replicateCount < 100)
    options.replicateCount = 100
    #expect(SpectrumFit(spectrum, options: options).goodness?.replicateCount == 100)
    options.replicateCount = 7
    #expect(SpectrumFit(spectrum, options: options).goodness?.replicateCount == 7)
    options.replicateCount = 0
    #expect(SpectrumFit(spectrum, options: options).goodness == nil)
  }
}

@Suite struct CutOffFitTests {
  @Test(.enabled(if: Golden.hasTheory), arguments: GoldenFit.allWithMaximum)
  func theVariantWithAMaximum(golden: GoldenFit) throws {
    let fit = try #require(PowerLawFit(golden.values, maximum: golden.values.last))
    #expect(close(fit.alpha, golden.alpha, 1e-10))
    #expect(close(fit.xmin, golden.xmin, 1e-10))
    #expect(close(fit.distance, golden.distance, 1e-10))
    #expect(fit.tailCount == golden.tailCount)
  }
}

@Suite struct TraceLogTests {
  @Test func productsBelowOneEndIt() throws {
    // λ̃ = 2.5, 1, 0.3, 0.2: the products are 2.5, 2.5, 0.75, 0.15.
    let result = try #require(TraceLog([0.4, 0.6, 2, 5]))
    #expect(result.count == 3)
    #expect(result.threshold == 0.6)
    #expect(result.gap(tailCount: 1) == 2)
  }

  @Test func theScaleDoesNotMatter() throws {
    let values = try RandomMatrix.gaussian(seed: 1, rows: 60, columns: 60).eigenvalues()
    let count = try #require(TraceLog(values)).count
    for factor in [1e-200, 1e200] { #expect(TraceLog(values.map { $0 * factor })?.count == count) }
  }

  @Test func degenerateSpectra() {
    #expect(TraceLog([]) == nil)
    #expect(TraceLog([0, 0]) == nil)
    #expect(TraceLog([3, 3, 3])?.count == 3)
    #expect(TraceLog([0, 0, 5])?.count == 2)
  }
}

@Suite struct UniversalityClassTests {
  @Test(arguments: [(1.5, 1.0), (1.9, 1.8), (2, 2), (2.5, 2), (3, 2), (4, 3), (7, 6)])
  func exponents(alpha: Double, mu: Double) { #expect(close(tailExponent(alpha: alpha), mu, 1e-14)) }

  @Test func classes() {
    #expect(UniversalityClass(mu: 1) == .veryHeavyTailed)
    #expect(UniversalityClass(mu: 2) == .veryHeavyTailed)
    #expect(UniversalityClass(mu: 3) == .moderatelyHeavyTailed)
    #expect(UniversalityClass(mu: 4.5) == .weaklyHeavyTailed)
  }
}

@Suite struct SpectrumFitTests {
  private static let quick: SpectrumFit.Options = {
    var options = SpectrumFit.Options()
    options.replicateCount = 20
    return options
  }()

  @Test func noiseHasAnAlphaThatMeansNothing() throws {
    let fit = SpectrumFit(
      try RandomMatrix.gaussian(seed: 9, rows: 300, columns: 150).spectrum(), options: SpectrumFitTests.quick)
    #expect(fit.phase?.phase == .randomLike)
    #expect(fit.powerLaw != nil)
    #expect(!fit.isPowerLawCredible)
    #expect(fit.mu == nil)
    #expect(fit.universalityClass == .gaussian)
  }

  @Test func heavyTailsHaveOneThatDoes() throws {
    let matrix = RandomMatrix.gaussian(seed: 8, rows: 400, columns: 200)
    let factors = (0..<200).map { pow((Double($0) + 0.5) / 200, -1 / 3) }
    let fit = SpectrumFit(try matrix.scalingColumns(by: factors).spectrum(), options: SpectrumFitTests.quick)
    #expect(fit.phase?.phase == .heavyTailed)
    #expect(fit.isPowerLawCredible)
    #expect(fit.mu != nil)
    #expect(fit.universalityClass != .gaussian)
    #expect(fit.tail?.best == .powerLaw)
    #expect(try #require(fit.goodness).pValue >= 0.1)
  }

  @Test(arguments: [
    Spectrum(rows: 1, columns: 1, slices: [[3]]), Spectrum(rows: 2, columns: 2, slices: [[0, 0]]),
    Spectrum(rows: 2, columns: 2, slices: [[1, 2]]),
    Spectrum(rows: 9, columns: 9, slices: [[1, 1, 1, 1, 1, 1, 1, 1, 1]]),
    Spectrum(rows: 12, columns: 10, slices: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 4]]),
    Spectrum(rows: 9, columns: 9, slices: [[1e-300, 1e-200, 1e-100, 1, 1e50, 1e100, 1e200, 1e250, 1e300]]),
    Spectrum(rows: 20, columns: 10, slices: [(0..<10).map { pow(10, Double($0) * 1.2 - 6) }]),
    Spectrum(rows: 25, columns: 1, slices: (0..<30).map { [Double($0 + 1)] }),
  ])
  func degenerateSpectraGiveFiniteNumbersOrNone(spectrum: Spectrum) {
    let fit = SpectrumFit(spectrum, options: SpectrumFitTests.quick)
    for number in fit.numbers { #expect(number.isFinite) }
  }

  @Test func theSameSpectrumGivesTheSameNumbers() throws {
    let spectrum = try RandomMatrix.lomax(seed: 12, rows: 200, columns: 100, mu: 3).spectrum()
    let first = SpectrumFit(spectrum, options: SpectrumFitTests.quick)
    let second = SpectrumFit(spectrum, options: SpectrumFitTests.quick)
    #expect(first.numbers == second.numbers)
  }
}

extension SpectrumFit {
  /// Every number that it holds.
  fileprivate var numbers: [Double] {
    var result: [Double] = []
    if let bulk = phase?.bulk {
      result += [
        bulk.law.variance, bulk.law.aspectRatio, bulk.edge, bulk.distance, bulk.score, bulk.pValue, bulk.noiseShare,
        bulk.softRank, bulk.relativeSigma, bulk.elementVariance,
      ]
    }
    if let separation = phase?.separation { result.append(separation) }
    if let powerLaw { result += [powerLaw.alpha, powerLaw.distance, powerLaw.sigma, powerLaw.xmin] }
    if let tail {
      result += [
        tail.truncatedPowerLaw.alpha, tail.truncatedPowerLaw.rate, tail.exponential.rate,
        tail.stretchedExponential.stretch, tail.lognormal.mu, tail.lognormal.sigma,
      ]
      result += tail.alternatives.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value.pValue)
    }
    if let goodness { result.append(goodness.pValue) }
    if let mu { result.append(mu) }
    return result
  }
}
