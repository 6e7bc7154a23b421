import Glibc

/// How far the tail of a sample lies from a power law that begins at its first value.
///
/// The deviation at a rank is |F(x) − rank/n|. Both terms grow with the rank, so
/// that their values at two ranks bound the deviation at every rank between: the
/// largest of all is found, exactly, without looking at most of them.
struct TailDeviation: ~Escapable {
  /// Of the law.
  let alpha: Double
  /// ln x of the whole sample, ascending.
  private let logarithms: Span<Double>
  /// Position of the tail's first value.
  private let start: Int
  private let count: Int
  /// 1 − α.
  private let exponent: Double
  /// 1 over the share of the law that lies below the maximum.
  private let scale: Double

  /// - Parameters:
  ///   - logarithms: ln x, ascending.
  ///   - maximum: ln xmax, where the law ends.
  /// - Returns: `nil` if the law has nothing between its beginning and its end.
  @_lifetime(copy logarithms)
  init?(_ logarithms: Span<Double>, from start: Int, alpha: Double, maximum: Double?) {
    let exponent = 1 - alpha
    let scale = if let maximum { -1 / expm1(exponent * (maximum - logarithms[start])) } else { 1.0 }
    guard scale > 0, scale.isFinite else { return nil }
    self.alpha = alpha
    self.logarithms = logarithms
    self.start = start
    self.exponent = exponent
    self.scale = scale
    count = logarithms.count - start
  }

  /// The largest deviation, or `nil` if it is not below `bound`.
  ///
  /// - Parameter suspects: positions that are looked at first; the one that settles it is added to them.
  func largest(below bound: Double, suspects: inout Suspects) -> Double? {
    var largest = Largest(bound: bound)
    return search(&largest, &suspects) ? largest.value : nil
  }

  /// Whether every deviation is below `bound`: found with fewer looks than how large the largest is.
  ///
  /// - Parameter suspects: as above.
  func isBelow(_ bound: Double, suspects: inout Suspects) -> Bool {
    var largest = Largest(bound: bound, value: bound.nextDown)
    return search(&largest, &suspects)
  }

  /// Looks wherever the deviation may be larger than the largest so far; `false` once it is not below the bound.
  private func search(_ largest: inout Largest, _ suspects: inout Suspects) -> Bool {
    for index in suspects.positions.indices where suspects.positions[index] >= start {
      guard look(at: suspects.positions[index] - start, &largest) != nil else {
        suspects.promote(index)
        return false
      }
    }
    var models = PartModels(repeating: 0)
    let parts = min(models.count, max(count / 8, 1))
    for part in 1...parts {
      let rank = (count - 1) * part / parts
      guard let model = look(at: rank, &largest) else {
        suspects.add(start + rank)
        return false
      }
      models[part - 1] = model
    }
    var low = (rank: 0, model: 0.0)
    for part in 1...parts {
      let high = ((count - 1) * part / parts, models[part - 1])
      guard search(between: low, and: high, &largest) else {
        suspects.add(start + largest.rank)
        return false
      }
      low = high
    }
    if largest.rank > 0 { suspects.add(start + largest.rank) }
    return true
  }

  /// The largest deviation so far.
  private struct Largest {
    /// What it must stay below.
    let bound: Double
    var value = 0.0
    var rank = 0
  }

  /// F at a rank. Its error counts beside 1, not beside itself: `expm1` would only be slower.
  private func model(_ rank: Int) -> Double {
    (1 - exp(exponent * (logarithms[start + rank] - logarithms[start]))) * scale
  }

  /// F at a rank, or `nil` if the deviation there is not below the bound.
  private func look(at rank: Int, _ largest: inout Largest) -> Double? {
    let model = model(rank)
    let deviation = abs(model - Double(rank) * (1 / Double(count)))
    if deviation > largest.value { (largest.value, largest.rank) = (deviation, rank) }
    return deviation < largest.bound ? model : nil
  }

  /// Looks wherever between two ranks the deviation may be larger than the largest so far; `false` once at the bound.
  private func search(
    between low: (rank: Int, model: Double), and high: (rank: Int, model: Double), _ largest: inout Largest
  ) -> Bool {
    guard high.rank - low.rank > 1 else { return true }
    let above = high.model - Double(low.rank + 1) / Double(count)
    let below = Double(high.rank - 1) / Double(count) - low.model
    guard max(above, below) + TailDeviation.rounding * scale > largest.value else { return true }
    let middle = (low.rank + high.rank) / 2
    guard let model = look(at: middle, &largest) else { return false }
    return search(between: low, and: (middle, model), &largest) && search(between: (middle, model), and: high, &largest)
  }

  /// F at the ends of the parts of equal numbers of ranks into which a long tail is divided, which are searched one by one.
  private typealias PartModels = InlineArray<24, Double>
  /// More than rounding makes of a growing function.
  private static let rounding = 1e-14
}

extension TailDeviation {
  /// Positions of a sample where the deviations of candidates were largest of late: those of the next often are there as well.
  struct Suspects {
    fileprivate var positions: [Int] = []
    /// Whose place the next one takes.
    private var oldest = 0

    private static let capacity = 8

    init() { positions.reserveCapacity(Suspects.capacity) }

    fileprivate mutating func add(_ position: Int) {
      if let index = positions.firstIndex(of: position) { return promote(index) }
      if positions.count < Suspects.capacity { return positions.append(position) }
      positions[oldest] = position
      oldest = (oldest + 1) % Suspects.capacity
    }

    /// To be looked at first.
    fileprivate mutating func promote(_ index: Int) { positions.swapAt(index, 0) }
  }
}
