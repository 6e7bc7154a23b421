import Analysis
import ArgumentParser
import ModelReading
import Synchronization
import Zoo

/// Settings, and the models that they are for.
struct ZooPlanArguments: ParsableArguments {
  @OptionGroup var selection: LayerArguments

  @OptionGroup var definition: SpectrumDefinition

  @OptionGroup var study: StudyArguments

  @Option(
    help: ArgumentHelp(
      "Compute only the largest eigenvalues, or skip the layer, where more memory is needed than this (default: 4G).",
      valueName: "bytes"))
  var layerMemory: ByteCount?

  private static let defaultLayerMemory = 4 << 30

  var settings: AnalysisSettings {
    var options = definition.options
    options.studies = study.studies
    options.layerPatterns = selection.layers
    options.maximumMemory = layerMemory?.value ?? ZooPlanArguments.defaultLayerMemory
    return AnalysisSettings(options)
  }
}

/// Models below folders; what could not be looked into is said at once.
func modelCandidates(_ roots: [String], _ readers: ReaderRegistry) -> (found: [ModelSearch.Candidate], isWhole: Bool) {
  let search = ModelSearch(roots, readers)
  for failure in search.errors { Terminal.printError("error: \(failure.error)") }
  return (search.candidates, search.errors.isEmpty)
}

/// Has work done and merges each result as soon as it is there.
struct ZooWork {
  let pool: WorkerPool
  let writer: ZooWriter
  let progress: ProgressLine

  /// - Returns: how many failed.
  func run(_ work: [WorkLine]) throws -> Int {
    let queue = Mutex(work[...])
    let tally = Mutex(Tally(work))
    let start = ContinuousClock.now
    pool.run {
      queue.withLock { $0.popFirst() }.flatMap { tally.withLock(\.fault) == nil ? WorkerPool.Job($0) : nil }
    } deliver: { _, answer in
      do {
        let result = try ResultLine(parsing: Array(answer.utf8), label: "result")
        try writer.merge([result])
        if let failure = result.failure {
          progress.clear()
          Terminal.printError("error: \(failure)")
        }
        let text = tally.withLock { tally in
          tally.add(result)
          return tally.text(after: ContinuousClock.now - start)
        }
        progress.show("\(text) · \(printable(result.work.places[0].name))")
      } catch {
        tally.withLock { $0.fault = $0.fault ?? "\(error)" }
      }
    }
    progress.clear()
    if let fault = tally.withLock(\.fault) {
      Terminal.printError("error: \(fault)")
      throw ExitCode(2)
    }
    return tally.withLock(\.failed)
  }
}

/// How far the work is.
private struct Tally {
  private let count: Int
  private let operations: Double
  private var finished = 0
  private var finishedOperations = 0.0
  private(set) var failed = 0
  /// Why nothing more can be merged.
  var fault: String?

  init(_ work: [WorkLine]) {
    count = work.count
    operations = work.reduce(0) { $0 + $1.operations }
  }

  mutating func add(_ result: ResultLine) {
    finished += 1
    finishedOperations += result.work.operations
    if result.failure != nil { failed += 1 }
  }

  /// The rest takes as long for its operations as what is done took for its own.
  func text(after time: Duration) -> String {
    var text = "\(finished)/\(count) models"
    guard finishedOperations > 0 else { return text }
    text += " · \(short(finishedOperations)) of \(short(operations))flop"
    let seconds = (time / .seconds(1)) * (operations - finishedOperations) / finishedOperations
    return text + " · \(ProgressLine.clock(seconds)) left"
  }

  private func short(_ number: Double) -> String {
    let units = ["", "k", "M", "G", "T", "P", "E"]
    var (value, unit) = (number, 0)
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return "\((value * 10).rounded() / 10) \(units[unit])"
  }
}
