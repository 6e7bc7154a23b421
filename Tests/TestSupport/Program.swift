import Foundation
import ModelReading

/// What a run of a program leaves behind.
public struct Outcome {
  public var status: Int32
  public var output: String
  public var errors: String
}

/// A program that tests run.
public struct Program {
  public let path: String

  public init(path: String) { self.path = path }

  /// The one that was built beside the tests.
  public init(_ name: String) {
    let beside = Bundle.main.bundleURL.appendingPathComponent(name)
    if FileManager.default.isExecutableFile(atPath: beside.path) {
      path = beside.path
    } else {
      let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      path = tests.deletingLastPathComponent().appendingPathComponent(name).path
    }
  }

  /// - Parameter environment: what is added to that of the tests.
  public func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    return try Fixtures.withDirectory { directory in
      let output = directory + "/out"
      let errors = directory + "/err"
      for path in [output, errors] { try Fixtures.write([], to: path) }
      process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
      process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
      try process.run()
      process.waitUntilExit()
      return Outcome(
        status: process.terminationStatus, output: String(decoding: try Fixtures.read(output), as: UTF8.self),
        errors: String(decoding: try Fixtures.read(errors), as: UTF8.self))
    }
  }
}
