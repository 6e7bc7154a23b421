public import Analysis
public import ModelReading
import Synchronization

/// What there is to do for the models below some folders.
public struct ZooPlan: Sendable {
  /// Each content once, or each part of it, that of the most operations first.
  public private(set) var work: [WorkLine] = []
  /// What is known already, with all its places.
  public private(set) var known: [WorkLine] = []

  /// What turned out to be part of a model, by path.
  public private(set) var parts: [String] = []

  /// A model that has just been looked at.
  public struct Step: Sendable {
    public var work: WorkLine
    public var surveyed: Int
    public var total: Int
  }

  /// - Parameters:
  ///   - places: models whose files are looked at again only if they have changed, by path.
  ///   - isKnown: whether there is a result for a content already, be it of some parts.
  ///   - split: operations above which a model is divided into parts; `nil`: none is.
  ///   - knownParts: parts that there is a result of already, by content.
  ///   - pool: who opens models.
  ///   - step: called with each model that is opened, by one thread at a time.
  public init(
    _ candidates: [ModelSearch.Candidate], settings: AnalysisSettings, places: [String: PlannedPlace] = [:],
    pool: WorkerPool, readers: ReaderRegistry, isKnown: (String) -> Bool = { _ in false },
    split: Double? = nil, knownParts: [String: Set<ModelPart>] = [:],
    step: @escaping @Sendable (Step) -> Void = { _ in }
  ) {
    var surveyed: [WorkLine] = []
    func isDone(_ content: String) -> Bool {
      isKnown(content) && (split == nil || knownParts[content] == nil)
    }
    var questions: [SurveyQuestion] = []
    for candidate in candidates {
      var files: [ModelFile] = []
      if let place = places[candidate.path], place.isCurrent {
        // How a model is divided only its layers tell.
        guard let split, place.operations > split, !isDone(place.content) else {
          surveyed.append(place.work(candidate, settings))
          continue
        }
        files = place.files
      }
      questions.append(
        SurveyQuestion(path: candidate.path, name: candidate.name, settings: settings, split: split, files: files))
    }
    let answers = ZooPlan.survey(questions, pool, readers, step)
    surveyed += answers.map(\.work)
    let models = surveyed.ownedByNoOther()
    parts = Set(surveyed.map(\.places[0].path)).subtracting(models.map(\.places[0].path)).sorted()
    let costs = Dictionary(answers.map { ($0.work.content, $0.parts) }) { first, _ in first }
    for work in ZooPlan.merged(models) {
      let (costs, done) = (costs[work.content] ?? [], knownParts[work.content] ?? [])
      let lines = isDone(work.content) ? [] : work.divided(costs, without: done)
      if lines.isEmpty { known.append(work) } else { self.work += lines }
    }
    self.work.sort { $0.comesBefore($1) }
  }

  private static func survey(
    _ questions: [SurveyQuestion], _ pool: WorkerPool, _ readers: ReaderRegistry,
    _ step: @escaping @Sendable (Step) -> Void
  ) -> [SurveyAnswer] {
    let position = Atomic(0)
    let found = Mutex<[SurveyAnswer]>([])
    pool.run {
      let index = position.add(1, ordering: .relaxed).oldValue
      guard index < questions.count else { return nil }
      let question = questions[index]
      return WorkerPool.Job(question) { _ in
        // Opening it ends processes: its analysis will say how.
        let survey = Survey(readers: readers, settings: question.settings)
        return SurveyAnswer(work: survey.unopened(question.path, name: question.name)).text
      }
    } deliver: { _, text in
      guard let answer = try? SurveyAnswer(parsing: Array(text.utf8)) else { return }
      let count = found.withLock { found in
        found.append(answer)
        return found.count
      }
      step(Step(work: answer.work, surveyed: count, total: questions.count))
    }
    return found.withLock { $0 }
  }

  /// Each content once, with all its places in the order of their paths.
  private static func merged(_ lines: [WorkLine]) -> [WorkLine] {
    var index: [String: Int] = [:]
    var merged: [WorkLine] = []
    for line in lines.sorted(by: { $0.places[0].path < $1.places[0].path }) {
      if let known = index[line.content] {
        merged[known].places += line.places
      } else {
        index[line.content] = merged.count
        merged.append(line)
      }
    }
    return merged
  }
}

extension WorkLine {
  /// The line itself, or one for each part that nobody has done yet.
  fileprivate func divided(_ costs: [AnalysisCost], without done: Set<ModelPart>) -> [WorkLine] {
    guard !costs.isEmpty else { return [self] }
    return costs.enumerated().compactMap { index, cost in
      ModelPart(index + 1, of: costs.count).flatMap { done.contains($0) ? nil : part($0, cost) }
    }
  }

  fileprivate func comesBefore(_ other: WorkLine) -> Bool {
    (other.operations, places[0].path, part?.part.number ?? 0)
      < (operations, other.places[0].path, other.part?.part.number ?? 0)
  }
}

/// A model whose files have been looked at before.
public struct PlannedPlace: Sendable {
  public var content: String
  public var operations: Double
  public var memory: Int
  public var files: [ModelFile]

  /// Whether nothing has been written to its files, moved in their place or laid beside them since.
  var isCurrent: Bool {
    guard let main = files.first else { return false }
    let isUnchanged = files.allSatisfy { ModelFile(path: $0.path, sha256: $0.sha256) == $0 }
    return isUnchanged
      && CompanionFiles.configurations(beside: main.path).allSatisfy { path in
        ModelFile(path: path) == nil || files.contains { $0.path == path }
      }
  }

  func work(_ candidate: ModelSearch.Candidate, _ settings: AnalysisSettings) -> WorkLine {
    WorkLine(
      content: content, places: [ModelPlace(path: candidate.path, name: candidate.name, files: files)],
      operations: operations, memory: memory, settings: settings)
  }
}
