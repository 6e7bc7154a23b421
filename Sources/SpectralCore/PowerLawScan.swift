import Glibc

/// The search for xmin: all candidates of one sample, each with its exponent and distance.
///
/// A candidate is given up as soon as it is known to be worse than the best so
/// far, which changes no result. Some candidates spread over the sample come
/// first, so that the best so far is soon close to the best of all.
struct PowerLawScan {
  struct Candidate {
    /// Position of xmin in the sample.
    let start: Int
    let alpha: Double
    let distance: Double
  }

  /// ln x, ascending.
  private let logarithms: [Double]
  /// ln xmax, where the model ends.
  private let maximum: Double?
  /// Σ ln x from each position to the end.
  private let sums: [Double]

  init(logarithms: [Double], maximum: Double? = nil) {
    self.logarithms = logarithms
    self.maximum = maximum
    var sums = [Double](repeating: 0, count: logarithms.count)
    var sum = 0.0
    var index = logarithms.count
    while index > 0 {
      index -= 1
      sum += logarithms[index]
      sums[index] = sum
    }
    self.sums = sums
  }

  /// The candidate of smallest distance, the first of equal ones; `nil` if no value differs from the largest.
  func best() -> Candidate? {
    var best: Candidate?
    var suspects = TailDeviation.Suspects()
    _ = isAnyStart { start in
      // An earlier candidate wins at the same distance, a later one does not.
      let bound = best.map { start < $0.start ? $0.distance.nextUp : $0.distance } ?? .infinity
      if let candidate = candidate(at: start, below: bound, &suspects) { best = candidate }
      return false
    }
    return best
  }

  /// Whether some candidate has a distance below `bound`.
  ///
  /// - Parameter end: candidates from here on do not count.
  func reaches(below bound: Double, before end: Int = .max) -> Bool {
    var suspects = TailDeviation.Suspects()
    return isAnyStart { start in
      start < end && isBelow(bound, at: start, &suspects)
    }
  }

  /// Whether a candidate that begins elsewhere has a distance below `bound`.
  func reaches(below bound: Double, otherThan start: Int) -> Bool {
    var suspects = TailDeviation.Suspects()
    return isAnyStart { other in
      other != start && isBelow(bound, at: other, &suspects)
    }
  }

  /// Where a tail may begin, ascending.
  var starts: [Int] { logarithms.indices.filter(isStart) }

  /// The fit to the values from `start` on; `nil` if they have none.
  func candidate(at start: Int) -> Candidate? {
    var suspects = TailDeviation.Suspects()
    return candidate(at: start, below: .infinity, &suspects)
  }

  /// Whether a position is the first of a run of equal values, the run of the largest excepted.
  private func isStart(_ index: Int) -> Bool {
    guard index < logarithms.count, logarithms[index] < logarithms[logarithms.count - 1] else { return false }
    return index == 0 || logarithms[index] != logarithms[index - 1]
  }

  /// Asks of every start, some spread over the sample first, until one says yes.
  private func isAnyStart(_ isWanted: (Int) -> Bool) -> Bool {
    let step = max(Int(Double(logarithms.count).squareRoot()), 1)
    for index in stride(from: 0, to: logarithms.count, by: step) where isStart(index) && isWanted(index) { return true }
    for index in logarithms.indices where isStart(index) && isWanted(index) { return true }
    return false
  }

  private func candidate(at start: Int, below bound: Double, _ suspects: inout TailDeviation.Suspects) -> Candidate? {
    guard let deviation = deviation(at: start) else { return nil }
    guard let distance = deviation.largest(below: bound, suspects: &suspects) else { return nil }
    return Candidate(start: start, alpha: deviation.alpha, distance: distance)
  }

  private func isBelow(_ bound: Double, at start: Int, _ suspects: inout TailDeviation.Suspects) -> Bool {
    guard let deviation = deviation(at: start) else { return false }
    return deviation.isBelow(bound, suspects: &suspects)
  }

  /// How far the values from `start` on are from their law; `nil` if they have none.
  @_lifetime(borrow self)
  private func deviation(at start: Int) -> TailDeviation? {
    let tailCount = logarithms.count - start
    let sum = sums[start] - Double(tailCount) * logarithms[start]
    guard sum > 0 else { return nil }
    let alpha = 1 + Double(tailCount) / sum
    guard alpha > 1, alpha.isFinite else { return nil }
    return TailDeviation(logarithms.span, from: start, alpha: alpha, maximum: maximum)
  }
}
