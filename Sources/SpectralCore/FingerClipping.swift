/// A power-law fit without the few largest eigenvalues that spoil it.
///
/// A finite sample may have one or a few outlying largest values ("fingers")
/// that make the fitted α far too large. They are taken away one at a time,
/// until α has fallen by the threshold. If it never does, nothing is taken away.
public struct FingerClipping: Sendable, Equatable {
  /// The fit of what is left.
  public let fit: PowerLawFit
  /// How many of the largest values were taken away.
  public let clippedCount: Int
  /// α with all values.
  public let rawAlpha: Double

  /// An α up to here needs no clipping.
  public static let credibleAlpha = 2.0

  /// - Parameters:
  ///   - values: ascending and positive.
  ///   - maximum: at most so many are taken away.
  ///   - threshold: how far α has to fall.
  /// - Returns: `nil` if the values have no fit.
  public init?(_ values: [Double], maximum: Int = 10, threshold: Double = 1) {
    guard let raw = PowerLawFit(values) else { return nil }
    rawAlpha = raw.alpha
    let limit = raw.alpha > FingerClipping.credibleAlpha ? min(maximum, values.count - 2) : 0
    for clipped in 0..<max(limit, 0) {
      guard let fit = PowerLawFit(values.dropLast(clipped + 1)) else { break }
      if fit.alpha <= raw.alpha - threshold {
        self.fit = fit
        clippedCount = clipped + 1
        return
      }
    }
    fit = raw
    clippedCount = 0
  }
}
