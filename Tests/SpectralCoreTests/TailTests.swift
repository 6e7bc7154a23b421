import Glibc
import SpectralCore
import Testing

@Suite struct IncompleteGammaTests {
  @Test(arguments: [
    (-1.5, 0.01, 648.9300494125563), (-0.5, 1, 0.1781477117815607), (-1, 0.1, 7.225450221940204),
    (-3, 0.5, 1.321942606866785), (0, 1, 0.21938393439552026), (0.5, 1e-12, 1.7724518509055157),
    (1, 0.3, 0.7408182206817179), (2, 0.5, 0.9097959895689501),
  ])
  func knownValues(s: Double, z: Double, expected: Double) {
    #expect(close(upperIncompleteGamma(s, z), expected, 2e-14))
  }

  @Test(.enabled(if: Golden.isPresent("incgamma_upper.csv")))
  func theTable() throws {
    for row in try Golden.table("incgamma_upper.csv") {
      #expect(close(upperIncompleteGamma(row[0], row[1]), row[2], 1e-13), "Γ(\(row[0]), \(row[1]))")
    }
  }

  /// Γ(s+1, z) = sΓ(s, z) + z^s e^−z, across the places where the method changes.
  @Test(arguments: [-3.5, -1.1, -1, -0.999999, -0.6, -0.5, -0.499, -1e-9, 1e-9, 0.09, 0.11, 0.499, 0.5, 0.7])
  func theRecurrenceHolds(s: Double) {
    for z in [1e-6, 0.01, 0.5, 0.999999, 1, 1.000001, 3, 20] {
      let left = upperIncompleteGamma(s + 1, z)
      let right = s * upperIncompleteGamma(s, z) + pow(z, s) * exp(-z)
      let size = abs(left) + abs(s * upperIncompleteGamma(s, z)) + pow(z, s) * exp(-z)
      #expect(abs(left - right) <= 1e-13 * size, "s = \(s), z = \(z)")
    }
  }
}

@Suite struct TailDistributionTests {
  private static func sample(seed: UInt64, count: Int, _ value: (Double) -> Double) -> TailSample? {
    var random = PortableRandom(seed: seed)
    return TailSample((0..<count).map { _ in value(random.uniform()) }.sorted(), xmin: 1)
  }

  @Test func exponentialDataAreExponential() throws {
    let sample = try #require(TailDistributionTests.sample(seed: 4, count: 2000) { 1 - log($0) / 0.7 })
    let comparison = TailComparison(sample)
    #expect(comparison.best == .exponential || comparison.best == .truncatedPowerLaw)
    #expect(abs(comparison.exponential.rate - 0.7) < 0.06)
    #expect(abs(comparison.stretchedExponential.stretch - 1) < 0.15)
    #expect(comparison.powerLaw.logLikelihood(sample) < comparison.exponential.logLikelihood(sample))
  }

  @Test func powerLawDataStayAPowerLaw() throws {
    let sample = try #require(TailDistributionTests.sample(seed: 5, count: 2000) { pow($0, -1 / 1.5) })
    let comparison = TailComparison(sample)
    #expect(comparison.best == .powerLaw)
    #expect(abs(comparison.powerLaw.alpha - 2.5) < 0.1)
    #expect(comparison.truncation.pValue > 0.05)
  }

  @Test func stretchedDataAreRecovered() throws {
    // Quantiles of a Weibull tail beyond 1 with β = ½ and t = 2.
    let sample = try #require(TailDistributionTests.sample(seed: 6, count: 4000) { pow(1 - log($0) / 2, 2) })
    let fit = StretchedExponentialTail(sample)
    #expect(abs(fit.stretch - 0.5) < 0.06)
    #expect(!fit.isAtBound)
    #expect(close(exp(fit.logRate), pow(fit.cutoff, 1 / fit.stretch), 1e-10))
  }

  @Test func lognormalDataAreRecovered() throws {
    var random = PortableRandom(seed: 7)
    let values = random.normals(8000).map { exp(0.5 + 0.8 * $0) }.sorted()
    let sample = try #require(TailSample(values, xmin: 1))
    let fit = LognormalTail(sample)
    #expect(abs(fit.mu - 0.5) < 0.1)
    #expect(abs(fit.sigma - 0.8) < 0.05)
    #expect(!fit.isAtBound)
  }

  /// Around the optimum no parameter can be moved to a better likelihood.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func densitiesIntegrateToOne(seed: UInt64) throws {
    let sample = try #require(TailDistributionTests.sample(seed: seed, count: 300) { 1 - log($0) })
    // Densities at a fine grid, given as a sample of their own.
    let steps = 20_000
    let grid = (0...steps).map { exp(Double($0) * 12 / Double(steps)) }
    let fine = try #require(TailSample(grid, xmin: 1))
    let comparison = TailComparison(sample)
    let models: [any TailDistribution] = [
      comparison.powerLaw, comparison.truncatedPowerLaw, comparison.exponential, comparison.stretchedExponential,
      comparison.lognormal,
    ]
    for model in models {
      let masses = zip(model.logDensities(fine), grid).map { exp($0) * $1 * 12 / Double(steps) }
      let integral = masses.reduce(0, +) - (masses[0] + masses[steps]) / 2
      #expect(abs(integral - 1) < 1e-3, "\(model)")
    }
  }

  /// Draws with known parameters: estimates scatter as the standard errors say.
  @Test func standardErrorsOfATruncatedPowerLaw() throws {
    var random = PortableRandom(seed: 17)
    var fits: [(alpha: Double, rate: Double)] = []
    var errors: [(alpha: Double, rate: Double)] = []
    for _ in 0..<150 {
      var values: [Double] = [1]
      while values.count < 600 {
        // x ~ x⁻² for x ≥ 1, kept with probability e^(−0.05(x−1)).
        let x = 1 / random.uniform()
        if random.uniform() < exp(-0.05 * (x - 1)) { values.append(x) }
      }
      let sample = try #require(TailSample(values.sorted(), xmin: 1))
      let fit = TruncatedPowerLaw(sample)
      fits.append((fit.alpha, fit.rate))
      errors.append(try #require(fit.standardErrors(sample)))
    }
    func deviation(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    #expect(abs(deviation(fits.map(\.alpha)) / mean(errors.map(\.alpha)) - 1) < 0.15)
    #expect(abs(deviation(fits.map(\.rate)) / mean(errors.map(\.rate)) - 1) < 0.15)
    #expect(abs(mean(fits.map(\.alpha)) - 2) < 4 * mean(errors.map(\.alpha)) / 150.0.squareRoot() + 0.01)
  }

  @Test func withoutACutOffThereIsNoError() throws {
    let values = (1...200).map { pow(Double($0) / 200.5, -1 / 1.5) }.sorted()
    let sample = try #require(TailSample(values, xmin: values[0]))
    let fit = TruncatedPowerLaw(sample)
    #expect(fit.isAtBound == (fit.standardErrors(sample) == nil))
  }

  @Test func tailsWithoutTwoValuesHaveNoSample() {
    #expect(TailSample([1, 1, 1], xmin: 1) == nil)
    #expect(TailSample([1, 2, 3], xmin: 3) == nil)
    #expect(TailSample([], xmin: 1) == nil)
    #expect(TailSample([1, 2], xmin: 0) == nil)
  }

  @Test(arguments: [[1, 1 + 1e-13], [1, 1e150], [1, 1, 1, 1, 1e9], [1, 1.5, 2, 2.5]] as [[Double]])
  func smallAndExtremeTailsGiveFiniteNumbers(values: [Double]) throws {
    let sample = try #require(TailSample(values, xmin: 1))
    let comparison = TailComparison(sample)
    for (_, value) in comparison.logLikelihoods { #expect(value.isFinite) }
    #expect(comparison.alternatives.values.allSatisfy { $0.pValue >= 0 && $0.pValue <= 1 })
  }
}

@Suite(.enabled(if: Golden.hasTheory)) struct GoldenTailTests {
  private func comparison(_ golden: GoldenFit) throws -> (TailSample, TailComparison) {
    let fit = try #require(PowerLawFit(golden.values, maximum: golden.maximum))
    let sample = try #require(TailSample(golden.values, xmin: fit.xmin))
    return (sample, TailComparison(sample))
  }

  @Test(arguments: GoldenFit.all + GoldenFit.allWithMaximum)
  func bestFit(golden: GoldenFit) throws {
    #expect(try comparison(golden).1.best.rawValue == golden.bestFit)
  }

  @Test(arguments: GoldenFit.all + GoldenFit.allWithMaximum)
  func parametersAndLikelihoods(golden: GoldenFit) throws {
    let (sample, fits) = try comparison(golden)
    #expect(sample.count == golden.tailCount)
    #expect(close(fits.powerLaw.logLikelihood(sample), golden.logLikelihood, 1e-9))
    #expect(close(fits.exponential.rate, golden.exponential[0], 1e-8))
    #expect(close(fits.exponential.logLikelihood(sample), golden.exponential[1], 1e-8))
    #expect(close(fits.truncatedPowerLaw.alpha, golden.truncated[0], 1e-5))
    if golden.truncated[1] > 1e-6 { #expect(close(fits.truncatedPowerLaw.rate, golden.truncated[1], 1e-5)) }
    #expect(abs(fits.truncatedPowerLaw.logLikelihood(sample) - golden.truncated[2]) < 1e-6)
    // Power-law data drive the other two towards their bounds, where only the likelihood is defined.
    #expect(fits.stretchedExponential.logLikelihood(sample) > golden.stretched[2] - 1e-6)
    if !fits.stretchedExponential.isAtBound, golden.stretched[0] < 1e80 {
      #expect(abs(fits.stretchedExponential.logLikelihood(sample) - golden.stretched[2]) < 1e-6)
      #expect(close(fits.stretchedExponential.stretch, golden.stretched[1], 1e-4))
    }
    #expect(abs(fits.lognormal.logLikelihood(sample) - golden.lognormal[2]) < 5e-2)
    if !fits.lognormal.isAtBound {
      #expect(close(fits.lognormal.mu, golden.lognormal[0], 1e-4))
      #expect(close(fits.lognormal.sigma, golden.lognormal[1], 1e-4))
      #expect(abs(fits.lognormal.logLikelihood(sample) - golden.lognormal[2]) < 1e-6)
    }
  }

  @Test(arguments: GoldenFit.all + GoldenFit.allWithMaximum)
  func likelihoodRatios(golden: GoldenFit) throws {
    let (sample, fits) = try comparison(golden)
    let expected = try #require(golden.tests["tpl_pl"])
    #expect(abs(fits.truncation.normalized - expected[0]) < 0.005)
    #expect(abs(fits.truncation.pValue - expected[1]) < 0.005)
    var densities = ["exp": fits.exponential.logDensities(sample)]
    // At a bound the two programs stop at different ones.
    if !fits.stretchedExponential.isAtBound, golden.stretched[0] < 1e80 {
      densities["sexp"] = fits.stretchedExponential.logDensities(sample)
    }
    if !fits.lognormal.isAtBound { densities["logn"] = fits.lognormal.logDensities(sample) }
    let bases = [
      "pl": fits.powerLaw.logDensities(sample), "tpl": fits.truncatedPowerLaw.logDensities(sample),
    ]
    for (base, first) in bases {
      for (alternative, second) in densities {
        let ratio = LikelihoodRatio(first, second)
        let other = try #require(golden.tests["\(base)_\(alternative)"])
        #expect(abs(ratio.normalized - other[0]) < 0.005, "\(base) against \(alternative)")
        #expect(abs(ratio.pValue - other[1]) < 0.005, "\(base) against \(alternative)")
      }
    }
  }
}
