import Synchronization
import Zoo

/// Writes down what models turned out to be, every now and then: a run that is killed need not look at them again.
final class SurveyLog: Sendable {
  /// Models at a time …
  private static let batch = 256
  /// … or as many as there are after this time.
  private static let interval = Duration.seconds(1)

  private struct State {
    var waiting: [WorkLine] = []
    var written = ContinuousClock.now
    var error: ZooError?
  }

  private let writer: ZooWriter
  private let state = Mutex(State())

  init(_ writer: ZooWriter) { self.writer = writer }

  func add(_ work: WorkLine) {
    state.withLock { state in
      state.waiting.append(work)
      let now = ContinuousClock.now
      guard state.waiting.count >= SurveyLog.batch || now - state.written >= SurveyLog.interval else { return }
      write(&state)
    }
  }

  /// Writes the rest.
  func finish() throws(ZooError) {
    let error = state.withLock { state in
      write(&state)
      return state.error
    }
    if let error { throw error }
  }

  private func write(_ state: inout State) {
    do throws(ZooError) { try writer.record(state.waiting) } catch { state.error = state.error ?? error }
    state.waiting = []
    state.written = ContinuousClock.now
  }
}
