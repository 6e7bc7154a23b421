import Analysis
import ChildProcesses
import Foundation
import ModelReading

/// Several workers that answer lines side by side, in processes of their own or in this one.
public struct WorkerPool: Sendable {
  /// A line to be answered.
  public struct Job: Sendable {
    public var line: String
    var path: String
    var operations: Double
    var memory: Int
    var layerMemory: Int
    /// The answer where the worker has none.
    var failure: @Sendable (ReadError) -> String
  }

  private let worker: UnitWorker
  /// `nil` for workers in this process.
  private let isolation: Isolation?
  private let count: Int
  /// Bytes that all workers may need together.
  private let memory: Int

  public init(_ worker: UnitWorker, isolation: Isolation?, count: Int, memory: Int) {
    self.worker = worker
    self.isolation = isolation
    self.count = max(count, 1)
    self.memory = memory
  }

  /// Takes jobs as workers and memory become free, and returns when all are done.
  ///
  /// - Parameters:
  ///   - next: the next job, `nil` after the last one; called by one thread at a time.
  ///   - deliver: called with each job and its answer, by one thread at a time.
  public func run(_ next: @escaping @Sendable () -> Job?, deliver: @escaping @Sendable (Job, String) -> Void) {
    let desk = Desk(memory: memory, next: next, deliver: deliver)
    let group = DispatchGroup()
    for _ in 0..<count {
      group.enter()
      let thread = Thread {
        work(at: desk)
        group.leave()
      }
      // Decompositions recurse, and pickles nest.
      thread.stackSize = 16 << 20
      thread.start()
    }
    group.wait()
  }

  private func work(at desk: Desk) {
    var process: LineProcess?
    while let job = desk.take() {
      let answer = isolation.map { self.answer(job, &process, $0) } ?? worker.answer(Array(job.line.utf8))
      desk.deliver(job, answer)
    }
  }

  private func answer(_ job: Job, _ process: inout LineProcess?, _ isolation: Isolation) -> String {
    let limits = isolation.limits(operations: job.operations, layerMemory: job.layerMemory)
    do throws(ChildProcess.StartError) {
      let current: LineProcess
      if let process { current = process } else { current = try isolation.start() }
      process = current
      do throws(LineProcess.Ending) {
        return String(decoding: try current.ask(Array(job.line.utf8), limits), as: UTF8.self)
      } catch {
        process = nil
        // What ends a whole job ends this process too, in a moment: then there is nothing to say of the model.
        if error.isByOrder { sleep(2) }
        return job.failure(error.error(job.path, limits))
      }
    } catch {
      return job.failure(
        ReadError(.io, "is not read: '\(isolation.executable)' does not start: \(error.reason)", file: job.path))
    }
  }
}

extension WorkerPool.Job {
  public init(_ work: WorkLine) {
    self.init(
      line: work.text, path: work.places[0].path, operations: work.operations, memory: work.memory,
      layerMemory: work.settings.options.maximumMemory
    ) { ResultLine.text(work, $0) }
  }

  /// Any line: one that is no work has an answer that says so.
  /// - Parameter label: what errors call it.
  public init(line: [UInt8], label: String) {
    if let work = try? WorkLine(parsing: line, label: label) {
      self.init(work)
    } else {
      let text = String(decoding: line, as: UTF8.self)
      self.init(line: text, path: label, operations: 0, memory: 0, layerMemory: 0) { ResultLine.text(nil, $0) }
    }
  }

  /// Operations that a byte to be read counts for: a slow disk has 20 MB/s.
  private static let operationsPerByte = 10.0

  init(_ question: SurveyQuestion, _ failure: @escaping @Sendable (ReadError) -> String) {
    let byteCount = Double(FileStamp(path: question.path)?.byteCount ?? 0)
    self.init(
      line: question.text, path: question.path, operations: byteCount * Self.operationsPerByte, memory: 0,
      layerMemory: question.settings.options.maximumMemory, failure: failure)
  }
}

/// Where workers fetch jobs and leave answers.
private final class Desk: @unchecked Sendable {
  /// Who has it takes the next job, and waits until there is memory for it.
  private let turn = NSLock()
  private let next: @Sendable () -> WorkerPool.Job?
  private let delivery = NSLock()
  private let receive: @Sendable (WorkerPool.Job, String) -> Void
  private let memory: Int

  private let condition = NSCondition()
  // Guarded by `condition`.
  private var memoryInUse = 0
  private var jobsInWork = 0

  init(
    memory: Int, next: @escaping @Sendable () -> WorkerPool.Job?,
    deliver: @escaping @Sendable (WorkerPool.Job, String) -> Void
  ) {
    self.memory = memory
    self.next = next
    receive = deliver
  }

  /// The next job, once there is memory for it: a job that needs more than there is runs alone.
  func take() -> WorkerPool.Job? {
    turn.lock()
    defer { turn.unlock() }
    guard let job = next() else { return nil }
    condition.lock()
    defer { condition.unlock() }
    while jobsInWork > 0, job.memory > memory - memoryInUse { condition.wait() }
    memoryInUse += min(job.memory, memory)
    jobsInWork += 1
    return job
  }

  func deliver(_ job: WorkerPool.Job, _ answer: String) {
    condition.lock()
    memoryInUse -= min(job.memory, memory)
    jobsInWork -= 1
    condition.signal()
    condition.unlock()
    delivery.lock()
    receive(job, answer)
    delivery.unlock()
  }
}
