import ArgumentParser
import CLinux
import Glibc
import ModelReading

@main
struct HeavyTail: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heavytail",
    abstract: "Shows what random matrix theory says about a trained network's weights.",
    discussion: """
      Reads a model in any format, without running anything in it, and fits the eigenvalue \
      spectrum of every weight matrix, layer by layer.

      Exit status: 0 all well; 1 a file or layer failed and the others were reported; \
      2 nothing could be read; 64 wrong usage.
      """,
    version: heavyTailVersion,
    subcommands: [
      AnalyzeCommand.self, CompareCommand.self, TraceCommand.self, PlotCommand.self, DistancesCommand.self,
      InspectCommand.self, ExportCommand.self, SynthCommand.self, ExplainCommand.self, FormatsCommand.self,
      ConformanceCommand.self, ZooCommand.self, WorkerCommand.self,
    ],
    defaultSubcommand: AnalyzeCommand.self)

  static func main() {
    allowManyFiles()
    CLinux_keepFreedMemory(1 << 24)
    guard let command = analyzeCommand() else { return main(nil) }
    do { try command.run() } catch { exit(withError: error) }
  }

  /// `analyze` with its arguments; `nil` for all other commands, and where there is help or an error to be shown.
  ///
  /// To find it in the tree of commands takes longer than a small layer's analysis.
  private static func analyzeCommand() -> AnalyzeCommand? {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.first == AnalyzeCommand._commandName else { return nil }
    return try? AnalyzeCommand.parseAsRoot(Array(arguments.dropFirst())) as? AnalyzeCommand
  }

  /// A model may be a folder of thousands of files, all of them open; systems allow few until they are asked.
  private static func allowManyFiles() {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    // Without it, opening says so.
    _ = unsafe setrlimit(resource, &limit)
  }
}
