import ArgumentParser
import ModelReading
import Zoo

struct ZooAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Analyse every model below some folders that the database does not have yet.",
    discussion: """
      One model is one unit, whatever its number of files; the same content in several places is analysed once. What \
      has the same content, settings and version of this program is not computed again.
      """)

  @Argument(help: "Models, folders of models, Hugging Face caches.", completion: .file())
  var roots: [String]

  @OptionGroup var database: ZooDatabaseArguments

  @OptionGroup var plan: ZooPlanArguments

  @OptionGroup var workers: PoolArguments

  @Flag(name: .shortAndLong, help: "No progress on standard error; errors remain.")
  var quiet = false

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func run() throws {
    let progress = ProgressLine(isEnabled: !quiet)
    let registry = readers.registry()
    let (candidates, isWhole) = modelCandidates(roots, registry)
    guard !candidates.isEmpty else {
      if isWhole { Terminal.printError("error: there is no model in \(roots.joined(separator: " "))") }
      throw ExitCode(2)
    }
    let writer = try database.writer()
    defer { writer.close() }
    let settings = plan.settings
    let pool = try workers.pool(readers, registry)
    let (places, all, whole) = try orExit { () throws(ZooError) in
      (
        try writer.reader.places(), try writer.reader.contents(settings),
        try writer.reader.contents(settings, includingFailed: false)
      )
    }
    let log = SurveyLog(writer)
    let plan = ZooPlan(
      candidates, settings: settings, places: places, pool: pool, readers: registry, isKnown: all.contains
    ) { step in
      log.add(step.work)
      progress.show("\(step.surveyed)/\(step.total) models looked at")
    }
    progress.clear()
    try orExit { () throws(ZooError) in
      try log.finish()
      try writer.forget(plan.parts)
    }
    let failed = try ZooWork(pool: pool, writer: writer, progress: progress).run(plan.work)
    let failedBefore = plan.known.count { !whole.contains($0.content) }
    let count = plan.known.count + plan.work.count
    if !quiet {
      print(
        "\(count) model\(count == 1 ? "" : "s"): \(plan.work.count) computed, \(plan.known.count) known;",
        "\(failed + failedBefore) failed")
    }
    if failed + failedBefore > 0 || !isWhole { throw ExitCode(1) }
  }
}

struct ZooRetryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Analyse the models that failed again, with the settings that they failed with.")

  @OptionGroup var which: ZooRunArguments

  @OptionGroup var workers: PoolArguments

  @Flag(name: .shortAndLong, help: "No progress on standard error; errors remain.")
  var quiet = false

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func run() throws {
    let (reader, run) = try which.open()
    let candidates = try orExit { () throws(ZooError) in try reader.models(of: run) }
      .filter { $0.status == ZooStatus.failed }.map { ModelSearch.Candidate(path: $0.path, name: $0.name) }
    let registry = readers.registry()
    let pool = try workers.pool(readers, registry)
    let writer = try which.database.writer()
    defer { writer.close() }
    let whole = try orExit { () throws(ZooError) in
      try reader.contents(run.settings, includingFailed: false)
    }
    let plan = ZooPlan(
      candidates, settings: run.settings, pool: pool, readers: registry, isKnown: whole.contains)
    try orExit { () throws(ZooError) in try writer.record(plan.known) }
    let failed = try ZooWork(pool: pool, writer: writer, progress: ProgressLine(isEnabled: !quiet)).run(plan.work)
    if !quiet { print("\(plan.work.count) tried again: \(failed) failed") }
    if failed > 0 { throw ExitCode(1) }
  }
}
