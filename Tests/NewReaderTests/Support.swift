import Foundation
import ModelReading
import TestSupport

/// What a program leaves behind.
struct Outcome {
  var status: Int32
  /// What it has printed, errors among it.
  var output: String
}

/// Runs a program of the search path.
func run(_ arguments: [String]) throws -> Outcome {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
}

/// The text of a file, `path` being relative to the package.
func text(_ path: String) throws -> String {
  String(decoding: try Fixtures.read(Fixtures.root + "/" + path), as: UTF8.self)
}
