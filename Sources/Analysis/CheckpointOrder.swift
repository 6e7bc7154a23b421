public import ModelReading

/// A checkpoint before it is opened.
public struct CheckpointFile: Sendable {
  /// As it was given or found.
  public let path: String
  public let name: CheckpointName
  public let stamp: FileStamp

  /// - Throws: `.io` if there is nothing at `path`.
  public init(path: String) throws(ReadError) {
    guard let stamp = FileStamp(path: path) else { throw ReadError(.io, "does not exist", file: path) }
    self.init(path: path, stamp: stamp)
  }

  public init(path: String, stamp: FileStamp) {
    self.path = path
    name = CheckpointName(path: path)
    self.stamp = stamp
  }
}

/// In which order the checkpoints of a run were written.
public enum CheckpointOrder: String, Sendable, CaseIterable {
  /// As they are given.
  case given
  /// By the numbers in their names.
  case name
  /// By the time of their last change; equal times by name.
  case time

  public func sorted(_ files: [CheckpointFile]) -> [CheckpointFile] {
    switch self {
    case .given: files
    case .name: files.sorted { $0.name < $1.name }
    case .time: files.sorted { ($0.stamp.modified, $0.name) < ($1.stamp.modified, $1.name) }
    }
  }
}
