import Glibc
import ModelReading

/// Writes `text` to standard output, or to the file `path`.
///
/// A regular file is the old one until it is the whole new one. Anything else
/// that exists, a pipe or a device, is written to as it is.
func emit(_ text: String, to path: String?) throws(WriteError) { try emit(Array(text.utf8), to: path) }

/// The same for bytes.
func emit(_ bytes: [UInt8], to path: String?) throws(WriteError) {
  guard let path else {
    guard Terminal.write(bytes, to: STDOUT_FILENO) else { throw WriteError("write", "standard output") }
    return
  }
  var status = stat()
  if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return try write(bytes, into: path) }
  let file = try AtomicFile(path: path)
  try unsafe file.append(bytes.span.bytes)
  try file.commit(replacing: true)
}

private func write(_ bytes: [UInt8], into path: String) throws(WriteError) {
  let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw WriteError("open", path) }
  defer { close(descriptor) }
  guard Terminal.write(bytes, to: descriptor) else { throw WriteError("write", path) }
}
