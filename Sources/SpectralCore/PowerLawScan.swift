import Glibc

/// The search for xmin: all candidates of one sample, each with its exponent and distance.
///
/// A candidate is given up as soon as it is known to be worse than the best so
/// far, which changes no result. A few positions spread over the tail are looked
/// at first, where most candidates fail, so that the whole costs little more
/// than reading the sample a few times per candidate that survives.
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
    for i in logarithms.indices.reversed() {
      sum += logarithms[i]
      sums[i] = sum
    }
    self.sums = sums
  }

  /// The candidate of smallest distance, the first of equal ones; `nil` if no value differs from the largest.
  func best() -> Candidate? {
    var best: Candidate?
    for start in starts() {
      if let candidate = candidate(at: start, below: best?.distance ?? .infinity) { best = candidate }
    }
    return best
  }

  /// Whether some candidate has a distance below `bound`.
  func reaches(below bound: Double) -> Bool {
    // The body of a sample seldom fits, so that the upper candidates come first.
    starts().reversed().contains { candidate(at: $0, below: bound) != nil }
  }

  /// Position of the first of each run of equal values, the last run excepted.
  private func starts() -> [Int] {
    var starts: [Int] = []
    for index in logarithms.indices where index == 0 || logarithms[index] != logarithms[index - 1] {
      starts.append(index)
    }
    return starts.dropLast()
  }

  private func candidate(at start: Int, below bound: Double) -> Candidate? {
    let tailCount = logarithms.count - start
    let sum = sums[start] - Double(tailCount) * logarithms[start]
    guard sum > 0 else { return nil }
    let alpha = 1 + Double(tailCount) / sum
    guard alpha > 1, alpha.isFinite else { return nil }
    guard let distance = distance(from: start, alpha: alpha, below: bound) else { return nil }
    return Candidate(start: start, alpha: alpha, distance: distance)
  }

  /// The Kolmogorov–Smirnov distance, or `nil` if it is not below `bound`.
  private func distance(from start: Int, alpha: Double, below bound: Double) -> Double? {
    let tailCount = logarithms.count - start
    let step = 1 / Double(tailCount)
    let origin = logarithms[start]
    let scale = maximum.map { -1 / expm1((1 - alpha) * ($0 - origin)) } ?? 1
    func deviation(_ rank: Int) -> Double {
      abs(-expm1((1 - alpha) * (logarithms[start + rank] - origin)) * scale - Double(rank) * step)
    }
    if bound < .infinity {
      for part in 1...PowerLawScan.probes {
        let rank = (tailCount - 1) * part / PowerLawScan.probes
        if deviation(rank) >= bound { return nil }
      }
    }
    var largest = 0.0
    for rank in 0..<tailCount {
      let deviation = deviation(rank)
      if deviation > largest {
        guard deviation < bound else { return nil }
        largest = deviation
      }
    }
    return largest
  }

  /// How many positions of a tail are looked at first.
  private static let probes = 24
}
