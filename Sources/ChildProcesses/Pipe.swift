import CLinux
import Glibc

/// Two descriptors, closed with this value.
final class Pipe {
  let start: Int32
  private(set) var end: Int32

  init() throws(ChildProcess.StartError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe CLinux_pipe(&ends, O_CLOEXEC) == 0 else { throw .pipe(errno: errno) }
    (start, end) = (ends[0], ends[1])
  }

  /// With these bytes in it, and no more to come.
  convenience init(holding bytes: [UInt8]) throws(ChildProcess.StartError) {
    precondition(bytes.count <= ChildProcess.maximumInput, "more than every pipe holds")
    try self.init()
    guard unsafe write(end, bytes, bytes.count) == bytes.count else { throw .pipe(errno: errno) }
    closeEnd()
  }

  func closeEnd() {
    if end >= 0 { close(end) }
    end = -1
  }

  deinit {
    close(start)
    closeEnd()
  }
}
