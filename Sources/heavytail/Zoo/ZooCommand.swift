import ArgumentParser
import Zoo

struct ZooCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zoo",
    abstract: "Analyse thousands of models into one database, and ask it.",
    discussion: """
      heavytail zoo add ~/models ~/.cache/huggingface/hub --db zoo.sqlite
      heavytail zoo rank --by alpha_weighted --db zoo.sqlite

      A run that ends early, however it ends, goes on where it was. With more than one machine: zoo plan, worker, \
      zoo merge.
      """,
    subcommands: [
      ZooAddCommand.self, ZooListCommand.self, ZooShowCommand.self, ZooRankCommand.self, ZooTrendsCommand.self,
      ZooReportCommand.self, ZooDiffCommand.self, ZooExportCommand.self, ZooRetryCommand.self, ZooPlanCommand.self,
      ZooMergeCommand.self,
    ])
}

/// Where the results are.
struct ZooDatabaseArguments: ParsableArguments {
  @Option(help: ArgumentHelp("The database.", valueName: "file"), completion: .file())
  var db = "zoo.sqlite"

  func writer() throws -> ZooWriter { try orExit { () throws(ZooError) in try ZooWriter(path: db) } }

  func reader() throws -> ZooReader { try orExit { () throws(ZooError) in try ZooReader(path: db) } }
}

/// Which results a question is about.
struct ZooRunArguments: ParsableArguments {
  @OptionGroup var database: ZooDatabaseArguments

  @Option(
    help: ArgumentHelp("Which settings, by their number in the table runs (default: the latest).", valueName: "n"))
  var run: Int64?

  func open() throws -> (reader: ZooReader, run: ZooRun) {
    let reader = try database.reader()
    let runs = try orExit { () throws(ZooError) in try reader.runs() }
    guard let chosen = run.map({ number in runs.first { $0.id == number } }) ?? runs.last else {
      Terminal.printError("error: \(database.db): has no run\(run.map { " \($0)" } ?? "")")
      throw ExitCode(2)
    }
    return (reader, chosen)
  }
}

/// Ends the command where there is nothing to go on with.
func orExit<Value>(_ body: () throws(ZooError) -> Value) throws -> Value {
  do throws(ZooError) {
    return try body()
  } catch {
    Terminal.printError("error: \(error)")
    throw ExitCode(2)
  }
}
