import ArgumentParser
import ModelReading
import Reporting

enum GraphFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json
}

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the layers of one or more models; reads their indexes only, no weights.")

  @OptionGroup var paths: PathArguments

  @Option(help: "How to print the layers.")
  var format: GraphFormat = .table

  @Option(name: .shortAndLong, help: "Write to FILE instead of standard output.")
  var output: String?

  @Flag(help: "List only what a framework's own loader would have executed or fetched.")
  var security = false

  func run() throws {
    let run = paths.open { path, graph throws(ReadError) in (path: path, graph: graph) }
    let text = security ? securityText(run) : graphText(run)
    if !run.models.isEmpty || format == .json { try emit(text, to: output) }
    try run.exit()
  }

  private var width: Int? { output == nil ? Terminal.width : nil }

  private func graphText(_ run: Run<(path: String, graph: LayerGraph)>) -> String {
    switch format {
    case .json: graphJSON(run.models, errors: run.errors, version: HeavyTail.version)
    case .table: run.models.map { graphTable($0.graph, path: $0.path, width: width) }.joined(separator: "\n")
    }
  }

  private func securityText(_ run: Run<(path: String, graph: LayerGraph)>) -> String {
    let findings = securityFindings(run.models, errors: run.errors)
    switch format {
    case .json:
      return securityJSON(findings, models: run.models.map(\.path), errors: run.errors, version: HeavyTail.version)
    case .table: return securityTable(findings, modelCount: run.models.count, width: width)
    }
  }
}
