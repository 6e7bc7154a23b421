public import ArgumentParser
import LayerDump
import LayerDumpReader
import ModelReading
public import Reporting

enum GraphFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json
}

extension DrawingLanguage: ExpressibleByArgument {}

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the layers of one or more models; reads their indexes only, no weights.")

  @OptionGroup var paths: PathArguments

  @Option(help: "How to print the layers.")
  var format: GraphFormat = .table

  @Option(help: "Draw the layers and the dataflow instead, for Graphviz or Mermaid.")
  var graph: DrawingLanguage?

  @Option(name: .shortAndLong, help: "Write to FILE instead of standard output.")
  var output: String?

  @Flag(help: "List only what a framework's own loader would have executed or fetched.")
  var security = false

  @Flag(help: "Compare the values of layer dumps with the SHA-256 sums in them; reads everything.")
  var verify = false

  func validate() throws {
    let others = [graph != nil, security, verify].count { $0 }
    if others > 1 { throw ValidationError("--graph, --security and --verify exclude each other") }
    if format == .json, graph != nil || verify { throw ValidationError("--graph and --verify print no JSON") }
  }

  func run() throws {
    if verify { return try runVerification() }
    let run = try paths.open(paths.readers.registry()) { path, graph in (path: path, graph: graph) }
    let text = security ? securityText(run) : graphText(run)
    if !run.models.isEmpty || format == .json { try emit(text, to: output) }
    try run.exit()
  }

  private var width: Int? { output == nil ? Terminal.width : nil }

  private func graphText(_ run: Run<(path: String, graph: LayerGraph)>) -> String {
    if let graph { return graphDrawing(run.models, in: graph) }
    return switch format {
    case .json: graphJSON(run.models, errors: run.errors)
    case .table: run.models.map { graphTable($0.graph, path: $0.path, width: width) }.joined(separator: "\n")
    }
  }

  private func securityText(_ run: Run<(path: String, graph: LayerGraph)>) -> String {
    let findings = securityFindings(run.models, errors: run.errors)
    switch format {
    case .json:
      return securityJSON(findings, models: run.models.map(\.path), errors: run.errors)
    case .table: return securityTable(findings, modelCount: run.models.count, width: width)
    }
  }

  // MARK: Verification

  private func runVerification() throws {
    var run = try paths.open(paths.readers.registry()) { path, graph in
      guard graph.format == LayerDumpReader.format.name else {
        throw ReadError(
          .unsupported, "is no layer dump: nothing says what its values were", file: path,
          hint: "heavytail export writes layer dumps")
      }
      return (path: path, differing: try differingTensors(of: path))
    }
    run.failed = run.models.contains { !$0.differing.names.isEmpty }
    let lines = run.models.flatMap { model in
      model.differing.names.map { "\(printable(model.path)): '\(printable($0))' differs from its SHA-256 sum" } + [
        "\(printable(model.path)): \(model.differing.count - model.differing.names.count) of \(model.differing.count) "
          + "tensors as recorded"
      ]
    }
    if !lines.isEmpty { try emit(lines.joined(separator: "\n") + "\n", to: output) }
    try run.exit()
  }

  private func differingTensors(of path: String) throws(ReadError) -> (names: [String], count: Int) {
    let digests = try LayerDumpReader.digests(of: path, limits: Limits())
    var names: [String] = []
    do throws(DumpError) {
      for (tensor, digest) in digests where try TensorDigest.hexadecimal(of: tensor) != digest {
        names.append(tensor.name)
      }
    } catch {
      guard case .read(let error) = error else { throw ReadError(.io, "\(error)", file: path) }
      throw error
    }
    return (names, digests.count)
  }
}
