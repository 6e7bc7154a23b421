import CLinux
import Glibc
import Synchronization

/// Why a file could not be written.
public struct WriteError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  /// The error of the system call that has just failed.
  public init(_ verb: String, _ path: String) {
    description = unsafe "cannot \(verb) \(printable(path)): \(String(cString: strerror(errno)))"
  }
}

/// A file that is the old one, or none, until the new one is whole: written under a temporary name beside
/// it and renamed by `commit()`. Without that nothing is left behind.
@safe
public struct AtomicFile: ~Copyable {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isCommitted = false
  private let byteCount = Atomic(0)

  /// - Parameter path: where the file will be; the file itself where this is a link to it.
  public init(path: String) throws(WriteError) {
    self.path = resolvedPath(path) ?? path
    var name = Array((self.path + ".XXXXXX").utf8CString)
    descriptor = unsafe mkstemp(&name)
    guard descriptor >= 0 else { throw WriteError("create", path) }
    temporary = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    close(descriptor)
    if !isCommitted { unsafe unlink(temporary) }
  }

  public borrowing func append(_ bytes: RawSpan) throws(WriteError) {
    var done = 0
    while done < bytes.byteCount {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe write(descriptor, buffer.baseAddress! + done, bytes.byteCount - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw WriteError("write", path) }
      done += count
    }
    startWriting(bytes.byteCount)
  }

  /// Has the system bring what is there to the disk while the rest is being made: `commit` then has little to wait for.
  private borrowing func startWriting(_ count: Int) {
    let (before, after) = byteCount.add(count, ordering: .relaxed)
    guard before / AtomicFile.runLength != after / AtomicFile.runLength else { return }
    // Where a file system cannot, nothing is lost.
    _ = CLinux_startWriting(descriptor)
  }

  private static let runLength = 8 << 20

  /// Puts the file in its place once it is safe on the disk.
  ///
  /// - Parameter replacing: whether a file that is there may go.
  public consuming func commit(replacing: Bool) throws(WriteError) {
    // mkstemp makes the file private; this one is as public as the user's other files.
    let mask = umask(0)
    umask(mask)
    guard fchmod(descriptor, 0o666 & ~mask) == 0, fsync(descriptor) == 0 else { throw WriteError("write", path) }
    guard rename(replacing: replacing) == 0 else { throw WriteError("write", path) }
    isCommitted = true
  }

  private func rename(replacing: Bool) -> Int32 {
    if !replacing {
      // A link, unlike a rename, never replaces; not every file system has them.
      if unsafe link(temporary, path) == 0 { return unsafe unlink(temporary) }
      if unsafe access(path, F_OK) == 0 {
        errno = EEXIST
        return -1
      }
    }
    return unsafe Glibc.rename(temporary, path)
  }
}
