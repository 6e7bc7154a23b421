import Glibc

/// A sample and the power law fitted to its tail, to draw samples like it from.
struct FittedSample {
  /// ln x of the values below xmin, ascending.
  private let body: [Double]
  private let count: Int
  /// Of the number of values in the tail.
  private let tailCounts: BinomialDistribution
  private let logXmin: Double
  /// α − 1.
  private let rate: Double

  /// - Parameters:
  ///   - values: what was fitted: ascending and positive.
  ///   - fit: its fit.
  init(_ values: some Collection<Double>, fit: PowerLawFit) {
    body = values.prefix(values.count - fit.tailCount).map { log($0) }
    count = values.count
    tailCounts = BinomialDistribution(count: count, probability: Double(fit.tailCount) / Double(count))
    logXmin = log(fit.xmin)
    rate = fit.alpha - 1
  }

  /// A sample of the same size: each value is from the tail's law with the probability of the tail, else one of the
  /// body's.
  func replicate(seed: UInt64) -> Replicate { Replicate(of: self, seed: seed) }

  /// The tail of a sample; its body only once it is asked for.
  struct Replicate {
    private let sample: FittedSample
    private var random: PortableRandom
    /// ln x of the values from xmin on, ascending.
    let tail: [Double]

    fileprivate init(of sample: FittedSample, seed: UInt64) {
      self.sample = sample
      random = PortableRandom(seed: seed)
      let count = sample.tailCounts.draw(&random)
      // ln x is exponential. The gaps of sorted exponentials are independent (Rényi 1953): nothing to sort.
      var tail: [Double] = []
      tail.reserveCapacity(count)
      var value = sample.logXmin
      var remaining = count
      while remaining > 0 {
        value -= log(random.uniform()) / (Double(remaining) * sample.rate)
        tail.append(value)
        remaining -= 1
      }
      self.tail = tail
    }

    /// How many values are below xmin.
    var bodyCount: Int { sample.count - tail.count }

    /// ln x of the whole sample, ascending.
    consuming func whole() -> [Double] {
      guard bodyCount > 0 else { return tail }
      var repeats = [Int32](repeating: 0, count: sample.body.count)
      for _ in 0..<bodyCount { repeats[random.index(below: sample.body.count)] += 1 }
      // Each value is written twice without asking how often it was drawn, since to guess that wrong costs more.
      var values = [Double](repeating: 0, count: bodyCount + 2)
      var end = 0
      for (value, repeats) in zip(sample.body, repeats) {
        values[end] = value
        values[end + 1] = value
        for place in 2..<max(Int(repeats), 2) { values[end + place] = value }
        end += Int(repeats)
      }
      values.removeLast(2)
      return values + tail
    }
  }
}
