import Foundation
import ModelReading
import TestSupport
import Testing

/// What `make new-reader` writes, in a copy of the files that it looks at.
@Suite struct ScaffoldTests {
  private static let manifest = "Package.swift"
  private static let registry = "Sources/ModelReaders/BuiltInReaders.swift"

  @Test func writesThreeFilesAndThreeLines() throws {
    try withCopy { folder in
      let before = try contents(of: folder)
      let outcome = try newReader("Foo2D", in: folder)
      #expect(outcome.status == 0, "\(outcome.output)")
      let after = try contents(of: folder)
      #expect(
        Set(after.keys).subtracting(before.keys) == [
          "Plugins/Foo2DReader/Foo2DReader.swift", "Plugins/Foo2DReader/Foo2DReader.docc/Foo2DReader.md",
          "Tests/Foo2DReaderTests/Foo2DReaderTests.swift",
        ])
      let changed = before.filter { $0.value != after[$0.key] }.keys
      #expect(Set(changed) == [Self.manifest, Self.registry])
      #expect(try added(Self.manifest, before, after) == ["  Reader(\"Foo2DReader\", []),"])
      #expect(try added(Self.registry, before, after) == ["import Foo2DReader", "    .foo2d,"])
      for path in after.keys where before[path] != after[path] { #expect(outcome.output.contains(path)) }
    }
  }

  @Test func aSecondRunChangesNothing() throws {
    try withCopy { folder in
      _ = try newReader("Foo", in: folder)
      let before = try contents(of: folder)
      let outcome = try newReader("Foo", in: folder)
      #expect(outcome.status == 1 && outcome.output == "error: Plugins/FooReader exists\n")
      #expect(try contents(of: folder) == before)
    }
  }

  @Test func badNamesAreRefused() throws {
    try withCopy { folder in
      let before = try contents(of: folder)
      for (name, reason) in [
        ("", "a name is needed: make new-reader NAME=Foo"),
        ("foo", "'foo' is not UpperCamelCase of letters and digits, as Foo is"),
        ("2D", "'2D' is not UpperCamelCase of letters and digits, as Foo is"),
        ("Foo-Bar", "'Foo-Bar' is not UpperCamelCase of letters and digits, as Foo is"),
        ("Föö", "'Föö' is not UpperCamelCase of letters and digits, as Foo is"),
        ("../Foo", "'../Foo' is not UpperCamelCase of letters and digits, as Foo is"),
        ("FooReader", "'FooReader' becomes FooReaderReader: leave out the last word, NAME=Foo"),
        ("Keras", "Plugins/KerasReader exists"),
        ("External", "Plugins/ExternalReader exists"),
        ("Dump", "\(Self.registry) has a reader of the format 'dump'"),
        ("Pytorch", "\(Self.registry) has a reader of the format 'pytorch'"),
        ("Byte", "ByteReader is the name of a type, in Sources/ModelReading/ByteReader.swift"),
      ] {
        let outcome = try newReader(name, in: folder)
        #expect(outcome.status == 1 && outcome.output == "error: \(reason)\n", "\(name)")
      }
      #expect(try contents(of: folder) == before)
    }
  }

  /// What it writes compiles as it is, with no warning, and is in the house style.
  @Test func newCodeCompiles() throws {
    try withCopy { folder in
      _ = try newReader("Foo", in: folder)
      let reader = folder + "/Plugins/FooReader/FooReader.swift"
      let tests = folder + "/Tests/FooReaderTests/FooReaderTests.swift"
      let style = Fixtures.root + "/.swift-format"
      for outcome in [
        try compile("-emit-module", "-module-name", "FooReader", "-o", folder + "/FooReader.swiftmodule", reader),
        try compile("-typecheck", "-I", folder, tests),
        try run(["swift", "format", "lint", "--strict", "--configuration", style, reader, tests]),
      ] {
        #expect(outcome.status == 0 && outcome.output == "")
      }
    }
  }

  /// Runs the compiler with the modules beside the tests, as the package does in CI.
  private func compile(_ arguments: String...) throws -> Outcome {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let modules = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("Modules").path
    let features = ["ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility"]
    let places = [modules, Fixtures.root + "/Sources/CLinux"]
    return try run(
      ["swiftc", "-warnings-as-errors", "-swift-version", "6", "-strict-memory-safety"]
        + places.flatMap { ["-I", $0] } + features.flatMap { ["-enable-upcoming-feature", $0] } + arguments)
  }

  // MARK: The copy

  private func withCopy(_ body: (String) throws -> Void) throws {
    try Fixtures.withDirectory { folder in
      let parts = ["Package.swift", "Sources", "Plugins"].map { Fixtures.root + "/" + $0 }
      let copied = try run(["cp", "-r"] + parts + [folder])
      #expect(copied.status == 0, "\(copied.output)")
      try body(folder)
    }
  }

  private func newReader(_ name: String, in folder: String) throws -> Outcome {
    try run([folder + "/Plugins/new-reader/new-reader.sh", name])
  }

  /// Every file of a folder, by its path.
  private func contents(of folder: String) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) where !isDirectory(folder + "/" + path) {
      contents[path] = try Fixtures.read(folder + "/" + path)
    }
    return contents
  }

  /// The lines of a file that were not there before; everything else is as it was.
  private func added(_ path: String, _ before: [String: [UInt8]], _ after: [String: [UInt8]]) throws -> [String] {
    let old = String(decoding: try #require(before[path]), as: UTF8.self).split(separator: "\n")
    let new = String(decoding: try #require(after[path]), as: UTF8.self).split(separator: "\n")
    let changes = new.difference(from: old)
    #expect(changes.removals.isEmpty)
    return changes.insertions.compactMap { change in
      guard case .insert(_, let line, _) = change else { return nil }
      return String(line)
    }
  }
}
