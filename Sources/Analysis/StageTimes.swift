import Synchronization

/// What an analysis spends its time on.
public enum Stage: String, Sendable, CaseIterable {
  /// From the bytes of the file to numbers: what is packed or quantised included.
  case decode
  /// The Gram matrices WᵀW.
  case gram
  case eigenvalues
  /// Metrics, laws fitted to the spectra, phases.
  case fits
  /// What is asked for beyond the spectrum of each weight.
  case studies
}

/// How long the stages of an analysis took, summed over its layers.
///
/// Layers that are analysed side by side each count in full, steps that several threads share count once: with one
/// thread the stages add up to the time of the analysis.
public struct StageTimes: Sendable {
  private var durations: [Stage: Duration] = [:]

  public init() {}

  public subscript(stage: Stage) -> Duration { durations[stage] ?? .zero }

  public mutating func add(_ duration: Duration, to stage: Stage) { durations[stage, default: .zero] += duration }

  /// Counts in another analysis.
  public mutating func add(_ other: StageTimes) {
    durations.merge(other.durations, uniquingKeysWith: +)
  }
}

/// Adds up the times of stages, on any thread.
final class StageClock: Sendable {
  private let sums = Mutex(StageTimes())

  var times: StageTimes { sums.withLock { $0 } }

  /// Calls `body` and counts its time towards `stage`.
  func measure<Value, Failure: Error>(
    _ stage: Stage, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value where Value: ~Copyable {
    let start = ContinuousClock.now
    defer { add(stage, since: start) }
    return try body()
  }

  /// Counts the time from `start` to now towards `stage`.
  func add(_ stage: Stage, since start: ContinuousClock.Instant) {
    let duration = ContinuousClock.now - start
    sums.withLock { $0.add(duration, to: stage) }
  }
}
