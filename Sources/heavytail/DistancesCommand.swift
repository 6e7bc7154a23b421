import Analysis
import ArgumentParser
import ModelReading
import Reporting

enum DistanceFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json
}

struct DistancesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distances",
    abstract: "Compare two models weight by weight, matched by name, in any formats.",
    discussion: """
      delta_W and delta_b are the norms of the differences of weights and biases, euclidean the mean norm over a \
      weight's matrices, cka how much their column spaces have in common (1: all), spectral the Jensen-Shannon \
      distance of the spectra.
      """)

  @Argument(help: "A file, or a folder that is one model.", completion: .file())
  var first: String

  @Argument(help: "What it is compared with.", completion: .file())
  var second: String

  @Option(help: "How to print the distances.")
  var format: DistanceFormat = .table

  @Option(name: .shortAndLong, help: "Write to FILE instead of standard output.")
  var output: String?

  @OptionGroup var selection: LayerArguments

  @Option(
    help: ArgumentHelp(
      "Leave out layers that need more memory than this, such as 8G (default: three quarters of what is free).",
      valueName: "bytes"))
  var maxMemory: ByteCount?

  @OptionGroup var progress: ProgressArguments

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func run() throws {
    try startBLAS()
    let readers = readers.registry()
    var options = AnalysisOptions()
    options.layerPatterns = selection.layers
    options.threadCount = Machine.processorCount
    options.maximumMemory = maxMemory?.value ?? Machine.workingByteCount
    var limits = Limits()
    limits.maximumDecodedBytes = min(limits.maximumDecodedBytes, options.maximumMemory)
    let progress = self.progress.line
    let distance: ModelDistance
    do throws(ReadError) {
      defer { progress.clear() }
      let models = (
        try ModelPaths.openOne(first, readers, limits), try ModelPaths.openOne(second, readers, limits)
      )
      distance = try distances(models.0, models.1, options: options) { progress.show(first, $0) }
    } catch {
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
    let report = DistanceReport(first: first, second: second, distance: distance)
    try emit(text(report), to: output)
    if distance.weights.contains(where: { $0.reason != nil }) { throw ExitCode(1) }
  }

  private func text(_ report: DistanceReport) -> String {
    switch format {
    case .table: report.table(width: output == nil ? Terminal.width : nil)
    case .csv: report.csv
    case .json: report.json
    }
  }
}
