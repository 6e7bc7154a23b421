import ModelReading
import TestSupport
import Testing

@testable import PyTorchReader

private typealias W = PickleWriter

/// Folders of `torch.distributed.checkpoint`.
@Suite struct DistributedTests {
  private typealias Chunk = (offsets: [Int], sizes: [Int], stored: [Int])
  private let module = "torch.distributed.checkpoint.metadata"

  private func size(_ extents: [Int]) -> [UInt8] { W.call("torch", "Size", [W.integers(extents)]) }

  private func record(_ name: String, _ attributes: [(String, [UInt8])]) -> [UInt8] {
    W.instance(module, name, state: W.dictionary(attributes))
  }

  /// A folder with one tensor `w` in chunks, each a file of its own; their elements count up.
  private func write(
    _ shape: [Int], _ chunks: [Chunk], to folder: String, more: [(String, [UInt8])] = [], cut: Int = 0
  ) throws {
    try Fixtures.write([], to: folder + "/empty.distcp")
    var places: [UInt8] = []
    for (index, chunk) in chunks.enumerated() {
      let count = chunk.stored.reduce(1, *)
      let values = W.floats((0..<count).map { Float(10 * index + $0) })
      let file = torchFile(W.tensor(W.storage("0", count), chunk.stored), storages: [("0", values)])
      try Fixtures.write(file + file, to: "\(folder)/__\(index)_0.distcp")
      places += record("MetadataIndex", [("fqn", W.text("w")), ("offset", size(chunk.offsets))])
      let info: [(String, [UInt8])] = [
        ("relative_path", W.text("__\(index)_0.distcp")), ("offset", W.integer(file.count)),
        ("length", W.integer(file.count - cut)),
      ]
      places += record("_StorageInfo", info + more)
    }
    let boxes = chunks.map { record("Chunk", [("offsets", size($0.offsets)), ("sizes", size($0.sizes))]) }
    let tensor = record("TensorStorageMetadata", [("size", size(shape)), ("chunks", W.list(boxes))])
    let index = record(
      "Metadata",
      [
        ("state_dict_metadata", W.dictionary([("w", tensor)])),
        ("storage_data", Array("}(".utf8) + places + Array("u".utf8)),
        ("planner_data", W.dictionary([("w", W.tuple([W.text("model"), W.text("fc.weight")]))])),
      ])
    try Fixtures.write(W.pickle(index), to: folder + "/.metadata")
  }

  private func open(_ folder: String) throws -> LayerGraph { try ReaderRegistry([.pytorch]).open(folder) }

  private func error(_ shape: [Int], _ chunks: [Chunk], more: [(String, [UInt8])] = [], cut: Int = 0) throws
    -> ReadError
  {
    try Fixtures.withDirectory { folder in
      try write(shape, chunks, to: folder, more: more, cut: cut)
      return try #require(throws: ReadError.self) { try open(folder) }
    }
  }

  @Test func putsChunksTogether() throws {
    try Fixtures.withDirectory { folder in
      try write(
        [3, 2], [([0, 0], [2, 1], [2, 1]), ([2, 0], [1, 2], [1, 2]), ([0, 1], [2, 1], [2, 1])], to: folder)
      for path in [folder, folder + "/__1_0.distcp", folder + "/.metadata"] {
        let graph = try open(path)
        #expect(graph.variant == "distributed")
        #expect(graph.layers.map(\.name) == ["fc"])
        #expect(try graph.layers[0].parameters[0].tensor.values() == [0, 20, 1, 21, 10, 11])
        #expect(graph.files.count == 4)
        #expect(graph.diagnostics.isEmpty)
      }
    }
  }

  @Test func mapsWholeTensors() throws {
    try Fixtures.withDirectory { folder in
      try write([2, 2], [([0, 0], [2, 2], [2, 2])], to: folder)
      let tensor = try open(folder).layers[0].parameters[0].tensor
      #expect(tensor.storage.fileRange != nil)
      #expect(try tensor.values() == [0, 1, 2, 3])
    }
  }

  @Test func refusesChunksThatAreNotTheTensor() throws {
    let half: Chunk = ([0, 0], [1, 2], [1, 2])
    #expect(try error([2, 2], [half]).message == "has 2 elements in its chunks, the shape is [2, 2]")
    #expect(try error([2, 2], [half, half]).message == "has chunks that overlap")
    #expect(
      try error([2, 2], [half, ([1, 1], [1, 2], [1, 2])]).message == "has a chunk [1, 2] of float32 at [1, 1] of [2, 2]"
    )
    #expect(try error([2, 2], [([.max, 0], [1, 2], [1, 2])]).code == .malformed)
    #expect(try error([.min, 2], [half]).code == .malformed)
    #expect(try error([2, 2], []).message == "has no chunks")
    #expect(
      try error([2, 2], [([0, 0], [2, 2], [2, 1])]).message == "is [2, 1], where the index has [2, 2]")
    #expect(try error([2, 2], [([0, 0], [2, 2], [2, 2])], cut: 1).code == .truncated)
    #expect(
      try error([2, 2], [([0, 0], [2, 2], [2, 2])], more: [("transform_descriptors", W.list([W.text("zstd")]))]).message
        == "is stored compressed")
  }

  @Test func keepsToItsFolder() throws {
    let whole: Chunk = ([0, 0], [2, 2], [2, 2])
    let escape = [("relative_path", W.text("../secret"))]
    #expect(try error([2, 2], [whole], more: escape).code == .unsafeContent)
  }

  @Test func needsItsIndex() throws {
    try Fixtures.withDirectory { folder in
      try Fixtures.write(torchFile(W.none), to: folder + "/__0_0.distcp")
      #expect(try #require(throws: ReadError.self) { try open(folder) }.code == .io)
      try Fixtures.write(W.pickle(W.dictionary([])), to: folder + "/.metadata")
      let error = try #require(throws: ReadError.self) { try open(folder) }
      #expect(error.message == "is no index of a distributed checkpoint")
    }
  }
}
