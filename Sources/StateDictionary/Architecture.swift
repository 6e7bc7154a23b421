/// What a configuration beside the weights says about a transformer: the numbers that no shape tells.
public struct Architecture: Sendable {
  /// How the rows of a fused query, key and value matrix follow one another.
  public enum FusedAttention: Sendable {
    /// All queries, all keys, all values.
    case concatenated
    /// Query, key and value of the first head, then of the second, …
    case byHead
    /// The queries that share a key and a value, then these two; then the next group.
    case byKeyValueHead
  }

  /// How the rows of a fused gate and up projection follow one another.
  public enum FusedGate: Sendable {
    /// All gates, then all of the up projection.
    case concatenated
    /// One of each in turn.
    case interleaved
  }

  /// The family's name: `gpt2`, `llama`.
  public var family: String
  /// Width of the residual stream.
  public var width: Int?
  public var headCount: Int?
  /// Heads that keys and values have; fewer than `headCount` where queries share them.
  public var keyValueHeadCount: Int?
  public var headWidth: Int?
  public var expertCount: Int?
  /// `nil` if the family is not known to fuse its projections, or not known how.
  public var fusedAttention: FusedAttention?
  public var fusedGate: FusedGate?
  /// Whether the family's `c_…` matrices are `[input, output]`.
  public var hasInputFirstMatrices = false

  public init(family: String) { self.family = family }
}
