import Dispatch
import LinearAlgebra
import MatrixSlicing
import ModelReading
import Synchronization

/// Runs layer tasks on the machine's cores and returns their rows in order.
///
/// A large matrix keeps all cores busy by itself: such layers go one after
/// another, with as many BLAS threads as there are workers. Small ones run side
/// by side with one BLAS thread each. Which is which depends on the shape
/// alone, so a small layer's numbers are the same bits for any thread count.
final class Schedule: Sendable {
  /// The shorter side from which one matrix is worth all threads.
  static let largeColumns = 1024

  private let tasks: [LayerTask]
  private let options: AnalysisOptions
  private let progress: @Sendable (AnalysisProgress) -> Void
  private let results: Mutex<[[LayerRecord]?]>
  private let finished = Mutex(0)

  init(_ tasks: [LayerTask], _ options: AnalysisOptions, _ progress: @escaping @Sendable (AnalysisProgress) -> Void) {
    self.tasks = tasks
    self.options = options
    self.progress = progress
    results = Mutex([[LayerRecord]?](repeating: nil, count: tasks.count))
  }

  func run() -> [LayerRecord] {
    let alone = tasks.indices.filter { needsAllThreads(tasks[$0]) || needsAllMemory(tasks[$0]) }
    let small = tasks.indices.filter { !needsAllThreads(tasks[$0]) && !needsAllMemory(tasks[$0]) }
    for index in alone {
      BLAS.setThreadCount(needsAllThreads(tasks[index]) ? options.threadCount : 1)
      finish(index)
    }
    BLAS.setThreadCount(1)
    runSideBySide(small.sorted { (tasks[$0].cost, -$0) > (tasks[$1].cost, -$1) })
    return results.withLock { $0.flatMap { $0 ?? [] } }
  }

  private func needsAllThreads(_ task: LayerTask) -> Bool { task.columns >= Schedule.largeColumns }

  /// Whether several layers like this one side by side would exceed the memory limit.
  private func needsAllMemory(_ task: LayerTask) -> Bool {
    guard let bytes = task.workingBytes(options.studies) else { return true }
    return bytes > options.maximumMemory / options.threadCount
  }

  /// Each worker takes the costliest task left, so that none starts a long one last.
  private func runSideBySide(_ queue: [Int]) {
    guard !queue.isEmpty else { return }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(options.threadCount, queue.count)) { _ in
      while true {
        let position = next.add(1, ordering: .relaxed).oldValue
        guard position < queue.count else { return }
        finish(queue[position])
      }
    }
  }

  private func finish(_ index: Int) {
    let records = tasks[index].run(options)
    results.withLock { $0[index] = records }
    let count = finished.withLock { count in
      count += 1
      return count
    }
    progress(AnalysisProgress(finished: count, total: tasks.count, layer: tasks[index].name))
  }
}
