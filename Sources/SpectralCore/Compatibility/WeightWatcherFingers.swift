/// `fix_fingers='clip_xmax'` of WeightWatcher 0.7.7: its power law without the largest eigenvalues that raise α.
///
/// Two to nine are tried, never one; the first number that lowers α by more than 1 is taken, unless α is up to 2
/// anyway. `FingerClipping` is the one to use.
public struct WeightWatcherFingers: Sendable, Equatable {
  /// The fit of what is left.
  public let fit: WeightWatcherPowerLaw
  /// How many were left out; that tool's `num_fingers` is one less.
  public let clippedCount: Int
  /// α of all eigenvalues.
  public let rawAlpha: Double

  /// - Parameter eigenvalues: ascending.
  /// - Returns: `nil` without a power law.
  public init?(_ eigenvalues: [Double]) {
    guard let raw = WeightWatcherPowerLaw(eigenvalues) else { return nil }
    rawAlpha = raw.alpha
    for count in 2...9 where raw.alpha > 2 {
      guard let fit = WeightWatcherPowerLaw(eigenvalues.dropLast(count)) else { break }
      guard fit.alpha + 1 < raw.alpha else { continue }
      self.fit = fit
      clippedCount = count
      return
    }
    fit = raw
    clippedCount = 0
  }
}
