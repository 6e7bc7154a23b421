import Dispatch
import Synchronization

/// Threads that share the parts of one computation.
///
/// Which thread does which part is left to chance; each part does the same whoever does it, so that results do not
/// depend on the number of threads.
public struct Workers: Sendable {
  /// At least 1; 1 does everything on the caller's thread.
  public let count: Int
  /// Others that may come to help.
  private let idle: IdleWorkers?

  public init(_ count: Int) { self.init(count, idle: nil) }

  private init(_ count: Int, idle: IdleWorkers?) {
    self.count = max(count, 1)
    self.idle = idle
  }

  /// Calls `body` with 0 ..< `parts`, the first ones first, and returns when all are done.
  public func forEach(_ parts: Int, _ body: @Sendable (Int) -> Void) {
    let lent = idle?.take(atMost: parts - count) ?? 0
    defer { idle?.add(lent) }
    let helpers = min(count + lent, parts) - 1
    guard helpers > 0 else {
      for part in 0..<parts { body(part) }
      return
    }
    let queue = PartQueue(parts)
    withoutActuallyEscaping(body) { body in
      let group = DispatchGroup()
      for _ in 0..<helpers { DispatchQueue.global().async(group: group) { queue.empty(body) } }
      queue.empty(body)
      group.wait()
    }
  }

  /// As `forEach`, for parts that divide their own work: each gets its share of the workers, and the help of those for
  /// whom no part is left.
  public func forEach(_ parts: Int, dividing body: @Sendable (Int, Workers) -> Void) {
    guard parts > 0 else { return }
    let atATime = min(parts, count)
    let share = count / atATime
    let idle = IdleWorkers(count - atATime * share)
    let done = Atomic(0)
    forEach(parts) { part in
      body(part, Workers(share, idle: idle))
      if done.add(1, ordering: .relaxed).newValue > parts - atATime { idle.add(share) }
    }
  }
}

/// The parts that nobody has taken yet.
private final class PartQueue: Sendable {
  private let count: Int
  private let next = Atomic(0)

  init(_ count: Int) { self.count = count }

  func empty(_ body: (Int) -> Void) {
    while true {
      let part = next.add(1, ordering: .relaxed).oldValue
      guard part < count else { return }
      body(part)
    }
  }
}

/// How many workers have nothing to do.
private final class IdleWorkers: Sendable {
  private let count: Mutex<Int>

  init(_ count: Int) { self.count = Mutex(count) }

  func add(_ workers: Int) { count.withLock { $0 += workers } }

  func take(atMost limit: Int) -> Int {
    count.withLock { count in
      let taken = max(min(count, limit), 0)
      count -= taken
      return taken
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
