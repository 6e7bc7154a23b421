import ArgumentParser
import ModelReading

/// The models of a run, and what all commands do with them.
struct PathArguments: ParsableArguments {
  @Argument(
    help: "Files, folders that are one model (shards with an index), or folders of models.",
    completion: .file())
  var paths: [String]

  @OptionGroup var progress: ProgressArguments

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  var quiet: Bool { progress.quiet }

  /// Whether there is one path, and it is a model, not a folder of models.
  func isOneModel(_ readers: ReaderRegistry) -> Bool { paths.count == 1 && ModelPaths.isModel(paths[0], readers) }

  /// Opens every model and hands it to `body`; one that fails with a `ReadError` costs no other.
  ///
  /// - Throws: what `body` throws that is none.
  func open<Value>(
    _ readers: ReaderRegistry, limits: Limits = Limits(), _ body: (String, LayerGraph) throws -> Value
  ) throws -> Run<Value> {
    var run = Run<Value>()
    for path in paths {
      let found = ModelPaths(path, readers)
      for failure in found.errors { run.add(failure.error, path: failure.path) }
      for model in found.models {
        do {
          let start = ContinuousClock.now
          let graph = try readers.open(model, limits: limits)
          run.openingTime += ContinuousClock.now - start
          if progress.verbose { Terminal.printError("\(printable(model)): \(graph.layers.count) layers") }
          noteOthers(in: model, graph, readers)
          run.models.append(try body(model, graph))
        } catch let error as ReadError {
          run.add(error, path: model)
        }
      }
    }
    return run
  }

  /// A folder that is one model may hold another one, in another format: it is not analysed, and that is said.
  private func noteOthers(in path: String, _ graph: LayerGraph, _ readers: ReaderRegistry) {
    guard !quiet else { return }
    for other in ModelPaths.others(besides: graph.files, in: path, readers) {
      Terminal.printError("note: \(printable(other)) is not part of the model in its folder; give its path to read it")
    }
  }
}

/// What became of the models of a run.
struct Run<Value> {
  var models: [Value] = []
  /// By the path that was opened; `error.file` may name a member or a shard.
  private(set) var errors: [(path: String, error: ReadError)] = []
  /// What opening them took.
  var openingTime = Duration.zero
  /// Whether part of a model that was read failed.
  var failed = false

  /// Errors are printed as they happen: a long run tells early what is wrong.
  mutating func add(_ error: ReadError, path: String) {
    errors.append((path, error))
    Terminal.printError("error: \(error)")
  }

  /// Ends the command with the status that the outcome calls for.
  func exit() throws {
    if models.isEmpty { throw ExitCode(2) }
    if failed || !errors.isEmpty { throw ExitCode(1) }
  }
}
