public import Analysis
public import ArgumentParser
import Dispatch
import Figures
import Glibc
import MatrixSlicing
import ModelReading
public import Reporting

extension CheckpointOrder: ExpressibleByArgument {}
extension TraceAxis.Placement: ExpressibleByArgument {}

enum TraceFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json, jsonl, html, svg, png, pdf

  /// What the figure of the trace is written as; `nil` for what is no picture.
  var picture: PictureFormat? { PictureFormat(rawValue: rawValue) }

  /// Whether rows can be added to it.
  var grows: Bool { self == .csv || self == .jsonl }
}

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Show how the layers of one model change over the checkpoints of its training.",
    discussion: """
      Layers are matched by name. The step of a checkpoint is the number in its name: epoch-2 comes before epoch-10, \
      init first, final, last and best at the end.

      With --watch DIR each new checkpoint is analysed as soon as it is completely written, and its rows are added to \
      the output, until SIGINT or SIGTERM ends that. Begun again, it goes on where the file ends.

      As html the trace is a page with a figure for each column and the spectrum of each layer over time; as svg, png or \
      pdf it is one figure of the columns that are numbers.

      heavytail trace run/
      heavytail trace --format html -o run.html run/
      heavytail trace --format svg --columns entropy,stable_rank -o run.svg run/
      heavytail trace --format svg --axis log --axis-title "batch size" -o sizes.svg sizes/
      heavytail trace --watch run/ -o run.csv
      """)

  @Argument(help: "Files, folders that are one model, or folders of checkpoints.", completion: .file())
  var checkpoints: [String] = []

  @Option(help: "In which order they were written: by the numbers in their names, by time, or as given.")
  var order: CheckpointOrder = .name

  @Option(
    help: ArgumentHelp(
      "Columns to show, separated by commas (default: \(Column.traced.joined(separator: ","))).", valueName: "a,b,…"))
  var columns: String?

  @Option(
    help: "Where checkpoints stand in figures: in order at equal distances, or at their steps, linear or log.")
  var axis: TraceAxis.Placement = .order

  @Option(
    help: ArgumentHelp("What the steps are, below the figures, if not what the names say.", valueName: "text"))
  var axisTitle: String?

  @Option(help: "How to print the trace (default: table; csv with --watch).")
  var format: TraceFormat?

  @Option(name: .shortAndLong, help: "Write to FILE instead of standard output; with --watch, add to it.")
  var output: String?

  @Option(help: ArgumentHelp("Analyse each new checkpoint in this folder.", valueName: "dir"), completion: .directory)
  var watch: String?

  @Option(help: ArgumentHelp("With --watch, seconds from one look into the folder to the next.", valueName: "s"))
  var interval = 2.0

  @OptionGroup var selection: LayerArguments

  @Option(help: "How convolutions become matrices.")
  var slicing: Slicing = .positions

  @Option(help: ArgumentHelp("Where random numbers begin; the same seed gives the same trace.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Compute only the largest eigenvalues, or skip the layer, where more memory is needed than this, such as 8G (default: three quarters of what is free).",
      valueName: "bytes"))
  var maxMemory: ByteCount?

  @OptionGroup var progress: ProgressArguments

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  private static let intervals = 0.01...3600

  func validate() throws {
    if (watch == nil) == checkpoints.isEmpty {
      throw ValidationError("give either checkpoints or --watch with a folder")
    }
    if watch != nil, let format, !format.grows {
      throw ValidationError("--watch adds rows, in csv or jsonl, not \(format.rawValue)")
    }
    if output == nil, format == .png || format == .pdf {
      throw ValidationError("--format \(format!.rawValue) needs --output")
    }
    guard TraceCommand.intervals.contains(interval) else {
      throw ValidationError("--interval is \(interval), it must be from 0.01 to 3600")
    }
    _ = try chosenColumns()
  }

  private func chosenColumns() throws -> [Column] {
    try ColumnArguments.columns(columns ?? Column.traced.joined(separator: ","), option: "--columns")
  }

  func run() throws {
    try startBLAS()
    let columns = try chosenColumns()
    var options = AnalysisOptions()
    options.slicing = slicing
    options.layerPatterns = selection.layers
    options.seed = seed
    options.threadCount = Machine.processorCount
    options.maximumMemory = maxMemory?.value ?? Machine.workingByteCount
    options.restrict(to: columns)
    options.keepsSpectra = format == .html
    var limits = Limits()
    limits.maximumDecodedBytes = min(limits.maximumDecodedBytes, options.maximumMemory)
    let tracer = Tracer(
      readers: readers.registry(), limits: limits, options: options, progress: progress.line)
    if let watch {
      try follow(watch, tracer, TraceRows(format == .jsonl ? .jsonl : .csv, columns: columns))
    } else {
      try trace(tracer, columns)
    }
  }

  // MARK: A run that is over

  private func trace(_ tracer: Tracer, _ columns: [Column]) throws {
    // Without the program that makes it nothing need be analysed.
    let converter = try (format?.picture).map { try PictureConverter($0) }
    var run = Run<String>()
    var files: [CheckpointFile] = []
    for path in checkpoints {
      let found = ModelPaths(path, tracer.readers)
      for failure in found.errors { run.add(failure.error, path: failure.path) }
      for model in found.models {
        do throws(ReadError) { files.append(try CheckpointFile(path: model)) } catch { run.add(error, path: model) }
      }
    }
    var trace = TrainingTrace(columns: columns)
    var evolution = SpectrumEvolution()
    for file in order.sorted(files) {
      do throws(ReadError) {
        let report = try tracer.report(file)
        trace.append(report, of: file)
        evolution.append(report)
        run.models.append(file.path)
        if report.summary.failed > 0 { run.failed = true }
      } catch {
        run.add(error, path: file.path)
      }
    }
    if !selection.layers.isEmpty, !trace.checkpoints.isEmpty, trace.layers.isEmpty {
      Terminal.printError("error: no layer matches \(selection.layers.joined(separator: " or "))")
      throw ExitCode(1)
    }
    let report = TraceReport(
      settings: settings, trace: trace, evolution: evolution, axis: TraceAxis(axis, title: axisTitle),
      errors: run.errors)
    let format = format ?? .table
    let isEmpty = run.models.isEmpty && (format == .table || converter != nil)
    if !isEmpty {
      let text = try text(report, format)
      try emit(converter.map { try $0.convert(text) } ?? Array(text.utf8), to: output)
    }
    try run.exit()
  }

  private func picture(of report: TraceReport) throws -> String {
    guard let figure = report.figure else {
      Terminal.printError("error: no column has a number to draw")
      throw ExitCode(1)
    }
    return figure.svg(for: .file)
  }

  private var settings: [(name: String, value: String)] {
    [
      ("order", order.rawValue), ("slicing", slicing.rawValue), ("layers", selection.layers.joined(separator: " ")),
      ("seed", "\(seed)"), ("convention", "WᵀW"),
    ]
  }

  private func text(_ report: TraceReport, _ format: TraceFormat) throws -> String {
    switch format {
    case .table:
      report.table(
        width: output == nil ? Terminal.width : nil, isColored: output == nil && Terminal.isColored)
    case .csv: TraceRows(.csv, columns: report.trace.columns).text(report.trace)
    case .jsonl: TraceRows(.jsonl, columns: report.trace.columns).text(report.trace)
    case .json: report.json
    case .html: report.html
    case .svg, .png, .pdf: try picture(of: report)
    }
  }

  // MARK: A run that goes on

  /// Does not return but by an error: a signal ends the program.
  private func follow(_ folder: String, _ tracer: Tracer, _ rows: TraceRows) throws {
    guard isDirectory(folder) else {
      Terminal.printError("error: \(printable(folder)): is no folder")
      throw ExitCode(2)
    }
    let file = try GrowingOutput(path: output)
    let signals = [SIGINT, SIGTERM].map { TraceCommand.onSignal($0) { file.exitWhenWritten(0) } }
    defer { withExtendedLifetime(signals) {} }
    var watch = CheckpointWatch(folder, tracer.readers, settled: try begin(file, rows))
    while true {
      for checkpoint in watch.look() {
        let result = Result { () throws(ReadError) in try tracer.report(checkpoint) }
        // What was read of a file that changed meanwhile is of neither version: it is looked at again.
        guard watch.settle(checkpoint) else { continue }
        switch result {
        case .success(let report):
          var trace = TrainingTrace(columns: rows.columns)
          trace.append(report, of: checkpoint)
          try file.append(rows.text(trace, at: 0))
        case .failure(let error): Terminal.printError("error: \(error)")
        }
      }
      usleep(UInt32(interval * 1e6))
    }
  }

  /// Brings the file into order, or begins it.
  /// - Returns: the checkpoints that are in it.
  private func begin(_ file: GrowingOutput, _ rows: TraceRows) throws -> [String: FileStamp] {
    let contents: TraceFile
    do throws(ReadError) {
      contents = try TraceFile(try file.contents(), rows: rows, path: output ?? "standard output")
    } catch {
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
    try file.truncate(to: contents.wholeByteCount)
    if contents.wholeByteCount == 0 { try file.append(rows.header) }
    return contents.checkpoints
  }

  private static func onSignal(_ signal: Int32, _ action: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
    _ = Glibc.signal(signal, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
    source.setEventHandler(handler: action)
    source.resume()
    return source
  }
}

/// Opens and analyses one checkpoint after another.
private struct Tracer {
  let readers: ReaderRegistry
  let limits: Limits
  let options: AnalysisOptions
  let progress: ProgressLine

  func report(_ file: CheckpointFile) throws(ReadError) -> ModelReport {
    defer { progress.clear() }
    let progress = progress
    let graph = try readers.open(file.path, limits: limits)
    return try analyze(graph, path: file.path, options: options) { progress.show(file.path, $0) }
  }
}
