import ModelReading
import TestSupport
import Testing

/// What every reader's probe answers.
@Suite struct ProbeTests {
  @Test(arguments: Sample.goodFiles) func oneReaderAtMostIsCertain(_ sample: Sample) throws {
    let bytes = try Fixtures.read(sample.fullPath)
    let matches = matches(bytes[...])
    #expect(matches.filter { $0.match == .certain }.count <= 1, "\(matches)")
    #expect(matches.contains { $0.format == sample.format && $0.match != .no }, "\(matches)")
    let certain = matches.first { $0.match == .certain }
    #expect(certain == nil || certain?.format == sample.format, "\(matches)")
  }

  /// Probes see at most 4096 bytes, and may see any number below.
  @Test(arguments: Sample.smallest(2)) func prefixesOfEveryLengthAreJudged(_ sample: Sample) throws {
    let bytes = try Fixtures.read(sample.fullPath).prefix(Format.probeLength)
    for length in 0...bytes.count {
      let matches = matches(bytes.prefix(length))
      #expect(matches.count { $0.match == .certain } <= 1, "\(length) bytes: \(matches)")
    }
  }

  @Test(arguments: [[], [0], [0x80], [0x50], [0x93], [0x89], [0x08], [UInt8](repeating: 0, count: 4095)] as [[UInt8]])
  func nothingIsCertainOfNothing(_ bytes: [UInt8]) {
    #expect(matches(bytes[...]).allSatisfy { $0.match != .certain })
  }

  @Test func randomBytesAreJudged() {
    var state: UInt64 = 42
    for _ in 0..<2_000 {
      var bytes: [UInt8] = []
      for _ in 0..<64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33))
      }
      #expect(matches(bytes[...]).allSatisfy { $0.match != .certain })
    }
  }

  @Test func formatsIntroduceThemselves() {
    let formats = registry.formats
    #expect(Set(formats.map(\.name)).count == formats.count)
    for format in formats {
      #expect(format.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
      #expect(!format.summary.isEmpty && !format.summary.contains("\n"))
      #expect(format.fileExtensions.allSatisfy { $0 == $0.lowercased() && !$0.hasPrefix(".") })
      #expect(!format.fileExtensions.isEmpty)
    }
  }

  @Test func everyReaderOfTheTreeIsBuiltIn() throws {
    let readers = Set(registry.readers.map { "\(type(of: $0))" })
    // Programs are the command line's choice.
    let inTree = try ModelDirectory.names(in: Fixtures.root + "/Plugins").filter { $0.hasSuffix("Reader") }
    #expect(readers == Set(inTree).subtracting(["ExternalReader"]))
    #expect(registry.fallbacks.isEmpty)
  }

  private func matches(_ bytes: ArraySlice<UInt8>) -> [(format: String, match: Match)] {
    let source = ByteSource(owned: Array(bytes.prefix(Format.probeLength)), label: "prefix")
    return registry.readers.map { ($0.format.name, judge(source, $0)) }
  }

  private func judge(_ source: ByteSource, _ reader: any ModelReader) -> Match { reader.probe(source.bytes) }
}
