import ModelReading
import ReaderConformance
import ReaderExample
import TestSupport
import Testing

/// The reader that CONTRIBUTING.md builds does what is asked of any.
@Suite struct ExampleTests {
  private let registry = ReaderRegistry([.foo])

  @Test func samplesAreWhatTheManifestSays() throws {
    try withSamples { samples in
      #expect(samples.count { !$0.isBad } == 2 && samples.count(where: \.isBad) == 3)
      for sample in samples {
        let bytes = try Fixtures.read(sample.fullPath)
        #expect(bytes.count == sample.byteCount && SHA256.hexadecimal(bytes) == sample.sha256, "\(sample)")
      }
    }
  }

  @Test func samplesAreReadAsTheManifestSays() throws {
    try withSamples { samples in
      for sample in samples {
        let objections = sample.objections { () throws(ReadError) in try registry.open(sample.fullPath) }
        #expect(objections == [], "\(sample)")
      }
    }
  }

  @Test func conforms() throws {
    try withSamples { samples in
      let good = samples.filter { !$0.isBad }.map(\.fullPath)
      try Fixtures.withDirectory { scratch in
        Conformance(FooReader(), damagedCopies: 36).run(samples: good, scratch: scratch) { check in
          #expect(check.failure == nil, "\(check.name), \(check.sample ?? "no sample")")
        }
      }
    }
  }

  @Test func smallestFile() throws {
    let bytes: [UInt8] = Array("FOO1".utf8) + [1, 0, 0, 0, 2, 0, 0, 0] + [Float(3), -4].littleEndianBytes
    try Fixtures.withFile(bytes, named: "smallest.foo") { path in
      let graph = try FooReader().open(.file(MappedFile(path: path)), limits: Limits())
      #expect(graph.layers.count == 1)
      #expect(try graph.layers.first?.parameters.first?.tensor.values(as: Float.self) == [3, -4])
    }
  }

  /// The samples, made by their maker.
  private func withSamples(_ body: ([Sample]) throws -> Void) throws {
    let example = Fixtures.root + "/Examples/FooReader"
    try Fixtures.withDirectory { folder in
      for command in [
        ["mkdir", folder + "/Makers"], ["cp", example + "/make_foo.sh", folder + "/Makers"],
        ["cp", example + "/manifest.json", folder], [folder + "/Makers/make_foo.sh"],
      ] {
        let outcome = try run(command)
        #expect(outcome.status == 0, "\(outcome.output)")
      }
      try body(Sample.listed(in: folder))
    }
  }
}
