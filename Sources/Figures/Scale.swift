import Glibc

/// How the values of an axis become lengths.
public enum Scale: Sendable, Equatable {
  case linear
  /// Equal ratios are equal lengths; only positive values have a place.
  case logarithmic
  /// A name for each of the positions 0, 1, 2, …
  case categories([String])

  /// What grows evenly along the axis; `nil` for a value that has no place on it.
  func position(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    guard self == .logarithmic else { return value }
    return value > 0 ? log10(value) : nil
  }
}

/// One axis of a panel.
public struct Axis: Sendable, Equatable {
  /// What it shows, with its unit or convention.
  public var label: String
  public var scale: Scale
  /// The values at its two ends.
  public var domain: ClosedRange<Double>
  /// Whether only whole numbers have marks.
  public var isOfIntegers = false
  /// Whole numbers that have marks instead of round ones, where all of them find room.
  public var marks: [Double] = []

  /// - Precondition: both ends have a place on the scale, and they differ.
  public init(_ label: String, _ scale: Scale = .linear, _ domain: ClosedRange<Double>) {
    precondition(domain.lowerBound < domain.upperBound, "an axis has a length")
    precondition(scale.position(domain.lowerBound) != nil && domain.upperBound.isFinite, "ends that have a place")
    self.label = label
    self.scale = scale
    self.domain = domain
  }

  /// The axis that shows all `values` and some margin.
  ///
  /// - Parameters:
  ///   - margin: on either side, as a share of the whole.
  ///   - includingZero: whether a linear axis begins or ends at zero, without a margin there, if it would not contain it.
  public init(
    _ label: String, _ scale: Scale = .linear, of values: some Sequence<Double>, margin: Double = 0.04,
    includingZero: Bool = false
  ) {
    let positions = values.compactMap(scale.position)
    var (low, high) = (positions.min() ?? 0, positions.max() ?? 1)
    if includingZero, scale == .linear { (low, high) = (min(low, 0), max(high, 0)) }
    // A single value is in the middle of something.
    if high - low <= 1e-12 * max(abs(low), abs(high)) {
      let half = scale == .logarithmic ? 0.5 : max(abs(low) * 0.1, 0.5)
      (low, high) = (low - half, high + half)
    }
    let extra = (high - low) * margin
    let isAtZero = includingZero && scale == .linear
    (low, high) = (isAtZero && low == 0 ? 0 : low - extra, isAtZero && high == 0 ? 0 : high + extra)
    let ends = scale == .logarithmic ? (max(pow(10, low), 1e-300), min(pow(10, high), 1e300)) : (low, high)
    self.init(label, scale, ends.0...ends.1)
  }

  /// Where a value is, 0 at the beginning and 1 at the end; beyond these outside.
  func share(_ value: Double) -> Double? {
    guard let position = scale.position(value), let start = scale.position(domain.lowerBound),
      let end = scale.position(domain.upperBound)
    else { return nil }
    return (position - start) / (end - start)
  }

  func contains(_ value: Double) -> Bool { share(value).map { (-1e-9...1 + 1e-9).contains($0) } ?? false }
}
