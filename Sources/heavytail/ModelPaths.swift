import ModelReading

/// Finds the models that a path stands for.
struct ModelPaths {
  /// Folders inside folders that are followed.
  private static let maximumDepth = 64

  private let readers: ReaderRegistry

  /// In the order of their paths.
  private(set) var models: [String] = []
  /// Folders that could not be looked into, and why.
  private(set) var errors: [(path: String, error: ReadError)] = []
  /// Folders seen, so that a link back to one is not followed for ever.
  private var visited: Set<FileIdentity> = []

  /// `path` itself if it is a file or one model in several files, else the models below it.
  init(_ path: String, _ readers: ReaderRegistry) {
    self.readers = readers
    guard !ModelPaths.isModel(path, readers) else {
      models = [path]
      return
    }
    collect(below: path, depth: 0)
    guard models.isEmpty, errors.isEmpty else { return }
    let hint = "known formats: " + readers.formats.map(\.name).joined(separator: ", ")
    errors.append((path, ReadError(.unrecognized, "is a folder without models", file: path, hint: hint)))
  }

  /// Whether a path stands for one model: a file, or a folder that is a model in several files.
  static func isModel(_ path: String, _ readers: ReaderRegistry) -> Bool {
    !isDirectory(path) || readers.looksLikeModel(path)
  }

  /// Opens the one model that a path has to stand for.
  /// - Throws: as `ReaderRegistry.open`, and what the models are called where there are several.
  static func openOne(_ path: String, _ readers: ReaderRegistry, _ limits: Limits) throws(ReadError) -> LayerGraph {
    if !isModel(path, readers) {
      let models = ModelPaths(path, readers).models
      if !models.isEmpty { throw severalModels(models, in: path) }
    }
    return try readers.open(path, limits: limits)
  }

  private static func severalModels(_ models: [String], in path: String) -> ReadError {
    let names = models.prefix(4).map(printable).joined(separator: ", ")
    let more = models.count > 4 ? ", …" : ""
    return ReadError(
      .unsupported, "is a folder of \(models.count) model\(models.count == 1 ? "" : "s"), one is wanted", file: path,
      hint: "give the path of one of them: \(names)\(more)")
  }

  /// Models in the folder of a model in several files that are not part of it.
  static func others(besides files: [String], in folder: String, _ readers: ReaderRegistry) -> [String] {
    guard isDirectory(folder), let directory = try? ModelDirectory(path: folder) else { return [] }
    let known = Set(files.compactMap { FileIdentity(path: $0) })
    return directory.entries.map { join(folder, $0) }.filter { child in
      guard let identity = FileIdentity(path: child), !known.contains(identity) else { return false }
      return readers.looksLikeModel(child)
    }
  }

  private mutating func collect(below path: String, depth: Int) {
    guard let identity = FileIdentity(path: path), visited.insert(identity).inserted else { return }
    do throws(ReadError) {
      for entry in try ModelDirectory(path: path).entries {
        let child = ModelPaths.join(path, entry)
        if readers.looksLikeModel(child) {
          models.append(child)
        } else if isDirectory(child), depth < ModelPaths.maximumDepth {
          collect(below: child, depth: depth + 1)
        }
      }
    } catch {
      errors.append((path, error))
    }
  }

  private static func join(_ folder: String, _ entry: String) -> String {
    folder.utf8.last == UInt8(ascii: "/") ? folder + entry : folder + "/" + entry
  }
}
