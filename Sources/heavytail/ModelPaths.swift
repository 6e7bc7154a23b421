import ModelReading

/// Finds the models that a path stands for.
enum ModelPaths {
  /// Folders inside folders that are followed; a cycle of links ends here.
  private static let maximumDepth = 16

  /// `path` itself if it is a file or one model in several files, else the models below it, sorted by path.
  /// - Throws: `ReadError` if nothing there is a model.
  static func expand(_ path: String) throws(ReadError) -> [String] {
    guard isDirectory(path), !readers.looksLikeModel(path) else { return [path] }
    let found = try models(below: path, depth: 0)
    guard !found.isEmpty else {
      throw ReadError(
        .unrecognized, "is a folder without models", file: path,
        hint: "known formats: " + readers.formats.map(\.name).joined(separator: ", "))
    }
    return found
  }

  private static func models(below path: String, depth: Int) throws(ReadError) -> [String] {
    let directory = try ModelDirectory(path: path)
    var found: [String] = []
    for entry in directory.entries {
      let child = path.utf8.last == UInt8(ascii: "/") ? path + entry : path + "/" + entry
      if readers.looksLikeModel(child) {
        found.append(child)
      } else if isDirectory(child), depth < maximumDepth {
        found += try models(below: child, depth: depth + 1)
      }
    }
    return found
  }
}
