/// The phases of training of Martin & Mahoney (arXiv 1810.01075): five of
/// increasing correlation, and a sixth that training should not reach.
public enum Phase: String, Sendable, CaseIterable {
  /// Indistinguishable from noise.
  case randomLike = "RANDOM-LIKE"
  /// Eigenvalues just above the edge of the noise.
  case bleedingOut = "BLEEDING-OUT"
  /// A bulk of noise and a few eigenvalues well above it.
  case bulkPlusSpikes = "BULK+SPIKES"
  /// Eigenvalues all the way from the edge outwards.
  case bulkDecay = "BULK-DECAY"
  /// No bulk is left: correlations at every scale.
  case heavyTailed = "HEAVY-TAILED"
  /// Many eigenvalues at zero: over-regularised.
  case rankCollapse = "RANK-COLLAPSE"
}
