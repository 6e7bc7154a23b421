/// Options of WeightWatcher 0.7.7 that change its numbers, by that tool's names.
///
/// `pool=False`, `vectors=True` and `randomize=True` are options of our own analysis.
public struct WeightWatcherOptions: Sendable, Equatable {
  /// `conv2d_norm`: whether the eigenvalues of 2-D convolutions are halved.
  public var normalizesConvolutions = true
  /// `inverse`: whether the spectrum is that of 1/λ.
  public var isInverse = false
  /// `xmax=-k`: how many of the largest eigenvalues the power law leaves out.
  public var leftOutCount = 0
  /// `fix_fingers='clip_xmax'`: whether it leaves out as many as lower α by one.
  public var clipsFingers = false

  public init() {}

  /// What `set` takes.
  public static let choices = ["conv2d_norm=False", "inverse=True", "xmax=-K", "fix_fingers=clip_xmax"]

  /// Sets an option as one would in that tool, such as `fix_fingers=clip_xmax`.
  ///
  /// - Returns: `false`, and nothing is set, if it is none of `choices`.
  public mutating func set(_ text: String) -> Bool {
    switch text {
    case "conv2d_norm=False": normalizesConvolutions = false
    case "inverse=True": isInverse = true
    case "fix_fingers=clip_xmax": clipsFingers = true
    default:
      guard text.hasPrefix("xmax="), let count = Int(text.dropFirst(5)), count < 0, count > Int.min else {
        return false
      }
      leftOutCount = -count
    }
    return true
  }
}
