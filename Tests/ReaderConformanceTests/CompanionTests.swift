import ModelReading
import TestSupport
import Testing

/// What comes with a reader. A new one fails here until its steps are done, which `make new-reader` lists.
@Suite struct CompanionTests {
  private static let readers = registry.readers.map { "\(type(of: $0))" }
  private static let formats = registry.formats.map(\.name)

  @Test(arguments: readers) func pageHasNoOpenQuestion(_ reader: String) throws {
    let page = "Plugins/\(reader)/\(reader).docc/\(reader).md"
    let question = try lines(of: page).first { $0.hasPrefix("> ") && $0.hasSuffix("?") }
    #expect(question == nil, "step 1: \(page) describes the format; answer its questions")
  }

  @Test(arguments: formats) func samplesAreThere(_ format: String) {
    let good = Sample.good.count { $0.format == format }
    let bad = Sample.bad.count { $0.format == format }
    #expect(good >= 2, "step 2: SampleModels/manifest.json lists \(good) good models of \(format), 2 are needed")
    #expect(bad >= 2, "step 2: SampleModels/manifest.json lists \(bad) broken models of \(format), 2 are needed")
  }

  @Test(arguments: formats) func usersAreTold(_ format: String) throws {
    let row = try lines(of: "README.md").first { $0.lowercased().hasPrefix("| \(format) |") }
    #expect(row != nil, "step 6: README.md, 'What it reads', has no row for \(format)")
  }

  private func lines(of file: String) throws -> [Substring] {
    let bytes = try Fixtures.read(Fixtures.root + "/" + file)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }
}
