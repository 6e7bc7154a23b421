import ArgumentParser
import Zoo

struct ZooReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write everything about a zoo as one HTML page.",
    discussion: """
      The page needs nothing else: findings, figures of models against any two quantities, the phases of each family, a \
      table that sorts and filters, and the layers of each model. With --quality it also shows how the quantities go \
      with the scores, as zoo trends does.
      """)

  @Option(name: .shortAndLong, help: "Write to FILE instead of standard output.", completion: .file())
  var output: String?

  @Option(help: ArgumentHelp("Models and their scores, as for zoo trends.", valueName: "file"), completion: .file())
  var quality: String?

  @OptionGroup var intervals: QualityArguments

  @OptionGroup var which: ZooRunArguments

  func run() throws {
    let (reader, run) = try which.open()
    let scores = try quality.map(intervals.scores)
    let contents = try orExit { () throws(ZooError) in try ZooContents(of: run, in: reader) }
    let trends = try scores.map { try intervals.trends($0, contents.models) }
    try emit(ZooReport(contents, trends: trends).html, to: output)
  }
}
