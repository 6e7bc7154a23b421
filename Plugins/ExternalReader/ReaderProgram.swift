import ChildProcesses
import Glibc
import ModelReading

/// What the program of an external reader may spend on one question.
public struct ProgramLimits: Sendable, Equatable {
  /// Seconds for each answer.
  public var seconds = 60
  /// Bytes of address space, beyond the size of the file that it opens.
  public var memoryByteCount = 4 << 30
  /// Bytes that it may print.
  public var outputByteCount = 1 << 30

  public init() {}
}

/// An executable that answers questions about files, as `docs/external-readers.md` has it.
struct ReaderProgram: Sendable {
  let path: String
  let limits: ProgramLimits

  /// What the program prints when it is asked for `capabilities`.
  func capabilities() throws(ReadError) -> ByteSource {
    let answer = try ask(["capabilities"])
    return ByteSource(owned: try successful(answer, ""), label: path)
  }

  /// What it says of a file's first bytes, at most `Format.probeLength` of them.
  func probe(_ prefix: [UInt8]) throws(ReadError) -> Match {
    let answer = try ask(["probe"], input: prefix)
    let word = trimmed(try successful(answer, ", asked for a file's format"))
    guard let match = Match(word: word) else {
      throw fault(.malformed, "answers '\(word.prefix(40))' where no, possible or certain belongs")
    }
    return match
  }

  /// What it prints about a file, or its refusal.
  func open(_ file: MappedFile) throws(ReadError) -> (output: [UInt8], isRefusal: Bool) {
    let path = file.path.utf8.first == UInt8(ascii: "/") ? file.path : workingFolder() + "/" + file.path
    let answer = try ask(["open", path], fileByteCount: file.byteCount)
    if case .exited(status: 1) = answer.ending, !answer.output.isEmpty { return (answer.output, true) }
    return (try successful(answer, ""), false)
  }

  /// An error whose fault is the program's, not the file's.
  func fault(_ code: ReadError.Code, _ message: String, hint: String? = nil) -> ReadError {
    ReadError(code, message, file: path, hint: hint)
  }

  private typealias Answer = (ending: ChildProcess.Ending, output: [UInt8])

  private func ask(
    _ arguments: [String], input: [UInt8] = [], fileByteCount: Int = 0
  ) throws(ReadError) -> Answer {
    // The shell sets the limits before the program begins; it is replaced by it.
    let (sum, overflow) = limits.memoryByteCount.addingReportingOverflow(fileByteCount)
    let memory = (overflow ? .max : sum) / 1024
    let script = "cd /; ulimit -c 0; ulimit -v \(memory); ulimit -t \(limits.seconds + 1); exec \"$0\" \"$@\""
    var process = ChildProcess(
      executable: "/bin/sh", arguments: ["-c", script, path] + arguments, environment: Self.environment,
      timeLimit: limits.seconds, outputLimit: limits.outputByteCount)
    process.input = input
    do throws(ChildProcess.StartError) {
      return try process.run()
    } catch {
      throw fault(.io, "does not start: \(error.reason)")
    }
  }

  /// What interpreters and their libraries need to be found, and no more.
  private static var environment: [String] {
    ChildProcess.variables(["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"])
  }

  private func successful(_ answer: Answer, _ occasion: String) throws(ReadError) -> [UInt8] {
    switch answer.ending {
    case .exited(status: 0): return answer.output
    case .exited(status: 126), .exited(status: 127):
      throw fault(.io, "cannot be run\(occasion)", hint: "is it executable, and is its interpreter installed?")
    case .exited(let status): throw fault(.malformed, "ends with status \(status)\(occasion)")
    case .killed(signal: SIGXCPU), .tooLong:
      throw fault(
        .limitExceeded, "takes more than \(limits.seconds) s\(occasion)", hint: "--reader-timeout allows more")
    case .killed(let signal): throw fault(.malformed, "crashes with signal \(signal)\(occasion)")
    case .tooMuch:
      throw fault(
        .limitExceeded, "prints more than \(limits.outputByteCount) bytes\(occasion)",
        hint: "--reader-output allows more")
    case .unreadable(let number): throw fault(.io, "cannot be heard, errno \(number)\(occasion)")
    }
  }

  private func trimmed(_ bytes: [UInt8]) -> String {
    printable(String(decoding: bytes.prefix(64).filter { $0 != 0x0A }, as: UTF8.self))
  }
}

extension Match {
  fileprivate init?(word: String) {
    switch word {
    case "no": self = .no
    case "possible": self = .possible
    case "certain": self = .certain
    default: return nil
    }
  }
}

private func workingFolder() -> String {
  guard let path = unsafe getcwd(nil, 0) else { return "." }
  defer { unsafe free(path) }
  return unsafe String(cString: path)
}
