import ArgumentParser
import ModelReading
import Zoo

/// How intervals are drawn, and where scores come from.
struct QualityArguments: ParsableArguments {
  @Option(help: ArgumentHelp("How often models are drawn anew; 0: no intervals.", valueName: "n"))
  var replicates = 1000

  @Option(help: ArgumentHelp("Where random numbers begin; the same seed gives the same intervals.", valueName: "n"))
  var seed: UInt64 = 0

  private static let maximumReplicates = 1_000_000

  func validate() throws {
    guard (0...QualityArguments.maximumReplicates).contains(replicates) else {
      throw ValidationError(
        "--replicates is \(replicates), it must be from 0 to \(QualityArguments.maximumReplicates)")
    }
  }

  /// The scores in a file.
  func scores(_ path: String) throws -> QualityScores {
    do throws(ReadError) {
      return try QualityScores(ByteSource(MappedFile(path: path)).copy(), path: path)
    } catch {
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
  }

  /// How models go with scores; what is of no model is said, and no model at all is an error.
  func trends(_ scores: QualityScores, _ models: [ZooModel], metric: String? = nil) throws -> QualityTrends {
    let trends = QualityTrends(scores, models, metric: metric, replicates: replicates, seed: seed)
    for name in trends.unmatched {
      Terminal.printError("note: \(printable(name)) has a score and is no model of the zoo, or several")
    }
    guard !trends.points.isEmpty else {
      Terminal.printError("error: no model has a score")
      throw ExitCode(2)
    }
    return trends
  }
}
