import Analysis
import ArgumentParser
import MatrixSlicing
import ModelReading
import Reporting

enum ComparisonFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json, html
}

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Put models beside a first one, layer by layer: what got better or worse.",
    discussion: """
      Weights are matched by name, and where names differ by kind and shape, in order. Formats may differ.

      A layer is better if its α has come nearer to 2, worse if it has gone further away, the same if the two are \
      within their errors, identical if every bit is. Better and worse are heuristics for models of one architecture; \
      "heavytail explain alpha" says more.
      """)

  @Argument(help: "What is compared with: a file, or a folder that is one model.", completion: .file())
  var first: String

  @Argument(help: "What is compared, one after another.", completion: .file())
  var others: [String]

  @Option(help: "How to print the comparison.")
  var format: ComparisonFormat = .table

  @Option(name: .shortAndLong, help: "Write to FILE instead of standard output.")
  var output: String?

  @OptionGroup var selection: LayerArguments

  @Option(help: "How convolutions become matrices.")
  var slicing: Slicing = .positions

  @Option(help: "Arithmetic of the eigenvalues: double, single or auto, as for analyze.")
  var precision: Precision = .auto

  @Option(
    help: ArgumentHelp(
      "Do with no more memory than this, such as 8G (default: three quarters of what is free).", valueName: "bytes"))
  var maxMemory: ByteCount?

  @OptionGroup var progress: ProgressArguments

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func validate() throws {
    if others.isEmpty { throw ValidationError("compare needs two models at least") }
  }

  func run() throws {
    try startBLAS()
    let (options, readers, progress) = (options, readers.registry(), self.progress.line)
    var limits = Limits()
    limits.maximumDecodedBytes = min(limits.maximumDecodedBytes, options.maximumMemory)
    func analysis(_ path: String) throws(ReadError) -> ModelReport {
      let graph = try ModelPaths.openOne(path, readers, limits)
      return try analyze(graph, path: path, options: options) { progress.show(path, $0) }
    }
    var report = ComparisonReport([], settings: settings)
    do throws(ReadError) {
      let reference = try analysis(first)
      for path in others {
        do throws(ReadError) {
          defer { progress.clear() }
          let comparison = try compare(reference, analysis(path), maximumMemory: options.maximumMemory) {
            progress.show(path, $0)
          }
          report.comparisons.append(comparison)
        } catch {
          Terminal.printError("error: \(error)")
          report.errors.append((path, error))
        }
      }
    } catch {
      progress.clear()
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
    if report.comparisons.isEmpty { throw ExitCode(2) }
    try emit(text(report), to: output)
    let models = report.comparisons.flatMap { [$0.first, $0.second] }
    if !report.errors.isEmpty || models.contains(where: { $0.summary.failed > 0 }) { throw ExitCode(1) }
  }

  private var options: AnalysisOptions {
    var options = AnalysisOptions()
    options.layerPatterns = selection.layers
    options.slicing = slicing
    options.precision = precision
    options.bootstrapCount = 0
    options.threadCount = Machine.processorCount
    options.maximumMemory = maxMemory?.value ?? Machine.workingByteCount
    return options
  }

  private var settings: [(name: String, value: String)] {
    [
      ("slicing", slicing.rawValue), ("precision", precision.rawValue),
      ("layers", selection.layers.joined(separator: " ")),
    ]
  }

  private func text(_ report: ComparisonReport) -> String {
    switch format {
    case .table:
      report.table(
        width: output == nil ? Terminal.width : nil, isColored: output == nil && Terminal.isColored)
    case .csv: report.csv
    case .json: report.json
    case .html: report.html
    }
  }
}
