import ModelReading
import Synchronization

/// Ends with the first worker that took too long over a file: the next would too, once for every dataset.
final class WorkerPatience: Sendable {
  private let lost = Mutex<ReadError?>(nil)

  /// Asks a worker, unless one has been ended for taking too long before.
  /// - Throws: that worker's error, or what `ask` throws.
  func ask(_ ask: () throws(ReadError) -> [UInt8]) throws(ReadError) -> [UInt8] {
    if let error = lost.withLock({ $0 }) { throw error }
    do {
      return try ask()
    } catch {
      if error.code == .limitExceeded { lost.withLock { $0 = error } }
      throw error
    }
  }
}
