import Glibc

/// Why a report could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String

  /// The error of the system call that has just failed.
  init(_ verb: String, _ path: String) {
    description = unsafe "cannot \(verb) \(path): \(String(cString: strerror(errno)))"
  }
}

/// Writes `text` to standard output, or to the file `path`.
///
/// A regular file is written under a temporary name beside it and renamed, so
/// that it is either the old one or the whole new one. Anything else that
/// exists, a pipe or a device, is written to as it is.
func emit(_ text: String, to path: String?) throws {
  guard let path else {
    guard Terminal.write(text, to: STDOUT_FILENO) else { throw OutputError("write", "standard output") }
    return
  }
  var status = stat()
  let exists = unsafe stat(path, &status) == 0
  if exists, status.st_mode & S_IFMT != S_IFREG { return try write(text, into: path) }
  try replace(exists ? target(of: path) : path, with: text)
}

private func write(_ text: String, into path: String) throws {
  let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw OutputError("open", path) }
  defer { close(descriptor) }
  guard Terminal.write(text, to: descriptor) else { throw OutputError("write", path) }
}

/// The file itself where `path` is a link to it.
private func target(of path: String) -> String {
  guard let resolved = unsafe realpath(path, nil) else { return path }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}

private func replace(_ path: String, with text: String) throws {
  var temporary = Array((path + ".XXXXXX").utf8CString)
  let descriptor = unsafe mkstemp(&temporary)
  guard descriptor >= 0 else { throw OutputError("create", path) }
  let name = String(decoding: temporary.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  // mkstemp makes the file private; a report is as public as the user's other files.
  let mask = umask(0)
  umask(mask)
  let isWritten =
    Terminal.write(text, to: descriptor) && fchmod(descriptor, 0o666 & ~mask) == 0 && fsync(descriptor) == 0
  guard isWritten, unsafe rename(name, path) == 0 else {
    let error = OutputError("write", path)
    unsafe unlink(name)
    close(descriptor)
    throw error
  }
  close(descriptor)
}
