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
  /// Gives p to ± 0.05 at worst; 2500 would give it to ± 0.01.
  public static let defaultReplicateCount = 100

  /// - Parameters:
  ///   - values: what was fitted: ascending and positive.
  ///   - fit: its fit.
  ///   - replicateCount: at least 1. Each has its own random numbers, so that the
  ///     first of many are the same as the same number of few.
  ///   - seed: the only source of randomness.
  ///   - threadCount: how many replicates are fitted at a time; changes no result.
  public init(
    _ values: some Collection<Double>, fit: PowerLawFit, replicateCount: Int = defaultReplicateCount,
    seed: UInt64 = 0, threadCount: Int = 1
  ) {
    precondition(replicateCount >= 1 && threadCount >= 1, "at least one replicate and one thread")
    let sample = FittedSample(values, fit: fit)
    var generator = PortableRandom(seed: seed)
    let seeds = (0..<replicateCount).map { _ in generator.next() }
    let worse = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(threadCount, replicateCount)) { thread in
      for index in stride(from: thread, to: replicateCount, by: threadCount) {
        guard !GoodnessOfFit.isCloser(sample.replicate(seed: seeds[index]), than: fit.distance) else { continue }
        worse.add(1, ordering: .relaxed)
      }
    }
    pValue = Double(worse.load(ordering: .relaxed)) / Double(replicateCount)
    self.replicateCount = replicateCount
  }

  /// Whether some power law is closer to the sample: one that begins in its tail, as most often, or one that begins
  /// earlier.
  private static func isCloser(_ replicate: FittedSample.Replicate, than distance: Double) -> Bool {
    if PowerLawScan(logarithms: replicate.tail).reaches(below: distance) { return true }
    let bodyCount = replicate.bodyCount
    return PowerLawScan(logarithms: replicate.whole()).reaches(below: distance, before: bodyCount)
  }
}
