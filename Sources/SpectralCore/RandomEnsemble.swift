import Glibc

/// A recipe for random matrices: what the theory is about, to be looked at.
public enum RandomEnsemble: Sendable, Equatable {
  /// Independent normal entries.
  case gaussian
  /// Independent entries, uniform about 0.
  case uniform
  /// Independent one-sided entries with P(w > t) ~ t^−μ; NumPy calls them Pareto.
  case lomax(mu: Double)
  /// Independent entries ± Pareto with P(|w| > t) ~ t^−μ.
  case symmetricPareto(mu: Double)
  /// Independent entries of Student's t distribution; its degrees of freedom are μ.
  case studentT(degreesOfFreedom: Int)
  /// Noise and signals in random directions, of strengths κ: a signal shows above 1.
  case spiked(strengths: [Double])
  /// Noise and `rank` signals in random directions, whose strengths κ follow a power law from below the threshold on.
  case decayingSpikes(rank: Int)
  /// Noise with a covariance in random directions whose eigenvalues follow a power law: a spectrum with density
  /// exponent `alpha`, also once all norms are equal.
  case powerLawCovariance(alpha: Double)
  /// A product of two thin Gaussian matrices.
  case lowRank(rank: Int)
  /// Noise whose columns have lognormal norms: heavy-tailed to look at, and noise again once they are equal.
  case unequalNorms(deviation: Double)
  /// Noise with `count` entries that are far too large: spikes that random order does not remove.
  case traps(count: Int)

  /// The strength κ of each entry that is far too large.
  public static let trapStrength = 6.0
  /// Tail exponent of the strengths of `decayingSpikes`, their smallest value and their largest.
  private static let decay = (exponent: 2.0, smallest: 0.8, largest: 200.0)

  /// A matrix with standard entries: of variance 1, where the ensemble has one, before signals are added.
  ///
  /// The same numbers for the same arguments, everywhere.
  /// - Precondition: no more signals, traps or ranks than rows or columns.
  public func matrix(seed: UInt64, rows: Int, columns: Int) -> RandomMatrix {
    switch self {
    case .gaussian: return .gaussian(seed: seed, rows: rows, columns: columns)
    case .uniform: return .uniform(seed: seed, rows: rows, columns: columns)
    case .lomax(let mu): return .lomax(seed: seed, rows: rows, columns: columns, mu: mu)
    case .symmetricPareto(let mu): return .symmetricPareto(seed: seed, rows: rows, columns: columns, mu: mu)
    case .studentT(let degrees):
      return .studentT(seed: seed, rows: rows, columns: columns, degreesOfFreedom: degrees)
    case .spiked(let strengths): return RandomEnsemble.signals(strengths, seed, rows, columns)
    case .decayingSpikes(let rank): return RandomEnsemble.signals(RandomEnsemble.decaying(rank), seed, rows, columns)
    case .powerLawCovariance(let alpha):
      return .powerLawCovariance(seed: seed, rows: rows, columns: columns, alpha: alpha)
    case .lowRank(let rank): return .lowRank(seed: seed, rows: rows, columns: columns, rank: rank)
    case .unequalNorms(let deviation):
      var random = PortableRandom(seed: seed)
      let factors = random.normals(columns).map { exp(deviation * $0) }
      return RandomMatrix.gaussian(seed: random.next(), rows: rows, columns: columns).scalingColumns(by: factors)
    case .traps(let count):
      // h of `spiked` counts rows where κ counts both sides alike.
      let strength = RandomEnsemble.trapStrength * (Double(columns) / Double(rows)).squareRoot()
      return .spiked(
        seed: seed, rows: rows, columns: columns, strengths: [Double](repeating: strength, count: count))
    }
  }

  /// Noise and signals of ‖Δ‖₂ = (κ·√(NM))^½ each.
  private static func signals(_ strengths: [Double], _ seed: UInt64, _ rows: Int, _ columns: Int) -> RandomMatrix {
    var random = PortableRandom(seed: seed)
    var result = RandomMatrix(rows: rows, columns: columns, values: random.normals(rows * columns))
    let threshold = (Double(rows) * Double(columns)).squareRoot()
    result.addSignals(strengths.map { ($0 * threshold).squareRoot() }, using: &random)
    return result
  }

  /// Quantiles of a power law.
  private static func decaying(_ rank: Int) -> [Double] {
    (0..<rank).map { index in
      min(decay.smallest * pow((Double(index) + 0.5) / Double(rank), -1 / decay.exponent), decay.largest)
    }
  }
}

extension RandomEnsemble {
  /// An ensemble with the phase that it shows.
  public struct Example: Sendable, Equatable {
    public let name: String
    public let ensemble: RandomEnsemble
    /// From M = 200 on and for Q up to 4, as far as anything is certain about random matrices.
    public let phase: Phase
  }

  /// At least one of each ensemble and of each phase, for matrices with `columns` ≤ rows.
  public static func examples(columns: Int) -> [Example] {
    [
      Example(name: "gaussian", ensemble: .gaussian, phase: .randomLike),
      Example(name: "uniform", ensemble: .uniform, phase: .randomLike),
      Example(name: "hidden-spikes", ensemble: .spiked(strengths: [0.3, 0.5, 0.7]), phase: .randomLike),
      Example(name: "edge-spikes", ensemble: .spiked(strengths: [1.55, 1.6, 1.65, 1.7]), phase: .bleedingOut),
      Example(name: "spiked", ensemble: .spiked(strengths: [4, 6, 10]), phase: .bulkPlusSpikes),
      Example(name: "traps", ensemble: .traps(count: 5), phase: .bulkPlusSpikes),
      Example(name: "decaying-spikes", ensemble: .decayingSpikes(rank: max(columns / 4, 1)), phase: .bulkDecay),
      Example(name: "power-law-covariance", ensemble: .powerLawCovariance(alpha: 2.5), phase: .heavyTailed),
      Example(name: "lomax", ensemble: .lomax(mu: 2.5), phase: .heavyTailed),
      Example(name: "symmetric-pareto", ensemble: .symmetricPareto(mu: 1.5), phase: .heavyTailed),
      Example(name: "student-t", ensemble: .studentT(degreesOfFreedom: 2), phase: .heavyTailed),
      Example(name: "unequal-norms", ensemble: .unequalNorms(deviation: 0.4), phase: .heavyTailed),
      Example(name: "low-rank", ensemble: .lowRank(rank: max(columns / 2, 1)), phase: .rankCollapse),
    ]
  }
}
