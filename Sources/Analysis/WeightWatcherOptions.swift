import SpectralCore

/// Options of WeightWatcher 0.7.7 that change its numbers, by that tool's names.
///
/// `pool=False`, `vectors=True` and `randomize=True` are options of our own analysis.
public struct WeightWatcherOptions: Sendable, Equatable {
  /// `xmax`: the largest eigenvalue that the power law knows of.
  public enum Maximum: Sendable, Equatable {
    case none
    /// `-k`: the k largest are left out.
    case leavingOut(Int)
    /// `force`: the distribution function ends at the largest.
    case forced
  }

  /// `fix_fingers`: what is done about the few largest eigenvalues that spoil a power law.
  public enum Fingers: Sendable {
    case none
    /// `clip_xmax`: as many are left out as lower α by one.
    case clipped
    /// `xmin_peak`: xmin is kept below the peak of the spectrum.
    case peak
  }

  /// `fit`: the law of the tail.
  public enum Law: Sendable {
    case powerLaw
    /// `TPL`: with an exponential cut-off.
    case truncated
    /// `E_TPL`: the truncated law, with xmin below the peak of the spectrum.
    case extended
  }

  /// `conv2d_norm`: whether the eigenvalues of 2-D convolutions are halved.
  public var normalizesConvolutions = true
  /// `inverse`: whether the spectrum is that of 1/λ.
  public var isInverse = false
  public var maximum = Maximum.none
  public var fingers = Fingers.none
  /// `xmin_max`: where xmin ends under `xmin_peak`; `nil`: half beyond the peak.
  public var largestXmin: Double?
  public var law = Law.powerLaw
  /// `pl_package='powerlaw'`: whether the fit is that of the package powerlaw 1.5.
  public var usesPackage = false

  public init() {}

  /// What `set` takes.
  public static let choices = [
    "conv2d_norm=False", "inverse=True", "xmax=-K", "xmax=force", "fix_fingers=clip_xmax", "fix_fingers=xmin_peak",
    "xmin_max=X", "pl_package=powerlaw", "fit=TPL", "fit=E_TPL",
  ]

  /// Sets an option as one would in that tool, such as `fix_fingers=clip_xmax`.
  ///
  /// - Returns: `false`, and nothing is set, if it is none of `choices`.
  public mutating func set(_ text: String) -> Bool {
    switch text {
    case "conv2d_norm=False": normalizesConvolutions = false
    case "inverse=True": isInverse = true
    case "xmax=force": maximum = .forced
    case "fix_fingers=clip_xmax": fingers = .clipped
    case "fix_fingers=xmin_peak": fingers = .peak
    case "pl_package=powerlaw": usesPackage = true
    case "fit=TPL": law = .truncated
    case "fit=E_TPL": law = .extended
    default: return setNumber(text)
    }
    return true
  }

  private mutating func setNumber(_ text: String) -> Bool {
    if text.hasPrefix("xmax="), let count = Int(text.dropFirst(5)), count < 0, count > Int.min {
      maximum = .leavingOut(-count)
      return true
    }
    if text.hasPrefix("xmin_max="), let value = Double(text.dropFirst(9)), value > 0, value.isFinite {
      largestXmin = value
      return true
    }
    return false
  }

  /// Which options do not go together, in that tool or here; `nil` if all do.
  public var conflict: String? {
    let startsAtPeak = fingers == .peak || law == .extended
    if fingers == .clipped, needsPackage { return "fix_fingers=clip_xmax is for its own power law" }
    if fingers != .none, case .leavingOut = maximum { return "fix_fingers does not go with xmax=-K" }
    if largestXmin != nil, !startsAtPeak { return "xmin_max is for fix_fingers=xmin_peak" }
    return nil
  }

  /// Some options are those of the package alone, whether `pl_package` says so or not.
  private var needsPackage: Bool { usesPackage || maximum == .forced || fingers == .peak || law != .powerLaw }

  /// How many of the largest eigenvalues the power law leaves out, whatever their values.
  var leftOutCount: Int {
    if case .leavingOut(let count) = maximum { return count }
    return 0
  }

  /// What the column `xmax` says of ascending eigenvalues.
  func largest(_ values: [Double]) -> Double? {
    needsPackage ? (maximum == .forced ? values.last : nil) : values.dropLast(leftOutCount).last
  }

  /// The power law of ascending eigenvalues, if nothing is clipped.
  func powerLaw(_ values: [Double]) -> WeightWatcherPowerLaw? {
    let values: [Double] = values.dropLast(leftOutCount)
    guard needsPackage else { return WeightWatcherPowerLaw(values) }
    var package = PowerlawPackage()
    package.isTruncated = law != .powerLaw
    package.isCutOff = maximum == .forced
    if fingers == .peak || law == .extended {
      guard let range = WeightWatcherPowerLaw.peakRange(values, largest: largestXmin) else { return nil }
      package.range = range
    }
    return WeightWatcherPowerLaw(values, package: package)
  }
}
