import Analysis
public import ModelReading

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
        return Survey(readers: readers, settings: question.settings).answer(question).text
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
    let report = try analyze(graph, path: work.places[0].path, options: options, part: work.part?.part)
    guard place.isUnchanged else { throw changed(work) }
    return report
  }

  private func changed(_ work: WorkLine) -> ReadError {
    ReadError(
      .io, "is not what it was when the work was planned", file: work.places[0].path,
      hint: "something writes to it, or it has gone: plan again")
  }
}
