import Dispatch
import Synchronization

/// How probable it is that data drawn from the fitted power law lie as far from
/// their own fit: the bootstrap of Clauset, Shalizi & Newman (2009), section 4.1.
///
/// Each replicate has as many values: each with probability n/N from the power
/// law, else one of the values below xmin; it is fitted anew, xmin included.
/// A small p rejects the power law. A large one does not prove it, and for
/// eigenvalues less than for independent values, since they repel each other
/// and so lie closer to any curve.
public struct GoodnessOfFit: Sendable, Equatable {
  /// The share of replicates whose distance is at least that of the fit.
  public let pValue: Double
  /// How many replicates were drawn.
  public let replicateCount: Int

  /// √(p(1−p)/replicates), at least 1/replicates.
  public var standardError: Double {
    let count = Double(replicateCount)
    return max((pValue * (1 - pValue) / count).squareRoot(), 1 / count)
  }

  /// Below this p the power law is rejected.
  public static let rejection = 0.1
  /// Gives a small p to ± 0.03; 2500 would give every p to ± 0.01.
  public static let defaultReplicateCount = 100
  /// So many replicates worse than the fit are enough to see that p is large, and about how large (Besag & Clifford
  /// 1991). Of the default count they also are what p ≥ `rejection` asks for, so that more could not reject the fit.
  public static let sufficientWorseCount = 10

  /// - Parameters:
  ///   - values: what was fitted: ascending and positive.
  ///   - fit: its fit.
  ///   - replicateCount: at least 1. Each has its own random numbers, so that the
  ///     first of many are the same as the same number of few.
  ///   - worseCount: at least 1: the replicate that is the so-manieth as far from its fit as `fit` is the last.
  ///   - seed: the only source of randomness.
  ///   - threadCount: how many replicates are fitted at a time; changes no result.
  public init(
    _ values: some Collection<Double>, fit: PowerLawFit, replicateCount: Int = defaultReplicateCount,
    until worseCount: Int = .max, seed: UInt64 = 0, threadCount: Int = 1
  ) {
    precondition(replicateCount >= 1 && worseCount >= 1 && threadCount >= 1, "at least one replicate and one thread")
    let sample = FittedSample(values, fit: fit)
    var generator = PortableRandom(seed: seed)
    let seeds = (0..<replicateCount).map { _ in generator.next() }
    let round = threadCount == 1 ? 1 : worseCount == .max ? replicateCount : 4 * threadCount
    var (drawn, worse) = (0, 0)
    while drawn < replicateCount, worse < worseCount {
      let next = seeds[drawn..<min(drawn + round, replicateCount)]
      let outcomes = GoodnessOfFit.areWorse(next, of: sample, than: fit.distance, threadCount)
      for isWorse in outcomes where worse < worseCount {
        drawn += 1
        if isWorse { worse += 1 }
      }
    }
    pValue = Double(worse) / Double(drawn)
    self.replicateCount = drawn
  }

  /// Of each replicate, whether it is at least as far from its fit.
  private static func areWorse(
    _ seeds: ArraySlice<UInt64>, of sample: FittedSample, than distance: Double, _ threadCount: Int
  ) -> [Bool] {
    guard threadCount > 1, seeds.count > 1 else {
      return seeds.map { !isCloser(sample.replicate(seed: $0), than: distance) }
    }
    let results = Mutex([Bool](repeating: false, count: seeds.count))
    DispatchQueue.concurrentPerform(iterations: min(threadCount, seeds.count)) { thread in
      for index in stride(from: thread, to: seeds.count, by: threadCount)
      where !isCloser(sample.replicate(seed: seeds[seeds.startIndex + index]), than: distance) {
        results.withLock { $0[index] = true }
      }
    }
    return results.withLock(\.self)
  }

  /// Whether some power law is closer to the sample: one that begins in its tail, as most often, or one that begins
  /// earlier.
  private static func isCloser(_ replicate: FittedSample.Replicate, than distance: Double) -> Bool {
    if PowerLawScan(logarithms: replicate.tail).reaches(below: distance) { return true }
    let bodyCount = replicate.bodyCount
    return PowerLawScan(logarithms: replicate.whole()).reaches(below: distance, before: bodyCount)
  }
}
