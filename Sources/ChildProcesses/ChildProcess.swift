import Glibc

/// A program that is started for one question: with limits, listened to, and buried.
///
/// It gets no descriptor of this process but those named here, no variable of its environment but those listed, and a
/// process group of its own, of which nothing is left when `run` returns.
package struct ChildProcess {
  /// Descriptor in the child of what it inherits.
  package static let inheritedDescriptor: Int32 = 3
  /// Bytes that `input` may have: what any pipe holds while nobody reads it.
  package static let maximumInput = 4096

  package var executable: String
  package var arguments: [String]
  /// As `NAME=value`.
  package var environment: [String]
  /// What the child reads at its descriptor 0; no more than `maximumInput`.
  package var input: [UInt8] = []
  /// An open file of this process that the child finds at `inheritedDescriptor`.
  package var inherited: Int32?
  /// Seconds after which it is ended, whatever it does or waits for.
  package var timeLimit: Int
  /// Bytes that it may write to its descriptor 1.
  package var outputLimit: Int

  package init(
    executable: String, arguments: [String], environment: [String], timeLimit: Int, outputLimit: Int
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.timeLimit = timeLimit
    self.outputLimit = outputLimit
  }

  package enum Ending: Equatable {
    case exited(status: Int32)
    case killed(signal: Int32)
    /// It was ended: the time was over.
    case tooLong
    /// It was ended: it wrote more than the limit.
    case tooMuch
    /// Its output cannot be read, for the reason that `errno` gives.
    case unreadable(errno: Int32)
  }

  /// The child never ran.
  package enum StartError: Error, Equatable {
    case pipe(errno: Int32)
    case spawn(errno: Int32)

    package var reason: String {
      switch self {
      case .pipe(let number): unsafe "no pipe: " + String(cString: strerror(number))
      case .spawn(let number): unsafe String(cString: strerror(number))
      }
    }
  }

  /// Starts it, waits for its end, and ends it at a limit.
  /// - Returns: how it ended, and what it wrote until then.
  package func run() throws(StartError) -> (ending: Ending, output: [UInt8]) {
    let deadline = milliseconds() + timeLimit * 1000
    let output = try Pipe()
    let identifier = try spawn(output: output.end)
    output.closeEnd()
    var answer: [UInt8] = []
    let fault = listen(output.start, until: deadline, &answer)
    return (bury(identifier, after: fault, until: deadline), answer)
  }

  /// Those of these variables that this process has, as `NAME=value`.
  package static func variables(_ names: [String]) -> [String] {
    names.compactMap { name in
      guard let value = unsafe getenv(name) else { return nil }
      return unsafe name + "=" + String(cString: value)
    }
  }

  private func spawn(output: Int32) throws(StartError) -> pid_t {
    let input = input.isEmpty ? nil : try Pipe(holding: input)
    return try Spawning(executable: executable, arguments: arguments, environment: environment)
      .start(input: input?.start, output: output, inherited: inherited)
  }

  /// Reads until the child closes its end.
  /// - Returns: why that was not waited for, if it was not.
  private func listen(_ descriptor: Int32, until deadline: Int, _ answer: inout [UInt8]) -> Ending? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let left = deadline - milliseconds()
      guard left > 0 else { return .tooLong }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&waiting, 1, Int32(clamping: left))
      if ready == 0 || (ready < 0 && errno == EINTR) { continue }
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return .unreadable(errno: errno) }
      if count == 0 { return nil }
      guard answer.count + count <= outputLimit else { return .tooMuch }
      answer += buffer[..<count]
    }
  }

  /// Waits until the child has ended, or ends it; what it has started ends with it.
  private func bury(_ identifier: pid_t, after fault: Ending?, until deadline: Int) -> Ending {
    var fault = fault
    while fault == nil, !hasEnded(identifier) {
      if milliseconds() >= deadline { fault = .tooLong } else { usleep(1000) }
    }
    // While the child is not buried, its number is that of no other group.
    kill(-identifier, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    if let fault { return fault }
    let signal = status & 0x7F
    return signal == 0 ? .exited(status: status >> 8) : .killed(signal: signal)
  }
}
