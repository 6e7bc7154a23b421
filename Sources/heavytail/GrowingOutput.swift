import Glibc
import ModelReading
import Synchronization

/// A file, or standard output, that whole lines are added to: each text by one call, so that nothing is half written
/// unless the program is killed in it.
final class GrowingOutput: Sendable {
  private let path: String?
  private let descriptor: Int32
  private let isRegular: Bool
  private let writing = Mutex(())

  /// - Parameter path: a file, made where there is none; `nil` for standard output.
  /// - Throws: `WriteError` if it cannot be written to, or another process is adding to it.
  init(path: String?) throws(WriteError) {
    self.path = path
    guard let path else {
      (descriptor, isRegular) = (STDOUT_FILENO, false)
      return
    }
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    // A pipe may be open for writing only.
    self.descriptor = descriptor >= 0 ? descriptor : unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard self.descriptor >= 0 else { throw WriteError("open", path) }
    var status = stat()
    isRegular = unsafe fstat(self.descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    if isRegular, flock(self.descriptor, LOCK_EX | LOCK_NB) != 0 {
      throw WriteError("\(printable(path)) is being written by another process")
    }
  }

  deinit { if path != nil { close(descriptor) } }

  /// What is in the file, if it is one.
  func contents() throws(ReadError) -> [UInt8] {
    guard isRegular, let path else { return [] }
    return ByteSource(try MappedFile(path: path)).copy()
  }

  /// Cuts off what was half written.
  func truncate(to byteCount: Int) throws(WriteError) {
    guard isRegular, let path else { return }
    guard ftruncate(descriptor, byteCount) == 0 else { throw WriteError("write", path) }
  }

  /// Adds whole lines; where there is no room for all of them, none.
  func append(_ text: String) throws(WriteError) {
    let name = path ?? "standard output"
    let result = writing.withLock { _ -> WriteError? in
      let start = isRegular ? lseek(descriptor, 0, SEEK_END) : 0
      if Terminal.write(text, to: descriptor) {
        if isRegular { fsync(descriptor) }
        return nil
      }
      let error = WriteError("write", name)
      if isRegular { ftruncate(descriptor, start) }
      return error
    }
    if let result { throw result }
  }

  /// Ends the program, but not in the middle of a line.
  func exitWhenWritten(_ status: Int32) -> Never {
    // At once: what libraries do at a regular end does not suit threads that still compute.
    writing.withLock { _ in _exit(status) }
  }
}
