import ArgumentParser
import Figures
import ModelReading
import Zoo

enum ZooTrendsFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, svg
}

struct ZooTrendsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trends",
    abstract: "Show how the quantities of a zoo's models go with their quality.",
    discussion: """
      FILE is CSV with the columns model and score, and series if the names do not tell it. Kendall's τ, Spearman's ρ, \
      Pearson's r and the error of a straight line, each with an interval of 95 % from models drawn anew, over all \
      models and within each series of \(QualityTrends.leastSeries) models or more. As svg they are drawn: a dot for \
      each model, and the lines.

      heavytail zoo trends --quality accuracy.csv --by alpha_weighted --format svg > trend.svg
      """)

  @Option(help: ArgumentHelp("Models and their scores.", valueName: "file"), completion: .file())
  var quality: String

  @Option(
    help: ArgumentHelp(
      "Only this one of \(ZooMetric.summarized.joined(separator: ", ")).", valueName: "quantity"))
  var by: String?

  @Option(help: "How to print it.")
  var format: ZooTrendsFormat = .table

  @OptionGroup var intervals: QualityArguments

  @OptionGroup var which: ZooRunArguments

  func validate() throws {
    if let by, !ZooMetric.summarized.contains(by) {
      throw ValidationError("--by: '\(printable(by))' is none of \(ZooMetric.summarized.joined(separator: ", "))")
    }
  }

  func run() throws {
    let (reader, run) = try which.open()
    let scores = try intervals.scores(quality)
    let models = try orExit { () throws(ZooError) in try reader.models(of: run) }
    let trends = try intervals.trends(scores, models, metric: by)
    switch format {
    case .table: try emit(trends.table(width: Terminal.width), to: nil)
    case .csv: try emit(trends.csv, to: nil)
    case .svg: try emit(picture(of: trends), to: nil)
    }
  }

  private func picture(of trends: QualityTrends) throws -> String {
    guard let figure = trends.figure else {
      Terminal.printError("error: no model with a score has a number to draw")
      throw ExitCode(1)
    }
    return figure.svg(for: .file)
  }
}
