import ArgumentParser
import ExternalReader
import ModelReaders
import ModelReading

/// Where readers beside the built-in ones are, and what they may spend.
struct ReaderArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder of executables named heavytail-reader-NAME, which read further formats; may be repeated.",
      valueName: "dir"),
    completion: .directory)
  var pluginPath: [String] = []

  @Option(help: ArgumentHelp("Seconds that an external reader may take for each answer.", valueName: "n"))
  var readerTimeout = ProgramLimits().seconds

  @Option(
    help: ArgumentHelp(
      "Memory of an external reader, beyond the size of the file (default: 4G).", valueName: "bytes"))
  var readerMemory: ByteCount?

  @Option(help: ArgumentHelp("Bytes that an external reader may print (default: 1G).", valueName: "bytes"))
  var readerOutput: ByteCount?

  private static let maximumTimeout = 86_400

  func validate() throws {
    guard (1...ReaderArguments.maximumTimeout).contains(readerTimeout) else {
      throw ValidationError(
        "--reader-timeout is \(readerTimeout), it must be from 1 to \(ReaderArguments.maximumTimeout)")
    }
  }

  /// The readers of this run. Each external one is asked at most once what it reads.
  func registry() -> ReaderRegistry {
    ReaderRegistry(ReaderRegistry.builtIn.readers, fallbacks: externalReaders())
  }

  /// - Parameter report: called with what an external reader does wrong where it is no file's fault.
  func externalReaders(
    report: @escaping @Sendable (ReadError) -> Void = { Terminal.printError("error: \($0)") }
  ) -> [ExternalReader] {
    ReaderSearch.executables(in: folders).map { ExternalReader(path: $0, limits: limits, report: report) }
  }

  /// The same options for another process of this program.
  var arguments: [String] {
    pluginPath.flatMap { ["--plugin-path", $0] } + ["--reader-timeout", "\(readerTimeout)"]
      + (readerMemory.map { ["--reader-memory", "\($0.value)"] } ?? [])
      + (readerOutput.map { ["--reader-output", "\($0.value)"] } ?? [])
  }

  var folders: [String] { ReaderSearch.folders(given: pluginPath) }

  var limits: ProgramLimits {
    var limits = ProgramLimits()
    limits.seconds = readerTimeout
    if let readerMemory { limits.memoryByteCount = readerMemory.value }
    if let readerOutput { limits.outputByteCount = readerOutput.value }
    return limits
  }
}
