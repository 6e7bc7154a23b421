import ArgumentParser
import Glibc
import ModelReading
import Zoo

struct ZooPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Print the work on every model below some folders: a line each, for workers on any machine.",
    discussion: """
      Lines are in the order of their costs, the most expensive first. A model of more operations than --split says is \
      divided by its layers, a line for each part: with the result of the last one, zoo merge has the whole model. With \
      --db, models and parts that the database has are left out.

      heavytail zoo plan models/ > work.jsonl
      split -n r/8 work.jsonl part-           # a part for each of 8 machines
      heavytail worker < part-aa > results-aa.jsonl
      heavytail zoo merge results-*.jsonl --db zoo.sqlite
      """)

  @Argument(help: "Models, folders of models, Hugging Face caches.", completion: .file())
  var roots: [String]

  @Option(help: ArgumentHelp("Leave out what this database has.", valueName: "file"), completion: .file())
  var db: String?

  @Flag(help: "With --db, plan again what failed there.")
  var retry = false

  @Option(
    help: ArgumentHelp(
      "Divide models of more floating-point operations than this into parts of about as many; 0: none.",
      valueName: "flops"))
  var split = OperationCount.tenMinutes

  @OptionGroup var plan: ZooPlanArguments

  @OptionGroup var workers: PoolArguments

  @Flag(name: .shortAndLong, help: "No progress and no notes on standard error; errors remain.")
  var quiet = false

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func validate() throws {
    if retry, db == nil { throw ValidationError("--retry needs --db: there it says what failed") }
  }

  func run() throws {
    let registry = readers.registry()
    let (candidates, isWhole) = modelCandidates(roots, registry)
    let settings = plan.settings
    let progress = ProgressLine(isEnabled: !quiet)
    let reader = try db.map { path in try orExit { () throws(ZooError) in try ZooReader(path: path) } }
    let (places, contents, parts) = try orExit { () throws(ZooError) in
      (
        try reader?.places() ?? [:], try reader?.contents(settings, includingFailed: !retry) ?? [],
        try reader?.parts(settings, includingFailed: !retry) ?? [:]
      )
    }
    let plan = ZooPlan(
      candidates, settings: settings, places: places, pool: try workers.pool(readers, registry), readers: registry,
      isKnown: contents.contains, split: split.value > 0 ? split.value : nil, knownParts: parts
    ) { progress.show("\($0.surveyed)/\($0.total) models looked at") }
    progress.clear()
    for line in plan.work {
      guard Terminal.write(line.text + "\n", to: STDOUT_FILENO) else { throw ExitCode(1) }
    }
    let newPlaces = plan.known.lazy.flatMap(\.places).count { places[$0.path] == nil }
    if newPlaces > 0, !quiet {
      Terminal.printError(
        "note: \(newPlaces) models have the content of others in the database; zoo add records where they are")
    }
    if !isWhole { throw ExitCode(1) }
  }
}

struct ZooMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Add the results of workers to the database.",
    discussion:
      "The same result a second time changes nothing. A line that is cut, or none of ours, is left out and named.")

  @Argument(help: "Files of results; standard input if there are none.", completion: .file())
  var results: [String] = []

  @OptionGroup var database: ZooDatabaseArguments

  @Flag(name: .shortAndLong, help: "No progress on standard error; errors remain.")
  var quiet = false

  /// Results in one transaction.
  private static let batch = 256

  func run() throws {
    let writer = try database.writer()
    defer { writer.close() }
    let progress = ProgressLine(isEnabled: !quiet)
    var (merged, refused) = (0, 0)
    for path in results.isEmpty ? ["-"] : results {
      let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        Terminal.printError("error: \(WriteError("open", path))")
        refused += 1
        continue
      }
      defer { if path != "-" { close(descriptor) } }
      let name = path == "-" ? "standard input" : path
      let lines = LineSource(descriptor, label: name)
      var isOver = false
      while !isOver {
        let batch = ResultLine.batch(of: lines, ZooMergeCommand.batch, label: name)
        isOver = batch.isLast
        for error in batch.errors { Terminal.printError("error: \(error)") }
        refused += batch.errors.count
        try orExit { () throws(ZooError) in try writer.merge(batch.results) }
        merged += batch.results.count
        progress.show("\(merged) results merged")
      }
    }
    progress.clear()
    if !quiet { print("\(merged) result\(merged == 1 ? "" : "s") merged; \(refused) left out") }
    if refused > 0 { throw ExitCode(1) }
  }
}
