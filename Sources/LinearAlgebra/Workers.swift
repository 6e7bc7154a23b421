import Dispatch
import Synchronization

/// Threads that share the parts of one computation.
///
/// Which thread does which part is left to chance; each part does the same whoever does it, so that results do not
/// depend on the number of threads.
public struct Workers: Sendable {
  /// At least 1; 1 does everything on the caller's thread.
  public let count: Int

  public init(_ count: Int) { self.count = max(count, 1) }

  /// Calls `body` with 0 ..< `parts`, the first ones first, and returns when all are done.
  public func forEach(_ parts: Int, _ body: @Sendable (Int) -> Void) {
    guard count > 1, parts > 1 else {
      for part in 0..<parts { body(part) }
      return
    }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(count, parts)) { _ in
      while true {
        let part = next.add(1, ordering: .relaxed).oldValue
        guard part < parts else { return }
        body(part)
      }
    }
  }
}

/// Divides 0 ..< `count` into strips by the count alone.
struct Strips {
  let count: Int
  /// Multiples of what the kernels like, and enough of them for many threads; what is small stays whole.
  let width: Int

  init(_ count: Int) {
    self.count = count
    width = count < 1024 ? max(count, 1) : (count / 16 + 63) / 64 * 64
  }

  var ranges: [Range<Int>] { stride(from: 0, to: count, by: width).map { $0..<min($0 + width, count) } }
}
