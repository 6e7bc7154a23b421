import GGUFReader
import ModelReading
import TestSupport
import Testing

/// Models in several files.
@Suite("Parts of GGUF models")
struct PartTests {
  /// Part `number` of `total`, with a tensor of its own.
  private func part(
    _ number: UInt16, of total: UInt16, tensor: String? = nil, announced: UInt32? = nil
  ) -> [UInt8] {
    var file = GGUFFile()
    file.set("split.no", number)
    file.set("split.count", total)
    if let announced { file.set("split.tensors.count", announced) }
    file.add(tensor ?? "blk.\(number).weight", [2, 2])
    return file.bytes
  }

  private func name(_ number: Int, of total: Int) -> String { "m-0000\(number)-of-0000\(total).gguf" }

  /// - Parameter file: what to open; the folder if `nil`.
  private func open(_ files: [(String, [UInt8])], _ file: String? = nil) throws -> LayerGraph {
    try Fixtures.withDirectory { folder in
      for (name, bytes) in files { try Fixtures.write(bytes, to: folder + "/" + name) }
      let registry = ReaderRegistry([.gguf])
      return try registry.open(file.map { folder + "/" + $0 } ?? folder)
    }
  }

  @Test(arguments: [nil, "m-00001-of-00002.gguf", "m-00002-of-00002.gguf"])
  func allPartsAreRead(_ file: String?) throws {
    let files = [(name(1, of: 2), part(0, of: 2, announced: 2)), (name(2, of: 2), part(1, of: 2))]
    let graph = try open(files, file)
    #expect(graph.layers.map(\.name) == ["blk.0", "blk.1"])
    #expect(graph.variant == "version 3, 2 parts")
    #expect(graph.files.count == 2 && graph.diagnostics.isEmpty)
  }

  @Test func otherFilesOfTheFolderAreNamed() throws {
    let files = [
      (name(1, of: 2), part(0, of: 2)), (name(2, of: 2), part(1, of: 2)), ("projector.gguf", GGUFFile().bytes),
    ]
    #expect(try open(files).diagnostics.map(\.subject) == ["projector.gguf"])
  }

  @Test func missingAndCutPartsCostTheirOwnTensors() throws {
    let files = [(name(1, of: 3), part(0, of: 3)), (name(3, of: 3), Array(part(2, of: 3).dropLast(20)))]
    let graph = try open(files)
    #expect(graph.layers.map(\.name) == ["blk.0"])
    #expect(graph.diagnostics.map(\.code) == [.incomplete, .incomplete])
    #expect(graph.diagnostics.map(\.subject) == [name(2, of: 3), name(3, of: 3)])
    #expect(graph.diagnostics[0].message.hasPrefix("part 2 of 3 is missing: "))
  }

  @Test func numbersThatContradictNamesAreErrors() throws {
    let files = [(name(1, of: 2), part(0, of: 2)), (name(2, of: 2), part(0, of: 2))]
    let error = #expect(throws: ReadError.self) { try open(files, name(1, of: 2)) }
    #expect(error?.code == .malformed)
    #expect(error?.message == "is part 0 of 2, and part 1 of 2 by its name, counted from 0")
  }

  @Test func oneNameInTwoPartsIsAnError() throws {
    let files = [
      (name(1, of: 2), part(0, of: 2, tensor: "x.weight")), (name(2, of: 2), part(1, of: 2, tensor: "x.weight")),
    ]
    let error = #expect(throws: ReadError.self) { try open(files) }
    #expect(error?.code == .malformed && error?.subject == "x.weight")
    #expect(error?.message.hasPrefix("holds a tensor that lies in '") == true)
  }

  @Test func otherNamesDoNotTellTheOtherParts() throws {
    let graph = try open([("renamed.gguf", part(0, of: 2))], "renamed.gguf")
    #expect(graph.layers.map(\.name) == ["blk.0"])
    #expect(graph.diagnostics.map(\.code) == [.incomplete])
    #expect(graph.diagnostics[0].hint == "parts are called NAME-00001-of-00002.gguf")
  }

  @Test func announcedTensorsThatAreNotThereAreMissed() throws {
    let files = [(name(1, of: 2), part(0, of: 2, announced: 5)), (name(2, of: 2), part(1, of: 2))]
    #expect(try open(files).diagnostics.map(\.message) == ["announces 5 tensors in all parts, these hold 2"])
  }

  @Test func foldersOfSeveralModelsAreNone() throws {
    let files = [(name(1, of: 2), part(0, of: 2)), ("n-00001-of-00002.gguf", part(0, of: 2))]
    let error = #expect(throws: ReadError.self) { try open(files) }
    #expect(error?.code == .unrecognized)
  }
}
