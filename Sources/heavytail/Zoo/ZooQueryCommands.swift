public import ArgumentParser
import Glibc
import ModelReading
public import Zoo

struct ZooListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the models of a zoo.")

  @OptionGroup var which: ZooRunArguments

  @Flag(help: "Only those that failed.")
  var failed = false

  @Option(help: "How to print it.")
  var format: ZooListFormat = .table

  func run() throws {
    let (reader, run) = try which.open()
    let all = try orExit { () throws(ZooError) in try reader.models(of: run) }
    let models = failed ? all.filter { $0.status == ZooStatus.failed } : all
    try emit(format.export?.text(models) ?? models.table(width: Terminal.width), to: nil)
  }
}

enum ZooListFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, jsonl

  /// `nil` for a table for people.
  var export: ZooExport? { ZooExport(rawValue: rawValue) }
}

struct ZooShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is known of one model, layer by layer.")

  @Argument(help: "Its path, its name, or the end of either.")
  var model: String

  @OptionGroup var which: ZooRunArguments

  func run() throws {
    let (reader, run) = try which.open()
    let model = try oneModel(model, of: run, in: reader)
    try emit(orExit { () throws(ZooError) in try reader.description(of: model, width: Terminal.width) }, to: nil)
  }
}

enum ZooTableFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv
}

struct ZooRankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank", abstract: "Put the models of a zoo in order.",
    discussion: """
      By a mean over the layers (\(ZooMetric.summarized.joined(separator: ", "))), a count of the summary, or the mean \
      of any column with numbers. Most of these can be compared only within one series of architectures.
      """)

  @Option(help: ArgumentHelp("What to go by.", valueName: "quantity"))
  var by = "alpha"

  @Option(help: ArgumentHelp("How many models; 0: all.", valueName: "n"))
  var limit = 50

  @Flag(help: "The largest first.")
  var descending = false

  @Option(help: "How to print it.")
  var format: ZooTableFormat = .table

  @OptionGroup var which: ZooRunArguments

  func validate() throws {
    guard ZooMetric(by) != nil else {
      throw ValidationError("--by: '\(printable(by))' is no quantity\n  hint: heavytail explain lists the columns")
    }
    if limit < 0 { throw ValidationError("--limit is \(limit), it must not be negative") }
  }

  func run() throws {
    guard let metric = ZooMetric(by) else { return }
    let (reader, run) = try which.open()
    let ranking = try orExit { () throws(ZooError) in
      try reader.ranking(of: run, by: metric, limit: limit == 0 ? nil : limit, descending: descending)
    }
    let table = ZooRankingTable(metric, ranking)
    try emit(format == .table ? table.table(width: Terminal.width) : table.csv, to: nil)
  }
}

struct ZooDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show the layers of two models beside each other, matched by name.")

  @Argument(help: "A model: its path, its name, or the end of either.")
  var first: String

  @Argument(help: "Another one.")
  var second: String

  @Option(help: "How to print it.")
  var format: ZooTableFormat = .table

  @OptionGroup var which: ZooRunArguments

  func run() throws {
    let (reader, run) = try which.open()
    let (first, second) = (try oneModel(first, of: run, in: reader), try oneModel(second, of: run, in: reader))
    let difference = try orExit { () throws(ZooError) in try ZooDifference(first, second, in: reader) }
    try emit(format == .table ? difference.table(width: Terminal.width) : difference.csv, to: nil)
  }
}

extension ZooExport: ExpressibleByArgument {}

struct ZooExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Print every layer of a zoo: a row each, and one for each model that failed.")

  @Option(help: "How to print it.")
  var format: ZooExport = .csv

  @OptionGroup var which: ZooRunArguments

  func run() throws {
    let (reader, run) = try which.open()
    try orExit { () throws(ZooError) in
      try format.write(run, of: reader) { line in
        guard Terminal.write(line, to: STDOUT_FILENO) else { throw WriteError("write", "standard output") }
      }
    }
  }
}

/// The one model that a word stands for.
private func oneModel(_ word: String, of run: ZooRun, in reader: ZooReader) throws -> ZooModel {
  let models = try orExit { () throws(ZooError) in try reader.models(word, of: run) }
  guard let model = models.first, models.count == 1 else {
    let names = models.prefix(5).map { "\n  \(printable($0.path))" }.joined()
    Terminal.printError(
      models.isEmpty
        ? "error: no model is called \(printable(word))\n  hint: heavytail zoo list shows them"
        : "error: \(models.count) models are called \(printable(word)):\(names)")
    throw ExitCode(2)
  }
  return model
}
