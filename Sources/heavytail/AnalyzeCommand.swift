public import Analysis
public import ArgumentParser
import LayerDump
import LinearAlgebra
import ModelReading
import Reporting
import SpectralCore

extension Compatibility: ExpressibleByArgument {}

enum AnalysisFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json, jsonl, html
}

struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Analyse the weights of one or more models (the default command).")

  @OptionGroup var paths: PathArguments

  @Option(help: "How to print the report.")
  var format: AnalysisFormat = .table

  @Option(help: "Write the CSV that another tool would write, by its definitions.")
  var compat: Compatibility?

  @Option(
    help: ArgumentHelp(
      "With --compat weightwatcher, an option of that tool: \(WeightWatcherOptions.choices.joined(separator: ", ")); may be repeated.",
      valueName: "name=value"))
  var ww: [String] = []

  @Option(name: .shortAndLong, help: "Write the report to FILE instead of standard output.")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Columns to show, in this order, separated by commas; those of a study make it run. Not for html.",
      valueName: "a,b,…"))
  var columns: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Put the layers of each model in the order of this column, or with a - before it from the largest down; those without a value come last. Not for html.",
      valueName: "column"))
  var sort: String?

  @Flag(help: "A small picture of each spectrum in the table; on a terminal there is one where it has room.")
  var sparklines = false

  @Option(
    help: ArgumentHelp(
      "Write the eigenvalues of each row, as many as were computed, to FILE as npz: an array of float64 by the name of the row.",
      valueName: "file"))
  var esd: String?

  @OptionGroup var selection: LayerArguments

  @OptionGroup var spectra: SpectrumArguments

  @OptionGroup var study: StudyArguments

  @Flag(help: "Below each table, say in words what the numbers mean: facts, tests against noise, heuristics.")
  var findings = false

  @Flag(help: "Print to standard error how long each stage of the analysis took.")
  var timings = false

  func validate() throws {
    if compat != nil, spectra.definition.isOwn || spectra.definition.precision == .single {
      throw ValidationError("--compat has its own spectra, slicing and precision")
    }
    if compat != nil, format != .table, format != .csv {
      throw ValidationError("--compat writes CSV, not \(format.rawValue)")
    }
    if compat != nil, spectra.definition.fixFingers {
      throw ValidationError("--fix-fingers is ours; with --compat it is --ww fix_fingers=clip_xmax")
    }
    if compat != nil || format == .html, columns != nil || sort != nil {
      throw ValidationError("--columns and --sort are for our own table, csv, json and jsonl")
    }
    if compat != nil || format != .table, sparklines { throw ValidationError("--sparklines is for the table") }
    _ = try (chosenColumns(), order())
    if compat == nil, !ww.isEmpty { throw ValidationError("--ww needs --compat weightwatcher") }
    var weightWatcher = WeightWatcherOptions()
    for option in ww where !weightWatcher.set(option) {
      throw ValidationError("--ww is \(option), it must be \(WeightWatcherOptions.choices.joined(separator: " or "))")
    }
    if let conflict = weightWatcher.conflict { throw ValidationError("--ww: \(conflict)") }
  }

  private func chosenColumns() throws -> [Column]? {
    try columns.map { try ColumnArguments.columns($0, option: "--columns") }
  }

  private func order() throws -> (column: Column, descending: Bool)? {
    guard let sort else { return nil }
    let descending = sort.hasPrefix("-")
    let found = try ColumnArguments.columns(descending ? String(sort.dropFirst()) : sort, option: "--sort")
    guard found.count == 1 else { throw ValidationError("--sort is one column, not \(found.count)") }
    return (found[0], descending)
  }

  func run() throws {
    let start = ContinuousClock.now
    let blas = BLAS.Start()
    var waiting = Duration.zero
    let (columns, order) = (try chosenColumns(), try order())
    let options = options(columns, order)
    let archive = try esd.map { try EigenvalueArchive(path: $0) }
    let keepsSpectra = keepsSpectra
    let progress = paths.progress.line
    var limits = Limits()
    limits.maximumDecodedBytes = min(limits.maximumDecodedBytes, options.maximumMemory)
    let readers = paths.readers.registry()
    let base = try spectra.openBase(readers, limits)
    // Of those that could be opened.
    var modelCount = 0
    var run = try paths.open(readers, limits: limits) { path, graph in
      defer { progress.clear() }
      let opened = ContinuousClock.now
      try blas.ready()
      waiting += ContinuousClock.now - opened
      var graph = graph
      if let base { graph = try graph.subtracting(base.graph, at: base.path, limits: limits) }
      let report = try analyze(graph, path: path, options: options) {
        progress.show(path, $0)
      } visit: { [modelCount] weight, rows in
        for row in rows.indices {
          archive?.add(rows[row], at: EigenvalueArchive.Place(model: modelCount, weight: weight, row: row))
          if !keepsSpectra { rows[row].fitted = nil }
        }
      }
      modelCount += 1
      return report
    }
    run.failed = run.models.contains { $0.summary.failed > 0 }
    var results = AnalysisResults(
      settings: spectra.settings(layers: selection.layers), models: run.models, errors: run.errors,
      studies: options.studies)
    results.chosenColumns = columns
    if let order { results.sort(by: order.column, descending: order.descending) }
    if !selection.layers.isEmpty, !run.models.isEmpty, run.models.allSatisfy({ $0.layers.isEmpty }) {
      Terminal.printError(
        "error: no layer matches \(selection.layers.joined(separator: " or "))\n  hint: heavytail inspect lists them")
      throw ExitCode(1)
    }
    let computed = ContinuousClock.now
    try archive?.commit(models: run.models.map(\.path))
    if !run.models.isEmpty || format != .table { try emit(text(results), to: output) }
    if timings {
      let end = ContinuousClock.now
      let table = TimingTable(
        start: waiting, open: run.openingTime, models: run.models.map(\.times), report: end - computed,
        wall: end - start)
      Terminal.printError(table.description)
    }
    try run.exit()
  }

  /// Whether rows keep their spectra for the report.
  private var keepsSpectra: Bool { format == .html || format == .table && sparklineMode != .none }

  private var sparklineMode: TableOptions.Sparklines {
    if sparklines { return .always }
    return output == nil && Terminal.width != nil && columns == nil && compat == nil ? .whereRoom : .none
  }

  private func options(_ columns: [Column]?, _ order: (column: Column, descending: Bool)?) -> AnalysisOptions {
    var options = spectra.options
    options.compatibility = compat
    for option in ww { _ = options.weightWatcher.set(option) }
    options.studies = study.studies.union(Studies(for: (columns ?? []) + (order.map { [$0.column] } ?? [])))
    options.layerPatterns = selection.layers
    options.keepsSpectra = keepsSpectra || esd != nil
    // The other tool's table has no p-value.
    if compat != nil { options.bootstrapCount = 0 }
    return options
  }

  private func text(_ results: AnalysisResults) -> String {
    if compat == .weightwatcher { return results.weightWatcherCSV }
    return switch format {
    case .table: results.table(tableOptions(results))
    case .csv: results.csv
    case .json: results.json
    case .jsonl: results.jsonLines
    case .html: results.html
    }
  }

  private func tableOptions(_ results: AnalysisResults) -> TableOptions {
    var table = TableOptions(
      width: output == nil ? Terminal.width : nil, isColored: output == nil && Terminal.isColored)
    table.showsFindings = findings
    table.sparklines = sparklineMode
    table.columns = results.chosenColumns
    return table
  }
}

extension EigenvalueArchive {
  /// Adds the eigenvalues of a row, if it has any: those that were computed.
  fileprivate func add(_ row: LayerRecord, at place: Place) {
    guard let fitted = row.fitted else { return }
    let eigenvalues = fitted.spectrum.eigenvalues
    add(eigenvalues.suffix(fitted.exactCount ?? eigenvalues.count), name: row.name, at: place)
  }
}
