import CLinux
import ChildProcesses
import Glibc
import ModelReading

/// A worker from outside: asked, and judged by how it ends.
enum WorkerProcess {
  /// Asks a worker.
  /// - Throws: the worker's own error; `.malformed` if it dies, `.limitExceeded`
  ///   if it takes too long or says too much, `.io` if it cannot be started.
  static func run(_ request: WorkerRequest, _ executable: String) throws(ReadError) -> [UInt8] {
    let file = request.source.label
    let inherited = try InheritedFile(request.source)
    var process = ChildProcess(
      executable: executable, arguments: request.arguments(start: inherited.start), environment: environment,
      timeLimit: request.timeLimit, outputLimit: request.answerLimit)
    process.inherited = inherited.descriptor
    let ending: ChildProcess.Ending
    let answer: [UInt8]
    do throws(ChildProcess.StartError) {
      (ending, answer) = try process.run()
    } catch {
      throw ReadError(.io, "cannot be read: '\(executable)' does not start: \(error.reason)", file: file)
    }
    try judge(ending, request)
    return try WorkerAnswer.decode(answer, file: file)
  }

  /// What the loader and the sanitizers need, and nothing that libhdf5 listens to.
  private static var environment: [String] {
    // A worker that crashes is expected to, and need not explain itself.
    ["SWIFT_BACKTRACE=enable=no"]
      + ChildProcess.variables(["LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS"])
  }

  private static func judge(_ ending: ChildProcess.Ending, _ request: WorkerRequest) throws(ReadError) {
    let file = request.source.label
    let hint = "the file is damaged, or made to do harm"
    switch ending {
    case .exited(status: 0): break
    case .exited(let status):
      throw ReadError(.malformed, "makes libhdf5 end with status \(status)", file: file, hint: hint)
    case .killed(signal: SIGXCPU), .killed(signal: SIGKILL):
      throw ReadError(
        .limitExceeded, "keeps libhdf5 busy for more than \(request.processorTimeLimit) s", file: file, hint: hint)
    case .killed(let signal):
      throw ReadError(.malformed, "makes libhdf5 crash with signal \(signal)", file: file, hint: hint)
    case .tooLong:
      throw ReadError(.limitExceeded, "keeps libhdf5 busy for more than \(request.timeLimit) s", file: file, hint: hint)
    case .tooMuch:
      throw ReadError(
        .limitExceeded, "has an index of more than \(request.answerLimit) bytes", file: file, hint: hint)
    case .unreadable:
      throw ReadError(.io, "cannot be read: the process that reads it does not answer", file: file)
    }
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
