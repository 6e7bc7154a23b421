import ArgumentParser

/// How much a command says on standard error beside errors.
struct ProgressArguments: ParsableArguments {
  @Flag(name: .shortAndLong, help: "No progress and no notes on standard error; errors remain.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "A line on standard error for each model and layer that is done.")
  var verbose = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }

  var line: ProgressLine { ProgressLine(isEnabled: !quiet, isVerbose: verbose) }
}
