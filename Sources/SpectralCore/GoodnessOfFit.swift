import Dispatch
import Glibc
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
    let body = values.prefix(values.count - fit.tailCount).map { log($0) }
    var generator = PortableRandom(seed: seed)
    let seeds = (0..<replicateCount).map { _ in generator.next() }
    let worse = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(threadCount, replicateCount)) { thread in
      for index in stride(from: thread, to: replicateCount, by: threadCount) {
        let replicate = GoodnessOfFit.replicate(body: body, fit: fit, seed: seeds[index])
        guard !PowerLawScan(logarithms: replicate).reaches(below: fit.distance) else { continue }
        worse.add(1, ordering: .relaxed)
      }
    }
    pValue = Double(worse.load(ordering: .relaxed)) / Double(replicateCount)
    self.replicateCount = replicateCount
  }

  /// Logarithms of a sample drawn from body and fitted tail, ascending.
  private static func replicate(body: [Double], fit: PowerLawFit, seed: UInt64) -> [Double] {
    var random = PortableRandom(seed: seed)
    let count = body.count + fit.tailCount
    var repeats = [Int](repeating: 0, count: body.count)
    var tailCount = 0
    for _ in 0..<count {
      let index = random.index(below: count)
      if index < body.count { repeats[index] += 1 } else { tailCount += 1 }
    }
    var values: [Double] = []
    values.reserveCapacity(count)
    for (value, repeats) in zip(body, repeats) { for _ in 0..<repeats { values.append(value) } }
    // ln x of the tail is exponential. The gaps of sorted exponentials are independent (Rényi 1953): nothing to sort.
    var value = log(fit.xmin)
    for remaining in stride(from: Double(tailCount), to: 0, by: -1) {
      value -= log(random.uniform()) / (remaining * (fit.alpha - 1))
      values.append(value)
    }
    return values
  }
}
