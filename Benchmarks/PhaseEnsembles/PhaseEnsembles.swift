import Glibc
public import SpectralCore

/// A random matrix and the phase that its construction gives it.
public struct PhaseExample: Sendable {
  /// `nil` where theory names no phase for matrices of this size.
  public let phase: Phase?
  public let name: String
  public let matrix: RandomMatrix
}

/// Random matrices whose phase is known by construction: the labels that the phase procedure is measured against.
public enum PhaseEnsembles {
  /// One of each ensemble with a known phase, 26 in all.
  ///
  /// - Precondition: rows ≥ columns ≥ 100: smaller ones leave no room for the signals.
  public static func members(rows: Int, columns: Int, seed: UInt64) -> [PhaseExample] {
    var maker = Maker(rows: rows, columns: columns, random: PortableRandom(seed: seed))
    return noise(&maker) + spikes(&maker) + tails(&maker) + collapses(&maker)
  }

  /// Between phases, or of entries whose limit law needs far larger matrices: nothing to be right or wrong about.
  public static func undecided(rows: Int, columns: Int, seed: UInt64) -> [PhaseExample] {
    var maker = Maker(rows: rows, columns: columns, random: PortableRandom(seed: seed))
    let pareto = [2.5, 3, 3.5, 5].map { maker.ensemble(.symmetricPareto(mu: $0), nil, "Pareto \($0)") }
    let lomax = [2.5, 3, 3.5].map { maker.ensemble(.lomax(mu: $0), nil, "Lomax \($0)") }
    let student = [3, 5].map { maker.ensemble(.studentT(degreesOfFreedom: $0), nil, "Student \($0)") }
    return pareto + lomax + student
  }

  private static func noise(_ maker: inout Maker) -> [PhaseExample] {
    [
      maker.ensemble(.gaussian, .randomLike, "Gaussian"),
      maker.ensemble(.uniform, .randomLike, "uniform"),
      PhaseExample(phase: .randomLike, name: "clipped Gaussian", matrix: maker.clipped()),
      maker.spiked(3, from: 0.2, to: 0.7, .randomLike, "hidden spikes"),
      maker.spiked(maker.few(3), from: 1.2, to: 1.6, .bleedingOut, "3 % at the edge"),
      maker.spiked(maker.few(1), from: 1.4, to: 1.9, .bleedingOut, "1 % at the edge"),
    ]
  }

  private static func spikes(_ maker: inout Maker) -> [PhaseExample] {
    [
      maker.spiked(1, from: 4, to: 4, .bulkPlusSpikes, "one spike"),
      maker.spiked(5, from: 3, to: 10, .bulkPlusSpikes, "five spikes"),
      maker.spiked(maker.few(3), from: 3.5, to: 20, .bulkPlusSpikes, "3 % spikes"),
      maker.spiked(2, from: 100, to: 200, .bulkPlusSpikes, "strong spikes"),
    ]
  }

  private static func tails(_ maker: inout Maker) -> [PhaseExample] {
    var examples: [PhaseExample] = []
    for (share, exponent) in [(0.25, 2.0), (0.4, 2.0), (0.3, 1.5)] {
      let matrix = maker.powerLawRank(share: share, exponent: exponent)
      examples.append(PhaseExample(phase: .bulkDecay, name: "power-law rank \(share) \(exponent)", matrix: matrix))
    }
    examples.append(PhaseExample(phase: .bulkDecay, name: "30 % covariance", matrix: maker.partialCovariance()))
    for alpha in [2.0, 2.5, 3.0] {
      let matrix = maker.covariance(alpha)
      examples.append(PhaseExample(phase: .heavyTailed, name: "covariance \(alpha)", matrix: matrix))
    }
    return examples + [1.0, 1.5, 2.0].map { maker.ensemble(.symmetricPareto(mu: $0), .heavyTailed, "Pareto \($0)") }
  }

  private static func collapses(_ maker: inout Maker) -> [PhaseExample] {
    let columns = Double(maker.columns)
    var examples = [0.3, 0.6, 0.9].map {
      maker.ensemble(.lowRank(rank: Int($0 * columns)), .rankCollapse, "rank \($0)")
    }
    let noisy = maker.sum(maker.lowRank(Int(0.7 * columns)), maker.gaussian(), times: 1e-4)
    examples.append(PhaseExample(phase: .rankCollapse, name: "rank 0.7 and noise", matrix: noisy))
    let alive = (0..<maker.columns).map { $0 <= maker.columns / 10 ? 0.0 : 1 }
    let dead = maker.gaussian().scalingColumns(by: alive)
    examples.append(PhaseExample(phase: .rankCollapse, name: "dead units", matrix: dead))
    examples.append(PhaseExample(phase: .rankCollapse, name: "decayed weights", matrix: maker.decayed()))
    return examples
  }
}

/// Builds matrices of one shape.
private struct Maker {
  let rows: Int
  let columns: Int
  var random: PortableRandom

  /// The strength h of a signal at the threshold: its κ is h divided by this.
  private var threshold: Double { (Double(columns) / Double(rows)).squareRoot() }

  /// So many percent of the columns, three at least.
  func few(_ percent: Int) -> Int { max(3, columns * percent / 100) }

  mutating func ensemble(_ ensemble: RandomEnsemble, _ phase: Phase?, _ name: String) -> PhaseExample {
    PhaseExample(phase: phase, name: name, matrix: ensemble.matrix(seed: random.next(), rows: rows, columns: columns))
  }

  mutating func gaussian() -> RandomMatrix { .gaussian(seed: random.next(), rows: rows, columns: columns) }

  mutating func lowRank(_ rank: Int) -> RandomMatrix {
    .lowRank(seed: random.next(), rows: rows, columns: columns, rank: rank)
  }

  /// Normal entries with what is beyond two standard deviations put there.
  mutating func clipped() -> RandomMatrix {
    var matrix = gaussian()
    for index in matrix.values.indices { matrix.values[index] = min(max(matrix.values[index], -2), 2) }
    return matrix
  }

  /// Noise and `count` signals, κ uniform from `low` to `high`.
  mutating func spiked(
    _ count: Int, from low: Double, to high: Double, _ phase: Phase, _ name: String
  ) -> PhaseExample {
    let strengths = (0..<count).map { _ in low + (high - low) * random.uniform() }
    return PhaseExample(phase: phase, name: name, matrix: adding(strengths, to: gaussian()))
  }

  mutating func powerLawRank(share: Double, exponent: Double) -> RandomMatrix {
    let count = Int(share * Double(columns))
    return adding((0..<count).map { _ in min(0.8 * pow(random.uniform(), -1 / exponent), 200) }, to: gaussian())
  }

  mutating func partialCovariance() -> RandomMatrix {
    let count = Int(0.3 * Double(columns))
    let factors = (0..<columns).map { $0 < count ? min(pow(random.uniform(), -1 / 2.5), 50).squareRoot() : 1 }
    return gaussian().scalingColumns(by: factors)
  }

  mutating func covariance(_ alpha: Double) -> RandomMatrix {
    let variances = (0..<columns).map { _ in pow(random.uniform(), -1 / (alpha - 1)) }
    let smallest = variances.min() ?? 1
    return gaussian().scalingColumns(by: variances.map { min($0, 1e4 * smallest).squareRoot() })
  }

  /// What weight decay leaves: a few signals, and noise a hundred times smaller.
  mutating func decayed() -> RandomMatrix {
    let strengths = (0..<max(5, columns * 3 / 100)).map { _ in 1 + 3 * random.uniform() }
    let noise = gaussian().scalingColumns(by: [Double](repeating: 0.01, count: columns))
    return adding(strengths, to: noise)
  }

  func sum(_ matrix: RandomMatrix, _ other: RandomMatrix, times factor: Double) -> RandomMatrix {
    var result = matrix
    for index in result.values.indices { result.values[index] += factor * other.values[index] }
    return result
  }

  /// Signals of strengths κ in random directions, for noise of variance 1.
  private mutating func adding(_ strengths: [Double], to matrix: RandomMatrix) -> RandomMatrix {
    var result = matrix
    result.addSignals(strengths.map { (Double(rows) * threshold * $0).squareRoot() }, using: &random)
    return result
  }
}
