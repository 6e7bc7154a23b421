import Foundation
import SpectralCore
import TestSupport
import Testing

/// The data sets of Clauset, Shalizi & Newman that are fitted as continuous, with the fits of powerlaw 1.5.
///
/// Its simplex search ends early, and its lognormals of power-law data are of no account.
@Suite(.enabled(if: Fixtures.shared("golden/powerlaw/powerlaw_15_reference.json") != nil))
struct PublishedFitTests {
  private static func load(_ name: String) throws -> (values: [Double], expected: [String: Any]) {
    let folder = try #require(Fixtures.shared("golden/powerlaw"))
    let text = String(decoding: try Fixtures.read("\(folder)/\(name).txt"), as: UTF8.self)
    let json = try JSONSerialization.jsonObject(with: Data(Fixtures.read(folder + "/powerlaw_15_reference.json")))
    let expected = try #require((json as? [String: Any])?[name] as? [String: Any])
    return (text.split(whereSeparator: \.isNewline).compactMap { Double($0) }.map { $0 / 1e3 }.sorted(), expected)
  }

  @Test(arguments: ["blackouts", "cities", "flares"])
  func theFitAgrees(name: String) throws {
    let (values, expected) = try Self.load(name)
    func number(_ keys: String...) -> Double {
      let entry = keys.count == 1 ? expected : expected[keys[0]] as? [String: Any]
      return (entry?[keys[keys.count - 1]] as? NSNumber)?.doubleValue ?? .nan
    }
    // Flares were not scaled.
    let scale = values.count == 12773 ? 1e3 : 1
    let fit = try #require(PowerLawFit(values.map { $0 * scale }))
    #expect(Double(values.count) == number("n") && Double(fit.tailCount) == number("n_tail"))
    #expect(close(fit.alpha, number("alpha"), 1e-10))
    #expect(close(fit.xmin, number("xmin"), 1e-12))
    #expect(close(fit.distance, number("D"), 1e-10))
    #expect(close(fit.sigma, number("sigma"), 1e-10))
    let sample = try #require(TailSample(values.map { $0 * scale }, xmin: fit.xmin))
    let comparison = TailComparison(sample)
    let powerLaw = comparison.powerLaw.logDensities(sample)
    let exponential = LikelihoodRatio(powerLaw, comparison.exponential.logDensities(sample))
    #expect(close(comparison.exponential.rate, number("exponential", "parameter1"), 2e-3))
    #expect(abs(exponential.normalized - number("exponential", "R")) < 0.005)
    #expect(abs(exponential.pValue - number("exponential", "p")) < 0.005)
    #expect(abs(comparison.truncation.normalized + number("truncated_power_law", "R")) < 0.005)
    #expect(abs(comparison.truncation.pValue - number("truncated_power_law", "p")) < 0.005)
    #expect(abs(comparison.truncatedPowerLaw.alpha - number("truncated_power_law", "parameter1")) < 1e-3)
    let cutoff = comparison.truncatedPowerLaw.rate
    #expect(close(cutoff, number("truncated_power_law", "parameter2"), 0.02))
    let stretched = LikelihoodRatio(powerLaw, comparison.stretchedExponential.logDensities(sample))
    #expect(stretched.normalized <= number("stretched_exponential", "R") + 0.005)
    // The lognormals of the other two end at a bound.
    guard name == "blackouts" else { return }
    let lognormal = LikelihoodRatio(powerLaw, comparison.lognormal.logDensities(sample))
    #expect(abs(lognormal.normalized - number("lognormal", "R")) < 0.005)
    #expect(abs(lognormal.pValue - number("lognormal", "p")) < 0.005)
    #expect(abs(comparison.lognormal.mu - number("lognormal", "parameter1")) < 0.01)
    #expect(close(comparison.lognormal.sigma, number("lognormal", "parameter2"), 1e-3))
  }

  /// 2753 surnames with 152 numbers of bearers: each of equal values is a step of its own, as in the authors' program;
  /// the package counts them as one.
  @Test func equalValuesAreStepsEach() throws {
    let fit = try #require(PowerLawFit(Self.load("surnames").values))
    #expect(close(fit.alpha, 2.4932453207323353, 1e-11))
    #expect(close(fit.xmin, 111.919, 1e-14))
    #expect(close(fit.distance, 0.04077016010035278, 1e-11))
    #expect(fit.tailCount == 239)
  }
}

/// What is known of α for matrices of independent entries with tails u^−μ.
@Suite struct HeavyEntryTests {
  /// Mean and deviation of single draws, 500×500 one-sided Pareto.
  @Test(arguments: [(0.5, 1.20, 0.05), (1, 1.49, 0.05), (1.5, 1.88, 0.11), (2, 2.34, 0.13), (3, 3.02, 0.13)])
  func oneSided(mu: Double, alpha: Double, deviation: Double) throws {
    let values = try RandomMatrix.lomax(seed: 91, rows: 500, columns: 500, mu: mu).eigenvalues()
    #expect(abs(try #require(PowerLawFit(values)).alpha - alpha) < 3.5 * deviation)
  }

  /// α = 1 + μ/2 where the entries have no variance; λmax is the square of the largest entry.
  @Test(arguments: [(1.0, 1.51, 0.06, 1.003), (1.5, 1.84, 0.06, 1.017)])
  func symmetric(mu: Double, alpha: Double, deviation: Double, ratio: Double) throws {
    let matrix = RandomMatrix.symmetricPareto(seed: 92, rows: 1000, columns: 500, mu: mu)
    let values = try matrix.eigenvalues()
    let largest = matrix.values.reduce(0) { max($0, $1 * $1) }
    #expect(abs(try #require(PowerLawFit(values)).alpha - alpha) < 3.5 * deviation)
    #expect(abs(try #require(values.last) / largest / ratio - 1) < 0.05)
  }
}

@Suite struct HillExponentTests {
  /// 1 + 1/E ln(x/median) over the upper half of the Marchenko–Pastur law.
  @Test(arguments: [(500, 2.122), (1000, 2.706), (2000, 3.455), (5000, 4.873)])
  func noiseHasOneToo(rows: Int, expected: Double) throws {
    let values = try RandomMatrix.gaussian(seed: 93, rows: rows, columns: 500).eigenvalues()
    #expect(abs(try #require(hillExponent(values)) - expected) < 0.04)
  }

  @Test func smallSpectra() throws {
    #expect(close(try #require(hillExponent([1, 2, 4])), 1 + 1 / log(2), 1e-14))
    #expect(close(try #require(hillExponent([1, 3])), 1 + 1 / log(1.5), 1e-14))
    for values in [[], [1], [2, 2], [0, 0, 1], [0, 0, 0, 1]] as [[Double]] { #expect(hillExponent(values) == nil) }
  }
}
