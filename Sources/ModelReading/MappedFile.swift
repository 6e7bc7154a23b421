import Glibc

/// A regular file mapped read-only into memory, unmapped when its last user is gone.
///
/// Mapping costs nothing per byte: pages are read when they are touched. Its
/// size is taken once, at opening; a file cut short afterwards is noticed by
/// `checkUnchanged()`, which every tensor load calls.
@safe
public final class MappedFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// Size when the file was opened, in bytes.
  public let byteCount: Int
  /// The open file, good while this value lives: for handing it to another process.
  public let descriptor: Int32
  private nonisolated(unsafe) let base: UnsafeRawPointer

  /// - Throws: `ReadError.Code.io` if the file cannot be opened, or is not a regular file.
  public convenience init(path: String) throws(ReadError) {
    // O_NONBLOCK: opening a FIFO must fail below, not wait for a writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system("open", path: path) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Maps an open file, and owns its descriptor from then on, whatever happens.
  init(descriptor: Int32, path: String) throws(ReadError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw .system("fstat", path: path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw ReadError(.io, "is not a regular file", file: path)
    }
    let size = Int(status.st_size)
    let address = unsafe mmap(nil, max(size, 1), PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      close(descriptor)
      throw .system("mmap", path: path)
    }
    self.path = path
    self.byteCount = size
    self.descriptor = descriptor
    unsafe self.base = UnsafeRawPointer(address)
  }

  deinit {
    _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), max(byteCount, 1))
    close(descriptor)
  }

  /// The file's bytes. The span cannot outlive the mapping.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// What is known about the use of some bytes.
  enum Advice {
    /// They are needed soon: the system may read them ahead.
    case needed
    /// They are not needed for now: they need not stay in memory. Using them again reads them again.
    case done
  }

  /// Fewer bytes than this are not worth telling the system that they are done with: it interrupts all threads for it.
  private static let leastRelease = 1 << 17

  func advise(_ advice: Advice, _ range: Range<Int>) {
    let page = Int(getpagesize())
    let (first, end) = (range.lowerBound / page * page, min(range.upperBound, byteCount))
    guard first < end, advice == .needed || end - first >= MappedFile.leastRelease else { return }
    let address = unsafe UnsafeMutableRawPointer(mutating: base) + first
    unsafe madvise(address, end - first, advice == .needed ? MADV_WILLNEED : MADV_DONTNEED)
  }

  /// - Throws: `ReadError.Code.truncated` if the file has shrunk since it was
  ///   opened: touching the lost pages would end the process.
  public func checkUnchanged() throws(ReadError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .system("fstat", path: path) }
    guard Int(status.st_size) >= byteCount else {
      throw ReadError(
        .truncated, "had \(byteCount) bytes when it was opened and has \(status.st_size) now", file: path,
        hint: "something is writing to this file; analyse it when it is complete")
    }
  }
}

extension ReadError {
  /// The error of a system call that has just failed, from `errno`.
  static func system(_ call: String, path: String) -> ReadError {
    let number = errno
    let reason = unsafe String(cString: strerror(number))
    let hint: String? = number == ENOENT ? "check the path" : nil
    return ReadError(.io, "\(call) fails: \(reason)", file: path, hint: hint)
  }
}
