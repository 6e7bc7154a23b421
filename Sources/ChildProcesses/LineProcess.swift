import Glibc

/// A program that is asked one question after another: a line in, a line out.
///
/// A question that it does not answer, for whatever reason, is its last.
package final class LineProcess {
  package enum Ending: Error, Equatable {
    case exited(status: Int32)
    case killed(signal: Int32)
    /// It was ended: the time was over.
    case tooLong
    /// It was ended: it had this many bytes of memory of its own.
    case tooLarge(byteCount: Int)
    /// It was ended: its answer was longer than the limit.
    case tooMuch
  }

  /// What one question may take.
  package struct Limits: Sendable {
    package var seconds: Int
    /// Bytes of memory that are in no file, as the system counts them.
    package var memory: Int
    /// Bytes of an answer.
    package var answer: Int

    package init(seconds: Int, memory: Int, answer: Int = 1 << 30) {
      self.seconds = seconds
      self.memory = memory
      self.answer = answer
    }
  }

  private let identifier: pid_t
  /// A socket: writing to one whose other end is gone is an error, where a pipe's would be a signal.
  private let input: Int32
  private let output: Pipe
  /// What came after the last answer.
  private var rest: [UInt8] = []
  private var isBuried = false

  /// - Parameter environment: as `NAME=value`, and nothing else.
  package init(executable: String, arguments: [String], environment: [String]) throws(ChildProcess.StartError) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .pipe(errno: errno) }
    let (own, its) = (ends[0], ends[1])
    defer { close(its) }
    do throws(ChildProcess.StartError) {
      output = try Pipe()
      identifier = try Spawning(executable: executable, arguments: arguments, environment: environment)
        .start(input: its, output: output.end)
    } catch {
      close(own)
      throw error
    }
    input = own
    output.closeEnd()
  }

  deinit {
    if !isBuried { _ = bury() }
    close(input)
  }

  /// Puts a question and waits for the answer.
  /// - Parameter line: without the line feed at its end, and none in it.
  /// - Returns: the answer, without its line feed.
  /// - Throws: how the process ended instead. It must not be asked again.
  package func ask(_ line: [UInt8], _ limits: Limits) throws(Ending) -> [UInt8] {
    var unsent = (line + [UInt8(ascii: "\n")])[...]
    var answer = rest
    rest = []
    var searched = 0
    let deadline = milliseconds() + limits.seconds * 1000
    while true {
      if let end = answer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        rest = Array(answer[(end + 1)...])
        return Array(answer[..<end])
      }
      searched = answer.count
      guard answer.count <= limits.answer else { throw ended(.tooMuch) }
      guard milliseconds() < deadline else { throw ended(.tooLong) }
      if let bytes = ownMemory, bytes > limits.memory { throw ended(.tooLarge(byteCount: bytes)) }
      var waiting = [pollfd(fd: output.start, events: Int16(POLLIN), revents: 0)]
      if !unsent.isEmpty { waiting.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
      guard unsafe poll(&waiting, nfds_t(waiting.count), LineProcess.pollMilliseconds) > 0 else { continue }
      if waiting[0].revents != 0 {
        guard receive(&answer) else { throw ended(nil) }
      } else {
        send(&unsent)
      }
    }
  }

  /// How often its memory is looked at: in this time it cannot get much more.
  private static let pollMilliseconds: Int32 = 50

  /// - Returns: whether there may be more.
  private func receive(_ answer: inout [UInt8]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe read(output.start, &buffer, buffer.count)
    if count > 0 { answer += buffer[..<count] }
    return count > 0 || (count < 0 && errno == EINTR)
  }

  /// What cannot be sent to a process that has ended need not be: reading from it tells.
  private func send(_ bytes: inout ArraySlice<UInt8>) {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe Glibc.send(
        input, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    if count > 0 { bytes = bytes.dropFirst(count) } else if errno == EPIPE { bytes = [] }
  }

  /// Anonymous memory in use, in bytes; `nil` where the system does not say.
  private var ownMemory: Int? {
    let file = unsafe open("/proc/\(identifier)/status", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &bytes, bytes.count)
    guard count > 0 else { return nil }
    // "RssAnon:      1234 kB"
    for line in bytes[..<count].split(separator: UInt8(ascii: "\n")) where line.starts(with: "RssAnon:".utf8) {
      let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      return Int(String(decoding: digits, as: UTF8.self)).map { $0 * 1024 }
    }
    return nil
  }

  /// - Parameter fault: why it has to be ended; `nil` if it has ended by itself.
  private func ended(_ fault: Ending?) -> Ending {
    // It has closed its output, and is about to end.
    if fault == nil {
      let deadline = milliseconds() + 1000
      while !hasEnded(identifier), milliseconds() < deadline { usleep(1000) }
    }
    let ending = bury()
    return fault ?? ending
  }

  /// Ends it and what it has started.
  private func bury() -> Ending {
    isBuried = true
    // While the child is not buried, its number is that of no other group.
    kill(-identifier, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? .exited(status: status >> 8) : .killed(signal: signal)
  }
}
