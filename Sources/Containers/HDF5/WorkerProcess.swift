import CLinux
import Glibc
import ModelReading

/// A worker from outside: started, listened to, and buried.
struct WorkerProcess {
  private let identifier: pid_t
  /// The end of the pipe that the worker's answer comes out of.
  private let output: Int32
  private let request: WorkerRequest

  /// Asks a worker.
  /// - Throws: the worker's own error; `.malformed` if it dies, `.limitExceeded`
  ///   if it takes too long or says too much, `.io` if it cannot be started.
  static func run(_ request: WorkerRequest, _ executable: String) throws(ReadError) -> [UInt8] {
    let process = try WorkerProcess(request, executable)
    defer { close(process.output) }
    var answer: [UInt8] = []
    let ending = process.listen(&answer)
    if ending != .complete { kill(process.identifier, SIGKILL) }
    let status = process.bury()
    try process.judge(ending, status)
    return try WorkerAnswer.decode(answer, file: request.source.label)
  }

  private init(_ request: WorkerRequest, _ executable: String) throws(ReadError) {
    let file = request.source.label
    let inherited = try InheritedFile(request.source)
    var ends: [Int32] = [-1, -1]
    guard unsafe CLinux_pipe(&ends, O_CLOEXEC) == 0 else {
      throw ReadError(.io, "cannot be read: no pipe for the process that reads it, errno \(errno)", file: file)
    }
    defer { close(ends[1]) }
    let arguments = [executable] + request.arguments(start: inherited.start)
    let (status, identifier) = WorkerProcess.spawn(executable, arguments, ends[1], inherited.descriptor)
    guard status == 0 else {
      close(ends[0])
      let reason = unsafe String(cString: strerror(status))
      throw ReadError(.io, "cannot be read: '\(executable)' does not start: \(reason)", file: file)
    }
    self.identifier = identifier
    self.request = request
    output = ends[0]
  }

  private static func spawn(
    _ executable: String, _ arguments: [String], _ output: Int32, _ file: Int32
  ) -> (status: Int32, identifier: pid_t) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, file, WorkerRequest.descriptor)
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var environment = unsafe Self.environment.map { unsafe strdup($0) } + [nil]
    let count = unsafe environment.count
    defer {
      for index in 0..<arguments.count { unsafe free(pointers[index]) }
      for index in 0..<count { unsafe free(environment[index]) }
    }
    var identifier: pid_t = 0
    let status = unsafe posix_spawn(&identifier, executable, &actions, nil, &pointers, &environment)
    return (status, identifier)
  }

  /// What the loader and the sanitizers need, and nothing that libhdf5 listens to.
  private static var environment: [String] {
    let inherited = ["LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS"].compactMap { name -> String? in
      guard let value = unsafe getenv(name) else { return nil }
      return unsafe name + "=" + String(cString: value)
    }
    // A worker that crashes is expected to, and need not explain itself.
    return ["SWIFT_BACKTRACE=enable=no"] + inherited
  }

  private enum Ending { case complete, tooLong, tooMuch, broken }

  /// Reads until the worker closes its end.
  private func listen(_ answer: inout [UInt8]) -> Ending {
    let deadline = Self.milliseconds() + request.timeLimit * 1000
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let left = deadline - Self.milliseconds()
      guard left > 0 else { return .tooLong }
      var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&waiting, 1, Int32(clamping: left))
      if ready == 0 || (ready < 0 && errno == EINTR) { continue }
      let count = unsafe read(output, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return .broken }
      if count == 0 { return .complete }
      guard answer.count + count <= request.answerLimit else { return .tooMuch }
      answer += buffer[..<count]
    }
  }

  private func bury() -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    return status
  }

  private func judge(_ ending: Ending, _ status: Int32) throws(ReadError) {
    let file = request.source.label
    let hint = "the file is damaged, or made to do harm"
    switch ending {
    case .tooLong:
      throw ReadError(.limitExceeded, "keeps libhdf5 busy for more than \(request.timeLimit) s", file: file, hint: hint)
    case .tooMuch:
      throw ReadError(
        .limitExceeded, "has an index of more than \(request.answerLimit) bytes", file: file, hint: hint)
    case .broken: throw ReadError(.io, "cannot be read: the process that reads it does not answer", file: file)
    case .complete: break
    }
    let signal = status & 0x7F
    if signal == SIGXCPU || signal == SIGKILL {
      throw ReadError(
        .limitExceeded, "keeps libhdf5 busy for more than \(request.processorTimeLimit) s", file: file, hint: hint)
    }
    guard signal == 0 else {
      throw ReadError(.malformed, "makes libhdf5 crash with signal \(signal)", file: file, hint: hint)
    }
    guard status == 0 else {
      throw ReadError(.malformed, "makes libhdf5 end with status \(status >> 8)", file: file, hint: hint)
    }
  }

  private static func milliseconds() -> Int {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}

/// A descriptor that a worker can be given: the mapped file's own, or one of a copy in memory.
private struct InheritedFile: ~Copyable {
  let descriptor: Int32
  /// Where in it the bytes begin.
  let start: Int
  private let isOwned: Bool

  init(_ source: ByteSource) throws(ReadError) {
    if let file = source.mappedFile {
      descriptor = file.descriptor
      start = source.baseOffset
      isOwned = false
      return
    }
    let copy = CLinux_memoryFile()
    guard copy >= 0, InheritedFile.write(source, to: copy) else {
      if copy >= 0 { close(copy) }
      throw source.error(.io, "cannot be copied for the process that reads it, errno \(errno)")
    }
    descriptor = copy
    start = 0
    isOwned = true
  }

  deinit { if isOwned { close(descriptor) } }

  private static func write(_ source: ByteSource, to descriptor: Int32) -> Bool {
    var written = 0
    while written < source.byteCount {
      let count = unsafe source.bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      guard count > 0 || (count < 0 && errno == EINTR) else { return false }
      written += max(count, 0)
    }
    return true
  }
}
