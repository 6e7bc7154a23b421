import Synchronization

/// Collects numbers from any thread.
final class ProgressLog: Sendable {
  private let storage = Mutex<[Int]>([])
  var numbers: [Int] { storage.withLock { $0.sorted() } }
  func add(_ number: Int) { storage.withLock { $0.append(number) } }
}
