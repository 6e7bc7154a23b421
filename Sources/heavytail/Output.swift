import Glibc

/// Why a report could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
}

/// Writes `text` to standard output, or to the file `path`.
///
/// A file is written under a temporary name beside it and renamed, so that it is
/// either the old one or the whole new one.
func emit(_ text: String, to path: String?) throws {
  guard let path else {
    guard Terminal.write(text, to: STDOUT_FILENO) else { throw failure("write", "standard output") }
    return
  }
  var temporary = Array((path + ".XXXXXX").utf8CString)
  let descriptor = unsafe mkstemp(&temporary)
  guard descriptor >= 0 else { throw failure("create", path) }
  let name = String(decoding: temporary.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  // mkstemp makes the file private; a report is as public as the user's other files.
  let mask = umask(0)
  umask(mask)
  let written = Terminal.write(text, to: descriptor) && fchmod(descriptor, 0o666 & ~mask) == 0 && fsync(descriptor) == 0
  close(descriptor)
  guard written, unsafe rename(name, path) == 0 else {
    let error = failure("write", path)
    unsafe unlink(name)
    throw error
  }
}

private func failure(_ verb: String, _ path: String) -> OutputError {
  unsafe OutputError(description: "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
}
