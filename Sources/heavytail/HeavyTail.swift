import ArgumentParser
import Glibc
import HDF5

@main
enum Program {
  /// libhdf5 runs in a child that is this same program under another name.
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == HDF5Worker.subcommand { exit(HDF5Worker.main(Array(arguments.dropFirst()))) }
    HDF5Worker.executable = "/proc/self/exe"
    HeavyTail.main()
  }
}

struct HeavyTail: ParsableCommand {
  /// Semantic version of the tool and of its libraries.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "heavytail",
    abstract: "Shows what random matrix theory says about a trained network's weights.",
    discussion: """
      Reads a model in any format, without running anything in it, and fits the eigenvalue \
      spectrum of every weight matrix, layer by layer.

      Exit status: 0 all well; 1 a file or layer failed and the others were reported; \
      2 nothing could be read; 64 wrong usage.
      """,
    version: version,
    subcommands: [
      AnalyzeCommand.self, DistancesCommand.self, InspectCommand.self, SynthCommand.self, ExplainCommand.self,
      FormatsCommand.self,
    ],
    defaultSubcommand: AnalyzeCommand.self)
}
