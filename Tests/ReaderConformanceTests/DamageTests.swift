import Glibc
import ModelReading
import TestSupport
import Testing

/// What every reader makes of damaged files: an error that says where, or a
/// model, and never the end of the process.
@Suite struct DamageTests {
  @Test(arguments: Sample.bad) func badFilesAreNamedWordForWord(_ sample: Sample) {
    let objections = sample.objections { () throws(ReadError) in try sample.open() }
    #expect(objections == [])
  }

  @Test(arguments: Sample.smallest(2)) func truncatedFilesAreErrorsOrModels(_ sample: Sample) throws {
    let bytes = try Fixtures.read(sample.fullPath)
    let step = max(1, bytes.count / 150)
    try Fixtures.withDirectory { folder in
      let path = folder + "/" + (sample.path.split(separator: "/").last ?? "model")
      for length in stride(from: 0, to: bytes.count, by: step) {
        try check(Array(bytes[..<length]), path, "\(length) of \(bytes.count) bytes")
      }
    }
  }

  @Test(arguments: Sample.smallest(3)) func changedBytesAreErrorsOrModels(_ sample: Sample) throws {
    let bytes = try Fixtures.read(sample.fullPath)
    try Fixtures.withDirectory { folder in
      let path = folder + "/" + (sample.path.split(separator: "/").last ?? "model")
      let index = min(bytes.count, 2048)
      for (number, damaged) in Corruption.singleBytes(of: Array(bytes[..<index]), count: 150, seed: 7).enumerated() {
        try check(damaged + bytes[index...], path, "start, change \(number)")
      }
      let tail = max(0, bytes.count - 2048)
      for (number, damaged) in Corruption.singleBytes(of: Array(bytes[tail...]), count: 150, seed: 11).enumerated() {
        try check(bytes[..<tail] + damaged, path, "end, change \(number)")
      }
    }
  }

  /// Opens and reads; an error has to point into the file.
  private func check(_ bytes: [UInt8], _ path: String, _ what: String) throws {
    unsafe unlink(path)
    try Fixtures.write(bytes, to: path)
    do throws(ReadError) {
      try loadEverything(try registry.open(path))
    } catch {
      #expect(error.file.contains(path), "\(what): \(error)")
      #expect(!error.message.isEmpty, "\(what)")
      #expect((error.offset ?? 0) >= 0, "\(what): \(error)")
      if error.file == path { #expect((error.offset ?? 0) <= bytes.count, "\(what): \(error)") }
    }
  }
}
