public import Analysis
public import ArgumentParser
import ModelReading
import Reporting

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
    if compat == nil, !ww.isEmpty { throw ValidationError("--ww needs --compat weightwatcher") }
    var weightWatcher = WeightWatcherOptions()
    for option in ww where !weightWatcher.set(option) {
      throw ValidationError("--ww is \(option), it must be \(WeightWatcherOptions.choices.joined(separator: " or "))")
    }
    if let conflict = weightWatcher.conflict { throw ValidationError("--ww: \(conflict)") }
  }

  func run() throws {
    let start = ContinuousClock.now
    try startBLAS()
    let started = ContinuousClock.now
    let options = options
    let progress = ProgressLine(isEnabled: !paths.quiet)
    var limits = Limits()
    limits.maximumDecodedBytes = min(limits.maximumDecodedBytes, options.maximumMemory)
    let readers = paths.readers.registry()
    let base = try spectra.openBase(readers, limits)
    var run = paths.open(readers, limits: limits) { path, graph throws(ReadError) in
      defer { progress.clear() }
      var graph = graph
      if let base { graph = try graph.subtracting(base.graph, at: base.path, limits: limits) }
      return try analyze(graph, path: path, options: options) { progress.show(path, $0) }
    }
    run.failed = run.models.contains { $0.summary.failed > 0 }
    let results = AnalysisResults(
      settings: spectra.settings(layers: selection.layers), models: run.models, errors: run.errors,
      studies: study.studies)
    if !selection.layers.isEmpty, !run.models.isEmpty, run.models.allSatisfy({ $0.layers.isEmpty }) {
      Terminal.printError(
        "error: no layer matches \(selection.layers.joined(separator: " or "))\n  hint: heavytail inspect lists them")
      throw ExitCode(1)
    }
    let computed = ContinuousClock.now
    if !run.models.isEmpty || format != .table { try emit(text(results), to: output) }
    if timings {
      let end = ContinuousClock.now
      let table = TimingTable(
        start: started - start, open: run.openingTime, models: run.models.map(\.times), report: end - computed,
        wall: end - start)
      Terminal.printError(table.description)
    }
    try run.exit()
  }

  private var options: AnalysisOptions {
    var options = spectra.options
    options.compatibility = compat
    for option in ww { _ = options.weightWatcher.set(option) }
    options.studies = study.studies
    options.layerPatterns = selection.layers
    options.keepsSpectra = format == .html
    // The other tool's table has no p-value.
    if compat != nil { options.bootstrapCount = 0 }
    return options
  }

  private func text(_ results: AnalysisResults) -> String {
    if compat == .weightwatcher { return results.weightWatcherCSV }
    return switch format {
    case .table: results.table(width: output == nil ? Terminal.width : nil, findings: findings)
    case .csv: results.csv
    case .json: results.json
    case .jsonl: results.jsonLines
    case .html: results.html
    }
  }
}
