import Analysis
public import ArgumentParser
public import Figures
import ModelReading
import Reporting

extension FigureKind: ExpressibleByArgument {}

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw one figure of a layer or of a whole model, as SVG, PNG or PDF.",
    discussion: """
      Of a layer: esd (log-log, with the power law and its alternatives), esd-linear (bulk, law of noise, spikes), \
      esd-full (to the largest eigenvalue), scree (by rank), scan (D and α against xmin), randomized (beside the \
      entries in random order), localization (of the singular vectors). Of a model: depth (α and λmax by layer), \
      alphas (histogram), phases.

      heavytail plot model.pt --layer fc1 -o fc1.svg
      heavytail plot model.pt --layer fc1 --kind scan -o scan.pdf
      heavytail plot model.pt --kind depth -o depth.png
      """)

  @Argument(help: "A file, or a folder that is one model.", completion: .file())
  var path: String

  @Option(
    help: ArgumentHelp("The layer's name, or a pattern (* ? [a-z]) that it alone matches.", valueName: "name"))
  var layer: String?

  @Option(help: "What to draw (default: esd of a layer, depth of a model).")
  var kind: FigureKind?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to FILE.svg, FILE.png or FILE.pdf instead of SVG to standard output; - is standard output.",
      valueName: "file"))
  var output: String?

  @OptionGroup var spectra: SpectrumArguments

  @OptionGroup var progress: ProgressArguments

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  private var figureKind: FigureKind { kind ?? (layer == nil ? .depth : .esd) }

  /// `nil` for standard output.
  private var file: String? { output == "-" ? nil : output }

  private var format: PictureFormat? { file.map(PictureFormat.init(path:)) ?? .svg }

  func validate() throws {
    if figureKind.isOfLayer, layer == nil {
      throw ValidationError("--kind \(figureKind.rawValue) is of one layer: --layer says which")
    }
    if format == nil, let file {
      let endings = PictureFormat.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
      throw ValidationError("--output is \(printable(file)), it must end in \(endings)")
    }
  }

  func run() throws {
    // Without the program that makes it nothing need be analysed.
    let converter = try PictureConverter(format ?? .svg)
    try startBLAS()
    let report = try analyzed()
    let bytes = try converter.convert(figure(of: report).svg(for: .file))
    try emit(bytes, to: file)
  }

  private func analyzed() throws -> ModelReport {
    var options = spectra.options
    options.keepsSpectra = figureKind.isOfLayer
    if figureKind == .randomized { options.studies = .randomized }
    if figureKind == .localization { options.studies = .vectors }
    var limits = Limits()
    limits.maximumDecodedBytes = min(limits.maximumDecodedBytes, options.maximumMemory)
    let registry = readers.registry()
    let base = try spectra.openBase(registry, limits)
    let progress = self.progress.line
    do throws(ReadError) {
      defer { progress.clear() }
      var graph = try ModelPaths.openOne(path, registry, limits)
      if let base { graph = try graph.subtracting(base.graph, at: base.path, limits: limits) }
      options.layerPatterns = patterns(graph)
      return try analyze(graph, path: path, options: options) { progress.show(path, $0) }
    } catch {
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
  }

  /// A name with brackets in it is that name first.
  private func patterns(_ graph: LayerGraph) -> [String] {
    guard let layer else { return [] }
    let isName = graph.layers.contains { $0.name == layer } || graph.weights.contains { $0.name == layer }
    return [isName ? Glob.literal(layer) : layer]
  }

  private func figure(of report: ModelReport) throws -> Figure {
    guard figureKind.isOfLayer else {
      guard let figure = report.figure(figureKind) else { throw failure("no layer has anything to draw") }
      return figure
    }
    let record = try chosen(report.layers)
    guard let data = record.spectrumData else {
      throw failure("\(printable(record.name)) is \(record.status.rawValue): \(record.reason ?? "it has no spectrum")")
    }
    guard let figure = data.figure(figureKind) else {
      let reason = record.reason.map { ": " + $0 } ?? ""
      throw failure("\(printable(record.name)) has nothing to draw as \(figureKind.rawValue)\(reason)")
    }
    return figure
  }

  private func chosen(_ records: [LayerRecord]) throws -> LayerRecord {
    if let record = records.first(where: { $0.name == layer }) { return record }
    guard let record = records.first else {
      throw failure("no layer matches \(printable(layer ?? ""))\n  hint: heavytail inspect lists them")
    }
    guard records.count == 1 else {
      let names = records.prefix(6).map { printable($0.name) }.joined(separator: ", ")
      throw failure(
        "\(records.count) layers match \(printable(layer ?? "")): \(names)\(records.count > 6 ? ", …" : "")")
    }
    return record
  }

  private func failure(_ message: String) -> ExitCode {
    Terminal.printError("error: \(message)")
    return ExitCode(1)
  }
}
