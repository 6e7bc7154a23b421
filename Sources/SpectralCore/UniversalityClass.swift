/// The universality class of a layer: which ensemble of random matrices its
/// spectrum resembles, by the tail exponent μ of the entries that would give it.
///
/// A manner of speaking: the entries of a trained layer have no heavy tail; its
/// correlations do. And only μ ≤ 2 can be told from α independently of the
/// ensemble: for zero-mean entries and larger μ the bulk is Marchenko–Pastur's,
/// and α ≈ 1.2 μ of the published tables belongs to one-sided (Lomax) entries.
public enum UniversalityClass: String, Sendable, CaseIterable {
  /// No heavy tail: noise, with or without spikes.
  case gaussian = "GAUSSIAN"
  /// μ > 4: finite fourth moment; bulk and edge as of noise.
  case weaklyHeavyTailed = "WEAKLY-HEAVY-TAILED"
  /// 2 < μ ≤ 4: finite variance; the largest eigenvalues are heavy-tailed.
  case moderatelyHeavyTailed = "MODERATELY-HEAVY-TAILED"
  /// μ ≤ 2: infinite variance; the whole spectrum is.
  case veryHeavyTailed = "VERY-HEAVY-TAILED"

  /// The class of entries with this tail exponent.
  public init(mu: Double) {
    if mu <= 2 {
      self = .veryHeavyTailed
    } else if mu <= 4 {
      self = .moderatelyHeavyTailed
    } else {
      self = .weaklyHeavyTailed
    }
  }
}

/// μ from α, by the rule of the published notebooks: 2(α − 1) below α = 2, which is theory
/// (density λ^−(1+μ/2)); 2 up to α = 3; α − 1 above, which is an observation for finite matrices.
public func tailExponent(alpha: Double) -> Double {
  if alpha < 2 { return 2 * (alpha - 1) }
  return alpha <= 3 ? 2 : alpha - 1
}
