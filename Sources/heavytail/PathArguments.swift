import ArgumentParser
import ModelReading

/// The models of a run, and what all commands do with them.
struct PathArguments: ParsableArguments {
  @Argument(
    help: "Files, folders that are one model (shards with an index), or folders of models.",
    completion: .file())
  var paths: [String]

  @Flag(name: .shortAndLong, help: "No progress and no notes on standard error; errors remain.")
  var quiet = false

  /// Opens every model and hands it to `body`; one that fails costs no other.
  func open<Value>(_ body: (String, LayerGraph) throws(ReadError) -> Value) -> Run<Value> {
    var run = Run<Value>()
    for path in paths {
      do throws(ReadError) {
        for model in try ModelPaths.expand(path) { run.add { () throws(ReadError) in try open(model, body) } }
      } catch {
        run.add(error)
      }
    }
    return run
  }

  private func open<Value>(
    _ path: String, _ body: (String, LayerGraph) throws(ReadError) -> Value
  ) throws(ReadError) -> Value {
    try body(path, readers.open(path))
  }
}

/// What became of the models of a run.
struct Run<Value> {
  var models: [Value] = []
  var errors: [ReadError] = []
  /// Whether part of a model that was read failed.
  var failed = false

  mutating func add(_ model: () throws(ReadError) -> Value) {
    do throws(ReadError) { models.append(try model()) } catch { add(error) }
  }

  /// Errors are printed as they happen: a long run tells early what is wrong.
  mutating func add(_ error: ReadError) {
    errors.append(error)
    Terminal.printError("error: \(error)")
  }

  /// Ends the command with the status that the outcome calls for.
  func exit() throws {
    if models.isEmpty { throw ExitCode(2) }
    if failed || !errors.isEmpty { throw ExitCode(1) }
  }
}
