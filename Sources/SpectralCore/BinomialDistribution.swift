/// How many of some independent trials succeed.
struct BinomialDistribution {
  /// The probabilities of at most 0, 1, … successes.
  private let cumulative: [Double]

  /// - Parameters:
  ///   - count: of trials, at least 0.
  ///   - probability: that one succeeds, in [0, 1].
  init(count: Int, probability: Double) {
    precondition(count >= 0 && probability >= 0 && probability <= 1, "a probability is in [0, 1]")
    // Relative to the most probable number, outwards: what underflows is never drawn.
    var weights = [Double](repeating: 0, count: count + 1)
    let mode = min(Int(Double(count + 1) * probability), count)
    let odds = probability / (1 - probability)
    weights[mode] = 1
    for number in mode..<count {
      weights[number + 1] = weights[number] * Double(count - number) / Double(number + 1) * odds
    }
    for number in stride(from: mode, to: 0, by: -1) {
      weights[number - 1] = weights[number] * Double(number) / (Double(count - number + 1) * odds)
    }
    let total = weights.reduce(0, +)
    var sum = 0.0
    cumulative = weights.map { weight in
      sum += weight
      return sum / total
    }
  }

  /// A number of successes, by inversion: one random number, whatever the number of trials.
  func draw(_ random: inout PortableRandom) -> Int {
    let probability = random.uniform()
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > probability { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
