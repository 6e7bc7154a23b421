import Glibc

/// Size and time of a file: while they stay, nobody has written to it.
public struct FileStamp: Sendable, Hashable {
  /// In bytes; of a folder, the sum over its files.
  public let byteCount: Int
  /// Nanoseconds since 1970 of the last change; of a folder, the latest of its own and its files'.
  public let modified: Int

  public init(byteCount: Int, modified: Int) {
    self.byteCount = byteCount
    self.modified = modified
  }

  /// `nil` if there is no such file. Links are followed, folders inside a folder are not.
  public init?(path: String) {
    guard let status = FileStamp.status(of: path) else { return nil }
    var (byteCount, modified) = (status.byteCount, status.modified)
    if status.isFolder {
      byteCount = 0
      for name in (try? ModelDirectory.names(in: path)) ?? [] {
        guard let entry = FileStamp.status(of: path + "/" + name), !entry.isFolder else { continue }
        byteCount &+= entry.byteCount
        modified = max(modified, entry.modified)
      }
    }
    self.init(byteCount: byteCount, modified: modified)
  }

  private static func status(of path: String) -> (isFolder: Bool, byteCount: Int, modified: Int)? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    let modified = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
    return (status.st_mode & S_IFMT == S_IFDIR, Int(status.st_size), modified)
  }
}
