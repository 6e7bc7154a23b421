public import ModelReading
import Synchronization

/// What there is to do for the models below some folders.
public struct ZooPlan: Sendable {
  /// Each content once, that of the most operations first.
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
  ///   - isKnown: whether there is a result for a content already.
  ///   - pool: who opens models.
  ///   - step: called with each model that is opened, by one thread at a time.
  public init(
    _ candidates: [ModelSearch.Candidate], settings: AnalysisSettings, places: [String: PlannedPlace] = [:],
    pool: WorkerPool, readers: ReaderRegistry, isKnown: (String) -> Bool = { _ in false },
    step: @escaping @Sendable (Step) -> Void = { _ in }
  ) {
    var surveyed: [WorkLine] = []
    var fresh: [ModelSearch.Candidate] = []
    for candidate in candidates {
      if let place = places[candidate.path], place.isCurrent {
        surveyed.append(place.work(candidate, settings))
      } else {
        fresh.append(candidate)
      }
    }
    surveyed += ZooPlan.survey(fresh, settings, pool, readers, step)
    let models = surveyed.ownedByNoOther()
    parts = Set(surveyed.map(\.places[0].path)).subtracting(models.map(\.places[0].path)).sorted()
    for work in ZooPlan.merged(models) {
      if isKnown(work.content) { known.append(work) } else { self.work.append(work) }
    }
    self.work.sort { ($1.operations, $0.places[0].path) < ($0.operations, $1.places[0].path) }
  }

  private static func survey(
    _ candidates: [ModelSearch.Candidate], _ settings: AnalysisSettings, _ pool: WorkerPool, _ readers: ReaderRegistry,
    _ step: @escaping @Sendable (Step) -> Void
  ) -> [WorkLine] {
    let position = Atomic(0)
    let found = Mutex<[WorkLine]>([])
    pool.run {
      let index = position.add(1, ordering: .relaxed).oldValue
      guard index < candidates.count else { return nil }
      let (path, name) = (candidates[index].path, candidates[index].name)
      return WorkerPool.Job(SurveyQuestion(path: path, name: name, settings: settings)) { _ in
        // Opening it ends processes: its analysis will say how.
        Survey(readers: readers, settings: settings).unopened(path, name: name).text
      }
    } deliver: { _, answer in
      guard let work = try? WorkLine(parsing: Array(answer.utf8), label: "survey") else { return }
      let count = found.withLock { found in
        found.append(work)
        return found.count
      }
      step(Step(work: work, surveyed: count, total: candidates.count))
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
