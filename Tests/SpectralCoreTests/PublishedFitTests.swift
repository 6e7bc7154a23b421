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
  /// α of a size and a generator, mean and deviation of single draws for these μ.
  struct Row: Sendable, CustomTestStringConvertible {
    let rows: Int
    let columns: Int
    let generator: String
    let alphas: [(mu: Double, alpha: Double, deviation: Double)]
    var testDescription: String { "\(generator) \(rows)×\(columns)" }

    init(_ rows: Int, _ columns: Int, _ generator: String, _ alphas: [(Double, Double, Double)]) {
      (self.rows, self.columns, self.generator) = (rows, columns, generator)
      self.alphas = alphas.map { (mu: $0.0, alpha: $0.1, deviation: $0.2) }
    }

    func matrix(mu: Double, seed: UInt64) -> RandomMatrix {
      switch generator {
      case "symmetric": return .symmetricPareto(seed: seed, rows: rows, columns: columns, mu: mu)
      case "t": return .studentT(seed: seed, rows: rows, columns: columns, degreesOfFreedom: Int(mu))
      default:
        var matrix = RandomMatrix.lomax(seed: seed, rows: rows, columns: columns, mu: mu)
        guard generator == "centred" else { return matrix }
        let mean = matrix.values.reduce(0, +) / Double(rows * columns)
        for index in matrix.values.indices { matrix.values[index] -= mean }
        return matrix
      }
    }
  }

  /// Where no deviation was printed it was below .05. Beyond μ = 3 entries of mean zero have no tail to fit.
  static let table = [
    Row(
      500, 500, "lomax",
      [
        (0.5, 1.20, 0.05), (1, 1.49, 0.05), (1.5, 1.88, 0.11), (2, 2.34, 0.13), (2.5, 2.73, 0.24), (3, 3.02, 0.13),
        (3.5, 3.32, 0.06), (4, 3.48, 0.16), (5, 3.56, 0.08),
      ]),
    Row(
      1000, 300, "lomax",
      [
        (0.5, 1.23, 0.05), (1, 1.47, 0.05), (1.5, 1.88, 0.15), (2, 2.35, 0.11), (2.5, 2.83, 0.25), (3, 3.18, 0.11),
        (3.5, 3.47, 0.22), (4, 3.63, 0.24), (5, 3.70, 0.17),
      ]),
    Row(
      1000, 500, "lomax",
      [
        (0.5, 1.23, 0.05), (1, 1.46, 0.03), (1.5, 1.83, 0.05), (2, 2.31, 0.08), (2.5, 2.90, 0.21), (3, 3.39, 0.16),
        (3.5, 3.49, 0.22), (4, 3.78, 0.18), (5, 3.80, 0.10),
      ]),
    Row(
      300, 100, "lomax",
      [
        (0.5, 1.23, 0.05), (1, 1.52, 0.16), (1.5, 1.97, 0.41), (2, 2.33, 0.36), (2.5, 2.42, 0.21), (3, 2.74, 0.23),
        (3.5, 2.82, 0.21), (4, 2.90, 0.11), (5, 2.95, 0.14),
      ]),
    Row(2000, 1000, "lomax", [(1, 1.49, 0.04), (2, 2.36, 0.05), (3, 3.57, 0.18), (5, 4.56, 0.13)]),
    Row(2000, 1000, "centred", [(1, 1.49, 0.04), (2, 2.41, 0.06), (3, 4.17, 0.36)]),
    Row(2000, 1000, "t", [(1, 1.44, 0.05), (2, 2.46, 0.16), (3, 6.8, 0.5)]),
    Row(2000, 1000, "symmetric", [(1, 1.45, 0.05), (2, 2.67, 0.10)]),
    Row(
      1000, 500, "symmetric",
      [
        (0.5, 1.22, 0.05), (1, 1.51, 0.06), (1.5, 1.84, 0.06), (2, 2.56, 0.05), (2.5, 4.6, 0.6),
      ]),
  ]

  @Test(arguments: table) func publishedExponents(row: Row) throws {
    for (mu, alpha, deviation) in row.alphas {
      let values = try row.matrix(mu: mu, seed: 91).eigenvalues()
      let fit = try #require(PowerLawFit(values))
      #expect(abs(fit.alpha - alpha) < 4 * deviation, "μ = \(mu): \(fit.alpha) for \(alpha)")
    }
  }

  /// λmax over the square of the largest entry, 1000×500: mean and deviation over ten draws. It grows with μ, as noise takes over.
  @Test(arguments: [(2.0, 1.07, 0.056), (2.5, 1.27, 0.18), (3, 1.98, 0.59), (3.5, 4.05, 1.74)])
  func largestEntries(mu: Double, ratio: Double, deviation: Double) throws {
    let matrix = RandomMatrix.symmetricPareto(seed: 93, rows: 1000, columns: 500, mu: mu)
    let largest = matrix.values.reduce(0) { max($0, $1 * $1) }
    let found = try #require(matrix.eigenvalues().last) / largest
    #expect(abs(found - ratio) < 4 * deviation && found >= 1)
  }

  /// Share of eigenvalues 2 % beyond the edge for entries with μ = 3 (variance 3), Q = 2: the tail vanishes as M grows.
  @Test(arguments: [(125, 0.011), (250, 0.011), (500, 0.006)])
  func vanishingTails(columns: Int, share: Double) throws {
    let edge = 3 * MarchenkoPastur(aspectRatio: 2).upperEdge * 1.02 * Double(2 * columns)
    let count = 2000 / columns
    let outliers = try (0..<count).reduce(0) { sum, draw in
      let seed = 300 + UInt64(draw)
      let matrix = RandomMatrix.symmetricPareto(seed: seed, rows: 2 * columns, columns: columns, mu: 3)
      return sum + (try matrix.eigenvalues().count { $0 > edge })
    }
    #expect(abs(Double(outliers) / Double(columns * count) - share) < 0.006)
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
