import ArgumentParser
import ModelReading
import Zoo

struct ZooTrendsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trends",
    abstract: "Show how the quantities of a zoo's models go with their quality.",
    discussion: """
      FILE is CSV with the columns model and score, and series if the names do not tell it. Kendall's τ, Spearman's ρ, \
      Pearson's r and the error of a straight line, each with an interval of 95 % from models drawn anew, over all \
      models and within each series of \(QualityTrends.leastSeries) models or more.
      """)

  @Option(help: ArgumentHelp("Models and their scores.", valueName: "file"), completion: .file())
  var quality: String

  @Option(help: "How to print it.")
  var format: ZooTableFormat = .table

  @Option(help: ArgumentHelp("How often models are drawn anew; 0: no intervals.", valueName: "n"))
  var replicates = 1000

  @Option(help: ArgumentHelp("Where random numbers begin; the same seed gives the same intervals.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup var which: ZooRunArguments

  private static let maximumReplicates = 1_000_000

  func validate() throws {
    guard (0...ZooTrendsCommand.maximumReplicates).contains(replicates) else {
      throw ValidationError(
        "--replicates is \(replicates), it must be from 0 to \(ZooTrendsCommand.maximumReplicates)")
    }
  }

  func run() throws {
    let (reader, run) = try which.open()
    let scores: QualityScores
    do throws(ReadError) {
      scores = try QualityScores(ByteSource(MappedFile(path: quality)).copy(), path: quality)
    } catch {
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
    let models = try orExit { () throws(ZooError) in try reader.models(of: run) }
    let trends = QualityTrends(scores, models, replicates: replicates, seed: seed)
    for name in trends.unmatched {
      Terminal.printError("note: \(printable(name)) has a score and is no model of the zoo, or several")
    }
    guard !trends.points.isEmpty else {
      Terminal.printError("error: no model has a score")
      throw ExitCode(2)
    }
    try emit(format == .table ? trends.table(width: Terminal.width) : trends.csv, to: nil)
  }
}
