import ChildProcesses
import Glibc
import ModelReading

/// How workers are kept apart from the program: each in a process of its own, with limits.
public struct Isolation: Sendable {
  /// The program, and the arguments that make it a worker which answers line after line.
  var executable: String
  var arguments: [String]
  /// Seconds that a model may take beyond what its operations need on a slow machine.
  var seconds: Int

  public init(executable: String, arguments: [String], seconds: Int) {
    self.executable = executable
    self.arguments = arguments
    self.seconds = seconds
  }

  /// Floating-point operations in a second that any machine does, when others have most of it.
  private static let leastSpeed = 2e8
  /// Bytes that a worker needs beside one and a half times what a layer's decomposition may have.
  var ownMemory = 1 << 30

  func limits(operations: Double, layerMemory: Int) -> LineProcess.Limits {
    let seconds = min(Double(seconds) + operations / Isolation.leastSpeed, 1e9)
    let (memory, overflow) = (layerMemory / 2 * 3).addingReportingOverflow(ownMemory)
    return LineProcess.Limits(seconds: Int(seconds), memory: overflow ? .max : memory)
  }

  func start() throws(ChildProcess.StartError) -> LineProcess {
    try LineProcess(executable: executable, arguments: arguments, environment: Isolation.environment)
  }

  /// What the loader, the sanitizers, OpenBLAS and external readers need.
  private static var environment: [String] {
    // A worker that crashes is expected to, and need not explain itself.
    ["SWIFT_BACKTRACE=enable=no"]
      + ChildProcess.variables([
        "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS",
        "OPENBLAS_CORETYPE", "HEAVYTAIL_PLUGIN_PATH",
      ])
  }
}

extension LineProcess.Ending {
  /// Whether it was ended as are all processes of a job that is cancelled.
  var isByOrder: Bool {
    if case .killed(let signal) = self { [SIGHUP, SIGINT, SIGTERM, SIGKILL].contains(signal) } else { false }
  }

  /// What a model did to the worker that had it.
  func error(_ path: String, _ limits: LineProcess.Limits) -> ReadError {
    switch self {
    case .exited(let status):
      ReadError(.malformed, "makes the process that reads it end with status \(status)", file: path)
    case .killed(let signal):
      ReadError(
        .malformed, "makes the process that reads it crash with signal \(signal)", file: path,
        hint: "the system may have ended it for want of memory, or the file is made to do harm")
    case .tooLong:
      ReadError(
        .limitExceeded, "takes more than \(limits.seconds) s", file: path, hint: "--timeout allows more")
    case .tooLarge(let byteCount):
      ReadError(
        .limitExceeded, "needs \(byteCount) bytes of memory, the limit is \(limits.memory)", file: path,
        hint: "--layer-memory allows more")
    case .tooMuch:
      ReadError(.limitExceeded, "has a result of more than \(limits.answer) bytes", file: path)
    }
  }
}
