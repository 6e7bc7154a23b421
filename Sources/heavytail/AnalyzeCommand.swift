public import Analysis
public import ArgumentParser
public import MatrixSlicing
import ModelReading
import Reporting

extension Slicing: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension Compatibility: ExpressibleByArgument {}
extension SpectrumSource: ExpressibleByArgument {}

enum AnalysisFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json, jsonl
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
      "Only layers whose whole name matches this pattern (* ? [a-z]); may be repeated.", valueName: "glob"))
  var layers: [String] = []

  @Option(
    help: """
      What the spectra are of: each of the weights; their inverse eigenvalues 1/λ; the products of consecutive weights \
      (intra); one matrix of all dense weights, standardised (stacked).
      """)
  var of: SpectrumSource = .weights

  @Option(
    help: ArgumentHelp(
      "Analyse W − W_base, the weights matched by name with those of the model at this path, in any format.",
      valueName: "path"),
    completion: .file())
  var base: String?

  @Option(help: "How convolutions become matrices.")
  var slicing: Slicing = .positions

  @Option(
    help: ArgumentHelp(
      "With --slicing fourier, points of the periodic grid along each axis (default: 32, or the power of two from four times a larger kernel).",
      valueName: "n"))
  var grid: Int?

  @Option(
    help: """
      Arithmetic of the eigenvalues: double; single, faster and blind to small ones; auto, single where it changes \
      nothing but digits beyond the fifth.
      """)
  var precision: Precision = .auto

  @Flag(help: "One row per matrix instead of one per layer with pooled eigenvalues.")
  var perSlice = false

  @OptionGroup var heads: HeadArguments

  @Option(help: ArgumentHelp("Fit no power law to fewer positive eigenvalues than this.", valueName: "n"))
  var minEvals = AnalysisOptions().minimumEigenvalues

  @Option(
    help: ArgumentHelp(
      "Test each power law against this many samples of it (fit_p_value); auto: up to 100, as many as cost little; 0: none.",
      valueName: "n"))
  var bootstrap = ReplicateCount.automatic

  @Flag(
    help: """
      Leave up to ten of the largest eigenvalues out of the power law where that lowers α by 1 (num_fingers, raw_alpha).
      """)
  var fixFingers = false

  @Flag(help: "Also analyse each weight with its entries in random order (rand_…, num_traps).")
  var randomize = false

  @Flag(help: "Also measure how localised the singular vectors are (bulk_…, tail_…, spike_ipr).")
  var vectors = false

  @Flag(help: "Also tell the phase with all rows and columns scaled to equal norms (phase_whitened).")
  var whiten = false

  @Flag(help: "Below each table, say in words what the numbers mean: facts, tests against noise, heuristics.")
  var findings = false

  @Flag(help: "Print to standard error how long each stage of the analysis took.")
  var timings = false

  @Option(help: ArgumentHelp("Where random numbers begin; the same seed gives the same report.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Threads to use (default: all processors).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Compute only the largest eigenvalues, or skip the layer, where more memory is needed than this, such as 8G (default: three quarters of what is free).",
      valueName: "bytes"))
  var maxMemory: ByteCount?

  private static let maximumThreads = 1024
  private static let maximumGrid = 65_536

  func validate() throws {
    if let threads, !(1...AnalyzeCommand.maximumThreads).contains(threads) {
      throw ValidationError("--threads is \(threads), it must be from 1 to \(AnalyzeCommand.maximumThreads)")
    }
    if let grid {
      guard slicing == .fourier else { throw ValidationError("--grid is for --slicing fourier") }
      guard (1...AnalyzeCommand.maximumGrid).contains(grid) else {
        throw ValidationError("--grid is \(grid), it must be from 1 to \(AnalyzeCommand.maximumGrid)")
      }
    }
    if heads.perHead, of == .intra || of == .stacked {
      throw ValidationError("--per-head cuts weights, not what --of \(of.rawValue) makes of them")
    }
    if compat != nil, slicing != .positions || precision == .single || of != .weights || heads.perHead {
      throw ValidationError("--compat has its own spectra, slicing and precision")
    }
    if compat != nil, format != .table, format != .csv {
      throw ValidationError("--compat writes CSV, not \(format.rawValue)")
    }
    if compat != nil, fixFingers {
      throw ValidationError("--fix-fingers is ours; with --compat it is --ww fix_fingers=clip_xmax")
    }
    if compat == nil, !ww.isEmpty { throw ValidationError("--ww needs --compat weightwatcher") }
    var weightWatcher = WeightWatcherOptions()
    for option in ww where !weightWatcher.set(option) {
      throw ValidationError("--ww is \(option), it must be \(WeightWatcherOptions.choices.joined(separator: " or "))")
    }
    if let conflict = weightWatcher.conflict { throw ValidationError("--ww: \(conflict)") }
    if minEvals < 2 { throw ValidationError("--min-evals is \(minEvals), it must be at least 2") }
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
    let base = try openBase(readers, limits)
    var run = paths.open(readers, limits: limits) { path, graph throws(ReadError) in
      defer { progress.clear() }
      var graph = graph
      if let base { graph = try graph.subtracting(base.graph, at: base.path, limits: limits) }
      return try analyze(graph, path: path, options: options) { progress.show(path, $0) }
    }
    run.failed = run.models.contains { $0.summary.failed > 0 }
    let results = AnalysisResults(
      settings: settings, models: run.models, errors: run.errors, studies: studies)
    if !layers.isEmpty, !run.models.isEmpty, run.models.allSatisfy({ $0.layers.isEmpty }) {
      Terminal.printError(
        "error: no layer matches \(layers.joined(separator: " or "))\n  hint: heavytail inspect lists them")
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

  /// Nothing can be said without it.
  private func openBase(_ readers: ReaderRegistry, _ limits: Limits) throws -> (path: String, graph: LayerGraph)? {
    guard let base else { return nil }
    do throws(ReadError) {
      return (base, try readers.open(base, limits: limits))
    } catch {
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
  }

  private var studies: Studies {
    var studies: Studies = []
    if randomize { studies.insert(.randomized) }
    if vectors { studies.insert(.vectors) }
    if whiten { studies.insert(.whitened) }
    return studies
  }

  private var options: AnalysisOptions {
    var options = AnalysisOptions()
    options.source = of
    options.isDifference = base != nil
    options.slicing = slicing
    options.gridSide = grid
    options.perSlice = perSlice
    options.perHead = heads.perHead
    options.headWidth = heads.headWidth
    options.compatibility = compat
    for option in ww { _ = options.weightWatcher.set(option) }
    options.studies = studies
    options.precision = precision
    options.layerPatterns = layers
    options.minimumEigenvalues = minEvals
    options.fixesFingers = fixFingers
    // The other tool's table has no p-value.
    options.bootstrapCount = compat == nil ? bootstrap.number : 0
    options.seed = seed
    options.threadCount = threads ?? Machine.processorCount
    options.maximumMemory = maxMemory?.value ?? Machine.workingByteCount
    return options
  }

  /// What the numbers depend on. Threads change none; memory changes which there are, as their rows say.
  private var settings: [(name: String, value: String)] {
    [
      ("of", of.rawValue), ("slicing", slicing.rawValue), ("per_slice", "\(perSlice)"),
      ("layers", layers.joined(separator: " ")),
      ("min_evals", "\(minEvals)"), ("fix_fingers", "\(fixFingers)"), ("precision", precision.rawValue),
      ("bootstrap", bootstrap.description),
      ("seed", "\(seed)"), ("convention", "WᵀW"),
    ] + (heads.perHead ? [("per_head", "true")] : []) + (heads.headWidth.map { [("head_width", "\($0)")] } ?? [])
      + (base.map { [("base", $0)] } ?? [])
  }

  private func text(_ results: AnalysisResults) -> String {
    if compat == .weightwatcher { return results.weightWatcherCSV }
    return switch format {
    case .table: results.table(width: output == nil ? Terminal.width : nil, findings: findings)
    case .csv: results.csv
    case .json: results.json
    case .jsonl: results.jsonLines
    }
  }
}
