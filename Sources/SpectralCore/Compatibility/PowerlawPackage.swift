import Glibc

/// How the Python package powerlaw 1.5, which WeightWatcher calls for some of its options, fits a tail.
public struct PowerlawPackage: Sendable, Equatable {
  /// Whether the law is x^−α e^(−Λx), `truncated_power_law`.
  public var isTruncated = false
  /// Whether the distribution function, but not the likelihood, ends at the largest value: `xmax`.
  public var isCutOff = false
  /// Where xmin may be; anywhere if `nil`.
  public var range: ClosedRange<Double>?

  public init() {}

  /// The fit of one candidate.
  struct Candidate {
    let start: Int
    let alpha: Double
    /// Λ of the truncated law.
    let rate: Double?
    let distance: Double
  }

  /// The candidate of smallest distance, the first of equal ones.
  ///
  /// - Parameter values: ascending and positive.
  func best(_ values: [Double]) -> Candidate? {
    var tail = Tail(values)
    var starts = values.indices.filter { index in
      (index == 0 || values[index] != values[index - 1]) && range?.contains(values[index]) ?? true
    }
    // One value alone has no spread, and of a range the last is left out as well.
    _ = starts.popLast()
    var best: Candidate?
    for start in starts {
      tail.start = start
      let bound = best?.distance ?? .infinity
      if let candidate = isTruncated ? truncated(tail, below: bound) : pure(tail, below: bound) { best = candidate }
    }
    return best
  }

  private func pure(_ tail: Tail, below bound: Double) -> Candidate? {
    let alpha = tail.alpha
    guard alpha > 1, alpha.isFinite else { return nil }
    func cumulative(_ value: Double) -> Double { -expm1((1 - alpha) * log(value / tail.xmin)) }
    let share = isCutOff ? cumulative(tail.largest) : 1
    return tail.distance(below: bound) { cumulative($0) / share }.map {
      Candidate(start: tail.start, alpha: alpha, rate: nil, distance: $0)
    }
  }

  /// The simplex search begins at the power law with a cut-off at the mean; outside α > 1, Λ > 0 it finds a wall.
  private func truncated(_ tail: Tail, below bound: Double) -> Candidate? {
    guard tail.alpha.isFinite else { return nil }
    let found = simplexMinimum([tail.alpha, tail.count / tail.sum]) { point in
      let (alpha, rate) = (point[0], point[1])
      guard alpha > 1, rate > 0 else { return -tail.count * log(PowerlawPackage.wall) }
      let norm = (alpha - 1) * log(tail.xmin) + rate * tail.xmin - log(scaledUpperGamma(1 - alpha, rate * tail.xmin))
      let value = alpha * tail.sumOfLogarithms + rate * tail.sum - tail.count * norm
      return value.isNaN ? .infinity : value
    }
    let (alpha, rate) = (found[0], found[1])
    guard alpha > 1, rate > 0 else { return nil }
    /// What lies above, times a constant; as a difference from one it loses its digits where there is little.
    func cumulative(_ value: Double) -> Double {
      1 - pow(value, 1 - alpha) * exp(-rate * value) * scaledUpperGamma(1 - alpha, rate * value)
    }
    let origin = cumulative(tail.xmin)
    let share = isCutOff ? cumulative(tail.largest) - origin : 1 - origin
    return tail.distance(below: bound) { origin == 1 ? 1 : (cumulative($0) - origin) / share }.map {
      Candidate(start: tail.start, alpha: alpha, rate: rate, distance: $0)
    }
  }

  /// The density that it takes where there is none.
  private static let wall = 1e-307
}

/// The values from one candidate on, and their sums.
private struct Tail {
  private let values: [Double]
  /// Σ x and Σ ln x from each value to the end.
  private let sums: [(plain: Double, logarithms: Double)]
  var start = 0

  init(_ values: [Double]) {
    self.values = values
    var sums: [(plain: Double, logarithms: Double)] = []
    for value in values.reversed() {
      let last = sums.last ?? (0, 0)
      sums.append((last.plain + value, last.logarithms + log(value)))
    }
    self.sums = sums.reversed()
  }

  var xmin: Double { values[start] }
  var largest: Double { values[values.count - 1] }
  var count: Double { Double(values.count - start) }
  var sum: Double { sums[start].plain }
  var sumOfLogarithms: Double { sums[start].logarithms }
  /// That of the power law.
  var alpha: Double { 1 + count / (sumOfLogarithms - count * log(xmin)) }

  /// The largest difference from the shares of smaller values, equal values being one step;
  /// `nil` if it is not below `bound`, or no number.
  func distance(below bound: Double, from cumulative: (Double) -> Double) -> Double? {
    var largest = 0.0
    for index in start..<values.count where index == start || values[index] != values[index - 1] {
      let deviation = abs(cumulative(values[index]) - Double(index - start) / count)
      guard deviation < bound else { return nil }
      largest = max(largest, deviation)
    }
    return largest
  }
}
