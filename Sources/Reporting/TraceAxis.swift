/// Where checkpoints stand in the figures of a trace, and what that is called.
public struct TraceAxis: Sendable {
  public enum Placement: String, Sendable, CaseIterable {
    /// In their order, at equal distances.
    case order
    /// At their steps; a checkpoint without one is not drawn.
    case linear
    /// At the logarithms of their steps; a checkpoint without one, or at step 0, is not drawn.
    case log
  }

  public var placement: Placement
  /// What the steps count, such as `batch size`; `nil` for what the names of the checkpoints say.
  public var title: String?

  public init(_ placement: Placement = .order, title: String? = nil) {
    self.placement = placement
    self.title = title
  }
}
