import Analysis
public import ModelReading
import StrictJSON

/// Answers lines, each by one line: work by its result, and the planner's question what there is to do by that work.
///
/// It keeps nothing from one line to the next.
public struct UnitWorker: Sendable {
  private let readers: ReaderRegistry
  private let threadCount: Int

  /// - Parameter threadCount: for each model; no number depends on it.
  public init(readers: ReaderRegistry, threadCount: Int) {
    self.readers = readers
    self.threadCount = threadCount
  }

  /// - Parameter label: what errors call the line.
  /// - Returns: one line, whatever `line` is.
  public func answer(_ line: [UInt8], label: String = "line") -> String {
    do throws(ReadError) {
      if let question = try? SurveyQuestion(parsing: line) {
        return Survey(readers: readers, settings: question.settings).work(on: question.path, name: question.name).text
      }
      let work = try WorkLine(parsing: line, label: label)
      return result(of: work)
    } catch {
      return ResultLine.text(nil, error)
    }
  }

  private func result(of work: WorkLine) -> String {
    do throws(ReadError) { return ResultLine.text(work, try report(work)) } catch {
      return ResultLine.text(work, error)
    }
  }

  private func report(_ work: WorkLine) throws(ReadError) -> ModelReport {
    guard let place = work.places.first(where: \.isUnchanged) else { throw changed(work) }
    var options = work.settings.options
    // The last digits of what they find depend on the number of threads.
    options.threadCount = options.studies.isEmpty ? threadCount : 1
    let graph = try readers.open(place.path, limits: work.settings.limits)
    let report = try analyze(graph, path: work.places[0].path, options: options)
    guard place.isUnchanged else { throw changed(work) }
    return report
  }

  private func changed(_ work: WorkLine) -> ReadError {
    ReadError(
      .io, "is not what it was when the work was planned", file: work.places[0].path,
      hint: "something writes to it, or it has gone: plan again")
  }
}

/// What the planner asks of a worker: the work on one model.
struct SurveyQuestion {
  private static let schema = "heavytail.survey/1"

  var path: String
  var name: String
  var settings: AnalysisSettings

  init(path: String, name: String, settings: AnalysisSettings) {
    self.path = path
    self.name = name
    self.settings = settings
  }

  init(parsing line: [UInt8]) throws(ReadError) {
    let json = try JSON.line(line, schema: SurveyQuestion.schema, "question")
    self.init(
      path: try json.text("path"), name: try json.text("name"),
      settings: try AnalysisSettings(json.object("settings")))
  }

  var text: String {
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      writer.member("schema", SurveyQuestion.schema)
      writer.member("path", path)
      writer.member("name", name)
      writer.key("settings")
      writer.write(settings)
    }
    return writer.text
  }
}
