/// What happened so far, for a progress display.
public struct AnalysisProgress: Sendable {
  public var finished: Int
  public var total: Int
  /// The layer that has just been finished.
  public var layer: String
  /// Bytes of the weights that are finished and of all of them; `nil` where they are not counted.
  public var byteCount: Int?
  public var totalByteCount: Int?
  /// How much of the work is done by its floating-point operations, from 0 to 1; `nil` where that is not known.
  public var share: Double?
  /// Since the beginning.
  public var elapsed: Duration = .zero

  public init(finished: Int, total: Int, layer: String) {
    self.finished = finished
    self.total = total
    self.layer = layer
  }

  /// What is left at the speed so far, in seconds; `nil` where nothing can be said yet.
  public var remainingSeconds: Double? {
    guard let share, share > 0 else { return nil }
    return elapsed / .seconds(1) * (1 - share) / share
  }
}
