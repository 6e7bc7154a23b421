import ArgumentParser
import ExternalReader
import Glibc
import ModelReading
import ReaderConformance
import Synchronization

struct ConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Check an external reader: what it says of samples, damaged copies of them, and foreign bytes.",
    discussion: "Prints a line per check. Exit status: 0 if all hold, 1 if one does not, 2 without the reader.")

  @Argument(help: "The executable heavytail-reader-NAME: a path, or its name in a folder of readers.")
  var reader: String

  @Argument(help: "Files in its format.", completion: .file())
  var samples: [String]

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func run() throws {
    guard let path = ReaderSearch.executable(reader, in: readers.folders) else {
      Terminal.printError("error: \(printable(reader)): is no executable file\n  hint: give its path, or --plugin-path")
      throw ExitCode(2)
    }
    let complaints = Complaints()
    let external = ExternalReader(path: path, limits: readers.limits) { complaints.add($0) }
    var failures = 0
    func report(_ check: Conformance.Check) {
      let place = check.sample.map { printable($0) + ": " } ?? ""
      print("\(check.failure == nil ? "ok  " : "FAIL") \(place)\(check.name)")
      if let failure = check.failure {
        print("     \(printable(failure))")
        failures += 1
      }
    }
    guard external.isUsable else {
      print("FAIL says what it reads\n     \(printable(complaints.take() ?? "no answer"))")
      throw ExitCode(1)
    }
    print("ok   says what it reads: \(external.format.summary)")
    let conformance = Conformance(external) {
      complaints.take()
    } isAtFault: {
      external.isAtFault(in: $0)
    }
    try withScratchFolder { conformance.run(samples: samples, scratch: $0, report: report) }
    if failures > 0 { throw ExitCode(1) }
  }

  private func withScratchFolder(_ body: (String) -> Void) throws {
    var template = Array("/tmp/heavytail-conformance-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      Terminal.printError("error: no temporary folder, errno \(errno)")
      throw ExitCode(2)
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = unsafe rmdir(folder) }
    body(folder)
  }
}

/// What a reader does wrong where it cannot throw.
private final class Complaints: Sendable {
  private let errors = Mutex<[ReadError]>([])

  func add(_ error: ReadError) { errors.withLock { $0.append(error) } }

  /// All of them, and none afterwards.
  func take() -> String? {
    errors.withLock { errors in
      defer { errors = [] }
      return errors.isEmpty ? nil : errors.map(\.description).joined(separator: "; ")
    }
  }
}
