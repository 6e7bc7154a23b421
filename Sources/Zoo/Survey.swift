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
    do throws(ReadError) {
      let graph = try readers.open(path, limits: settings.limits)
      let cost = AnalysisCost(of: graph, options: settings.options)
      let files = Survey.files(
        graph.files + (graph.files.first.map(CompanionFiles.configurations) ?? []))
      return work(on: path, name, files, cost)
    } catch {
      return unopened(path, name: name)
    }
  }

  /// The work on a model that is not to be opened: nothing but the sums of its files.
  func unopened(_ path: String, name: String) -> WorkLine {
    let files = isDirectory(path) ? ((try? ModelDirectory.names(in: path)) ?? []).map { path + "/" + $0 } : [path]
    return work(on: path, name, Survey.files(files), nil)
  }

  private func work(on path: String, _ name: String, _ files: [ModelFile], _ cost: AnalysisCost?) -> WorkLine {
    let place = ModelPlace(path: path, name: name, files: files.map { $0.summed() })
    return WorkLine(
      content: place.content, places: [place], operations: cost?.operations ?? 0, memory: cost?.memory ?? 0,
      settings: settings)
  }

  /// Those that are there, each once.
  private static func files(_ paths: [String]) -> [ModelFile] {
    var seen: Set<ByteString> = []
    return paths.filter { seen.insert(ByteString($0)).inserted }.compactMap { ModelFile(path: $0) }
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
