import LinearAlgebra
import MatrixSlicing
import ModelReading
import Synchronization

/// Runs layer tasks on the machine's cores and returns their rows in order.
///
/// Small layers run side by side, one thread each. Of large matrices the Gram matrices are made one after the other by
/// all threads together; then as many eigenproblems as there are threads run side by side, since one alone cannot keep
/// several cores busy. What cannot be divided like that, or needs the memory for itself, runs alone.
///
/// BLAS itself runs in one thread throughout: the work is divided by shapes alone, so that numbers do not depend on
/// how many threads there are.
final class Schedule: Sendable {
  private let tasks: [LayerTask]
  private let options: AnalysisOptions
  private let workers: Workers
  private let progress: @Sendable (AnalysisProgress) -> Void
  private let visit: @Sendable (Int, inout [LayerRecord]) -> Void
  private let start = ContinuousClock.now
  private let totalCost: Double
  private let totalByteCount: Int
  private let results: Mutex<[[LayerRecord]?]>
  private let finished = Mutex(Finished())

  /// What of all tasks is done.
  private struct Finished {
    var count = 0
    var cost = 0.0
    var byteCount = 0
  }

  init(
    _ tasks: [LayerTask], _ options: AnalysisOptions, _ progress: @escaping @Sendable (AnalysisProgress) -> Void,
    _ visit: @escaping @Sendable (Int, inout [LayerRecord]) -> Void
  ) {
    self.tasks = tasks
    self.options = options
    self.progress = progress
    self.visit = visit
    totalCost = tasks.reduce(0) { $0 + $1.cost }
    totalByteCount = tasks.reduce(0) { $0.addingSaturated($1.parameter.tensor.byteCount) }
    workers = Workers(options.threadCount)
    results = Mutex([[LayerRecord]?](repeating: nil, count: tasks.count))
  }

  func run() -> [LayerRecord] {
    BLAS.setThreadCount(1)
    var shared: [Int] = []
    var alone: [Int] = []
    var small: [Int] = []
    for index in tasks.indices {
      switch mode(of: tasks[index]) {
      case .together: shared.append(index)
      case .alone: alone.append(index)
      case .sideBySide: small.append(index)
      }
    }
    runTogether(shared)
    for index in alone { finish(index, tasks[index].run(options, workers: workers)) }
    runSideBySide(small.sorted { (tasks[$0].cost, -$0) > (tasks[$1].cost, -$1) })
    return results.withLock { $0.flatMap { $0 ?? [] } }
  }

  private enum Mode {
    case together, alone, sideBySide
  }

  private func mode(of task: LayerTask) -> Mode {
    guard let bytes = task.workingBytes(options.studies), bytes <= options.maximumMemory / workers.count else {
      return .alone
    }
    guard task.columns >= Schedule.largeColumns else { return .sideBySide }
    return task.isPlain && options.studies.isEmpty ? .together : .alone
  }

  /// The shorter side from which one matrix is worth all threads.
  static let largeColumns = 1024

  /// Each worker takes the costliest task left, so that none starts a long one last.
  private func runSideBySide(_ queue: [Int]) {
    workers.forEach(queue.count) { [self] position in finish(queue[position], tasks[queue[position]].run(options)) }
  }

  private func finish(_ index: Int, _ records: [LayerRecord]) {
    let task = tasks[index]
    task.parameter.tensor.release()
    var records = records
    visit(index, &records)
    results.withLock { $0[index] = records }
    let done = finished.withLock { done in
      done.count += 1
      done.cost += task.cost
      done.byteCount = done.byteCount.addingSaturated(task.parameter.tensor.byteCount)
      return done
    }
    var report = AnalysisProgress(finished: done.count, total: tasks.count, layer: task.name)
    (report.byteCount, report.totalByteCount) = (done.byteCount, totalByteCount)
    report.share = totalCost > 0 ? min(done.cost / totalCost, 1) : nil
    report.elapsed = ContinuousClock.now - start
    progress(report)
  }
}

extension Schedule {
  /// One matrix of a task.
  private struct Job {
    var task: Int
    var slice: Int
    var matrix: WeightMatrix
  }

  /// The tasks' matrices in waves of one per worker, those of the same order together.
  private func runTogether(_ indices: [Int]) {
    let jobs = indices.flatMap { task in
      tasks[task].matrices.enumerated().map { Job(task: task, slice: $0, matrix: $1) }
    }
    let ordered = jobs.sorted { (-$0.matrix.columns, $0.task, $0.slice) < (-$1.matrix.columns, $1.task, $1.slice) }
    var collected = Dictionary(uniqueKeysWithValues: indices.map { ($0, Collected(tasks[$0].matrices.count)) })
    var position = 0
    var loaded = LoadedTensor()
    while position < ordered.count {
      let wave = self.wave(ordered[position...])
      position += wave.count
      for job in self.wave(ordered[position...]) { tasks[job.task].parameter.tensor.prefetch() }
      for (job, result) in zip(wave, spectra(wave, &loaded)) { collected[job.task]?.add(result, at: job.slice) }
      let complete = Set(wave.map(\.task)).filter { collected[$0]?.isComplete ?? false }.sorted()
      let spectra = complete.map { collected.removeValue(forKey: $0)!.spectra(tasks[$0].matrices) }
      workers.forEach(complete.count) { [self] index, share in
        finish(complete[index], tasks[complete[index]].run(options, workers: share, spectra: spectra[index]))
      }
    }
  }

  /// As many of the first jobs as there are workers, as long as none takes much less time than the first; and small
  /// ones for the workers that the last steps of large ones leave idle.
  private func wave(_ jobs: ArraySlice<Job>) -> [Job] {
    guard let largest = jobs.first else { return [] }
    let order = Double(largest.matrix.columns)
    var wave = jobs.prefix(workers.count).prefix { pow3(Double($0.matrix.columns)) >= 0.5 * pow3(order) }
    var room = min(bytes(largest) / 4, options.maximumMemory - wave.reduce(0) { $0 + bytes($1) })
    for job in jobs.dropFirst(wave.count) {
      room -= bytes(job)
      guard room >= 0 else { break }
      wave.append(job)
    }
    return Array(wave)
  }

  /// What fits in the share of each worker, or the job would not be here.
  private func bytes(_ job: Job) -> Int { tasks[job.task].workingBytes(options.studies) ?? options.maximumMemory }

  private func pow3(_ value: Double) -> Double { value * value * value }

  /// The Gram matrices one by one, then their eigenvalues side by side.
  private func spectra(_ wave: [Job], _ loaded: inout LoadedTensor) -> [Result<MatrixSpectrum, LayerFailure>] {
    var pending: [Result<any PendingSpectrum, LayerFailure>] = []
    for job in wave {
      let data = loaded.data(of: tasks[job.task], at: job.task)
      pending.append(
        Result { () throws(LayerFailure) in
          try job.matrix.gram(
            from: data.get(), in: tasks[job.task].arithmetic(options), isBinding: options.precision != .auto,
            workers: workers, tasks[job.task].clock)
        })
    }
    let spectra = Mutex([Result<MatrixSpectrum, LayerFailure>?](repeating: nil, count: wave.count))
    workers.forEach(wave.count) { [pending] index, share in
      let result = Result { () throws(LayerFailure) in
        try tasks[wave[index].task].spectrum(of: pending[index].get(), share)
      }
      spectra.withLock { $0[index] = result }
    }
    return spectra.withLock { $0.compactMap(\.self) }
  }

  /// The bytes of the task whose matrices are at work: decoding them once for each matrix would be too often.
  private struct LoadedTensor {
    private var task: Int?
    private var result: Result<TensorData, LayerFailure>?

    mutating func data(of task: LayerTask, at index: Int) -> Result<TensorData, LayerFailure> {
      if self.task == index, let result { return result }
      // The old bytes go before the new ones come.
      self.result = nil
      let result = Result { () throws(LayerFailure) in try task.decoded(task.parameter.tensor) }
      (self.task, self.result) = (index, result)
      return result
    }
  }

  /// The spectra of a task's matrices so far.
  private struct Collected {
    private var slices: [Result<MatrixSpectrum, LayerFailure>?]

    init(_ count: Int) { slices = Array(repeating: nil, count: count) }

    var isComplete: Bool { !slices.contains { $0 == nil } }

    mutating func add(_ result: Result<MatrixSpectrum, LayerFailure>, at slice: Int) { slices[slice] = result }

    func spectra(_ matrices: [WeightMatrix]) -> Result<LayerSpectra, LayerFailure> {
      Result { () throws(LayerFailure) in
        var spectra: [MatrixSpectrum] = []
        for slice in slices { if let slice { spectra.append(try slice.get()) } }
        return LayerSpectra(spectra, of: matrices)
      }
    }
  }
}

extension Int {
  /// The sum, or the largest number where it is beyond that.
  fileprivate func addingSaturated(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
