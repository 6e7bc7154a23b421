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

  func run() throws {
    let run = paths.open { path, graph throws(ReadError) in (path: path, graph: graph) }
    let text =
      switch format {
      case .json: graphJSON(run.models, errors: run.errors, version: HeavyTail.version)
      case .table:
        run.models.map { graphTable($0.graph, path: $0.path, width: output == nil ? Terminal.width : nil) }
          .joined(separator: "\n")
      }
    if !run.models.isEmpty || format == .json { try emit(text, to: output) }
    try run.exit()
  }
}
