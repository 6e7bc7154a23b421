public import ModelReading
import Synchronization

/// What there is to do for the models below some folders.
public struct ZooPlan: Sendable {
  /// Each content once, that of the most operations first.
  public private(set) var work: [WorkLine] = []
  /// What is known already, with all its places.
  public private(set) var known: [WorkLine] = []

  /// How far the survey is, for a progress display.
  public struct Progress: Sendable {
    public var surveyed: Int
    public var total: Int
  }

  /// - Parameters:
  ///   - places: models whose files are looked at again only if they have changed, by path.
  ///   - isKnown: whether there is a result for a content already.
  ///   - pool: who opens models.
  public init(
    _ candidates: [ModelSearch.Candidate], settings: AnalysisSettings, places: [String: PlannedPlace] = [:],
    pool: WorkerPool, readers: ReaderRegistry, isKnown: (String) -> Bool = { _ in false },
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
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
    surveyed += ZooPlan.survey(fresh, settings, pool, readers, progress)
    for work in ZooPlan.merged(surveyed.ownedByNoOther()) {
      if isKnown(work.content) { known.append(work) } else { self.work.append(work) }
    }
    self.work.sort { ($1.operations, $0.places[0].path) < ($0.operations, $1.places[0].path) }
  }

  private static func survey(
    _ candidates: [ModelSearch.Candidate], _ settings: AnalysisSettings, _ pool: WorkerPool, _ readers: ReaderRegistry,
    _ progress: @escaping @Sendable (Progress) -> Void
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
      progress(Progress(surveyed: count, total: candidates.count))
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
    let known = Set(files.map(\.path))
    return files.allSatisfy { file in
      guard let now = ModelFile(path: file.path, sha256: file.sha256) else { return false }
      return now == file
    }
      && CompanionFiles.configurations(beside: main.path).allSatisfy {
        known.contains($0) || ModelFile(path: $0) == nil
      }
  }

  func work(_ candidate: ModelSearch.Candidate, _ settings: AnalysisSettings) -> WorkLine {
    WorkLine(
      content: content, places: [ModelPlace(path: candidate.path, name: candidate.name, files: files)],
      operations: operations, memory: memory, settings: settings)
  }
}
