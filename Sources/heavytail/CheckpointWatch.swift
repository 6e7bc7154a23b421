import Analysis
import ModelReading

/// Finds the models of a folder that are completely written: those whose size and time are the same at two looks.
///
/// What it remembers is bounded by the number of names in the folder.
struct CheckpointWatch {
  private let folder: String
  private let readers: ReaderRegistry
  /// What the last look found.
  private var seen: [String: FileStamp] = [:]
  /// What has been dealt with, and is looked at again when it changes.
  private var settled: [String: FileStamp]

  /// - Parameter settled: what needs no second analysis.
  init(_ folder: String, _ readers: ReaderRegistry, settled: [String: FileStamp]) {
    self.folder = folder
    self.readers = readers
    self.settled = settled
  }

  /// New checkpoints since the last look, in the order of their names.
  mutating func look() -> [CheckpointFile] {
    var ready: [CheckpointFile] = []
    var found: [String: FileStamp] = [:]
    for path in ModelPaths(folder, readers).models where !CheckpointWatch.isTemporary(path) {
      guard let stamp = FileStamp(path: path), settled[path] != stamp else { continue }
      found[path] = stamp
      if seen[path] == stamp { ready.append(CheckpointFile(path: path, stamp: stamp)) }
    }
    seen = found
    return CheckpointOrder.name.sorted(ready)
  }

  /// Whether the file is still the one that was found; if so, it is done with.
  mutating func settle(_ file: CheckpointFile) -> Bool {
    guard FileStamp(path: file.path) == file.stamp else { return false }
    settled[file.path] = file.stamp
    return true
  }

  /// Names that programs give to what they will rename.
  private static func isTemporary(_ path: String) -> Bool {
    [".tmp", ".temp", ".part", ".partial", ".incomplete", "~"].contains { path.hasSuffix($0) }
  }
}
