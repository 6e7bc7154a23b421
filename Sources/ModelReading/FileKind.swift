import Glibc

/// Whether `path` names a directory, links followed.
public func isDirectory(_ path: String) -> Bool {
  var status = stat()
  guard unsafe stat(path, &status) == 0 else { return false }
  return status.st_mode & S_IFMT == S_IFDIR
}
