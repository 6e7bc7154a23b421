import Analysis
public import ModelReading

/// Looks at a model without computing anything: its files, their sums, and what its analysis will take.
public struct Survey: Sendable {
  private let readers: ReaderRegistry
  private let settings: AnalysisSettings

  public init(readers: ReaderRegistry, settings: AnalysisSettings) {
    self.readers = readers
    self.settings = settings
  }

  /// The work on a model; of one that cannot be opened too, where all files that may be its own count as such.
  public func work(on path: String, name: String) -> WorkLine {
    answer(SurveyQuestion(path: path, name: name, settings: settings, split: nil, files: [])).work
  }

  func answer(_ question: SurveyQuestion) -> SurveyAnswer {
    do throws(ReadError) {
      let graph = try readers.open(question.path, limits: settings.limits)
      let cost = AnalysisCost(of: graph, options: settings.options)
      let files = Survey.files(
        graph.files + (graph.files.first.map(CompanionFiles.configurations) ?? []), knowing: question.files)
      return SurveyAnswer(
        work: work(on: question.path, question.name, files, cost),
        parts: question.split.map { AnalysisCost.parts(of: graph, options: settings.options, above: $0) } ?? [])
    } catch {
      return SurveyAnswer(work: unopened(question.path, name: question.name))
    }
  }

  /// The work on a model that is not to be opened: nothing but the sums of its files.
  func unopened(_ path: String, name: String) -> WorkLine {
    let files = isDirectory(path) ? ((try? ModelDirectory.names(in: path)) ?? []).map { path + "/" + $0 } : [path]
    return work(on: path, name, Survey.files(files), nil)
  }

  private func work(on path: String, _ name: String, _ files: [ModelFile], _ cost: AnalysisCost?) -> WorkLine {
    let place = ModelPlace(path: path, name: name, files: files.map { $0.sha256 == nil ? $0.summed() : $0 })
    return WorkLine(
      content: place.content, places: [place], operations: cost?.operations ?? 0, memory: cost?.memory ?? 0,
      settings: settings)
  }

  /// Those that are there, each once, with the sums of those that are known and have not changed.
  private static func files(_ paths: [String], knowing known: [ModelFile] = []) -> [ModelFile] {
    var seen: Set<ByteString> = []
    let files = paths.filter { seen.insert(ByteString($0)).inserted }.compactMap { ModelFile(path: $0) }
    return files.map { file in
      known.first { ModelFile(path: file.path, sha256: $0.sha256) == $0 && $0.path == file.path } ?? file
    }
  }
}

extension AnalysisSettings {
  /// What may be spent on reading one model.
  var limits: Limits {
    var limits = Limits()
    limits.maximumDecodedBytes = min(limits.maximumDecodedBytes, options.maximumMemory)
    return limits
  }
}
