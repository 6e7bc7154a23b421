import HDF5TestSupport
import ModelReading
import TestSupport
import Testing

@testable import KerasReader

private func shard(_ variables: [(path: String, shape: [Int])]) throws -> [UInt8] {
  var builder = HDF5Builder()
  for variable in variables { builder.weights(variable.path, variable.shape) }
  return try builder.bytes()
}

private let index = """
  {"metadata": {"total_size": 1}, "weight_map": {"/layers/dense/vars": ["m_00000.weights.h5", "m_00001.weights.h5"],
  "/layers/dense_1/vars": "m_00001.weights.h5"}}
  """

/// Writes two shards and their index, some changed or lost, and opens the folder or a file of it.
private func withShards<Result>(
  _ changes: [String: [UInt8]] = [:], lost: Set<String> = [], opening name: String = "",
  _ body: (LayerGraph) throws -> Result
) throws -> Result {
  var files = [
    "m.weights.json": Array(index.utf8),
    "m_00000.weights.h5": try shard([("layers/dense/vars/0", [4, 3])]),
    "m_00001.weights.h5": try shard([("layers/dense/vars/1", [3]), ("layers/dense_1/vars/0", [3, 2])]),
  ]
  files.merge(changes) { $1 }
  return try Fixtures.withDirectory { directory in
    for (file, bytes) in files where !lost.contains(file) { try Fixtures.write(bytes, to: "\(directory)/\(file)") }
    return try body(open(name.isEmpty ? directory : "\(directory)/\(name)"))
  }
}

private func failure(_ changes: [String: [UInt8]] = [:], lost: Set<String> = []) throws -> ReadError? {
  #expect(throws: ReadError.self) { try withShards(changes, lost: lost) { _ in } }
}

/// Weights in several files with an index.
@Suite struct ShardTests {
  @Test(arguments: ["", "m.weights.json"])
  func aLayerInTwoFiles(_ name: String) throws {
    try withShards(opening: name) { graph in
      #expect(rows(graph) == ["dense dense kernel [3, 4]", "dense_1 dense kernel [2, 3]"])
      #expect(graph.layers[0].parameters.map(\.role) == [.kernel, .bias])
      #expect(graph.variant == "sharded")
      #expect(
        graph.files.map { $0.split(separator: "/").last } == [
          "m.weights.json", "m_00000.weights.h5", "m_00001.weights.h5",
        ])
      #expect(graph.diagnostics.allSatisfy { $0.code == .inferred })
    }
  }

  @Test func configurationBesideThem() throws {
    let config = """
      {"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "Dense", "config": {"name": "first"}}, {"class_name": "Dense", "config": {"name": "last"}}]}}
      """
    try withShards(["config.json": Array(config.utf8)]) { graph in
      #expect(graph.layers.map(\.name) == ["first", "last"])
    }
  }

  /// A file that is missing, or cut, costs its own variables.
  @Test(arguments: [true, false]) func lostShard(isThere: Bool) throws {
    let name = "m_00000.weights.h5"
    let cut = try Array(shard([("layers/dense/vars/0", [4, 3])]).dropLast(9))
    try withShards(isThere ? [name: cut] : [:], lost: isThere ? [] : [name]) { graph in
      #expect(rows(graph) == ["dense_1 dense kernel [2, 3]"])
      let incomplete = graph.diagnostics.filter { $0.code == .incomplete }
      #expect(incomplete.map(\.subject) == ["m_00000.weights.h5"])
      #expect(incomplete[0].message.hasSuffix("; 1 groups of the index lie in it"))
    }
  }

  @Test func allShardsLost() throws {
    let error = try failure(lost: ["m_00000.weights.h5", "m_00001.weights.h5"])
    #expect(error?.code == .io)
  }

  @Test func strayVariablesAreNamed() throws {
    let bytes = try shard([("layers/dense/vars/0", [4, 3]), ("layers/old/vars/0", [7, 7])])
    try withShards(["m_00000.weights.h5": bytes]) { graph in
      #expect(graph.layers.count == 2)
      let left = graph.diagnostics.filter { $0.code == .leftOut }
      #expect(left.map(\.subject) == ["layers/old/vars/0"])
      #expect(left[0].message.hasSuffix("is not in the index, so that loaders ignore it"))
      #expect(graph.inventory.contains { $0.name == "layers/old/vars/0" })
    }
  }

  @Test func theFirstOfTwoCounts() throws {
    let bytes = try shard([("layers/dense/vars/0", [9, 9]), ("layers/dense_1/vars/0", [3, 2])])
    try withShards(["m_00001.weights.h5": bytes]) { graph in
      #expect(rows(graph) == ["dense dense kernel [3, 4]", "dense_1 dense kernel [2, 3]"])
      #expect(graph.diagnostics.contains { $0.message.hasSuffix("once more; the first one counts") })
    }
  }

  @Test func groupThatIsNotWhereTheIndexSays() throws {
    let error = try failure(["m_00001.weights.h5": try shard([("layers/dense/vars/1", [3])])])
    #expect(error?.code == .malformed)
    #expect(error?.message == "is said by its index to hold a group and does not")
    #expect(error?.subject == "/layers/dense_1/vars")
  }

  @Test func shardsStayInTheirFolder() throws {
    let escaping = #"{"weight_map": {"/layers/dense/vars": ["../m_00000.weights.h5"]}}"#
    let error = try failure(["m.weights.json": Array(escaping.utf8)])
    #expect(error?.code == .unsafeContent)
  }

  @Test func secondIndexIsNamed() throws {
    try withShards(["z.weights.json": Array(index.utf8)]) { graph in
      #expect(graph.diagnostics.contains { $0.message == "is a second index, 'm.weights.json' is read" })
    }
  }

  @Test func insideAnArchive() throws {
    let members = [
      ("config.json", Array(#"{"class_name": "Functional", "config": {"name": "m", "layers": []}}"#.utf8)),
      ("model.weights.json", Array(index.utf8)), ("m_00000.weights.h5", try shard([("layers/dense/vars/0", [4, 3])])),
    ]
    let graph = try open(ZipBuilder(members).bytes(), named: "m.keras")
    #expect(rows(graph) == ["dense dense kernel [3, 4]"])
    #expect(graph.diagnostics.contains { $0.code == .incomplete && $0.subject == "m_00001.weights.h5" })
  }
}

/// Weights as pickled dictionaries.
@Suite struct ObjectArchiveTests {
  private func header() -> [UInt8] { NPYBuilder.array("'|O'", "()", []) }

  private func failure(_ member: [UInt8]) throws -> ReadError? {
    let weights = ZipBuilder([("layers/dense.npy", member)]).bytes()
    let archive = ZipBuilder([("config.json", Array("{}".utf8)), ("model.weights.npz", weights)]).bytes()
    return #expect(throws: ReadError.self) { try open(archive, named: "m.keras") }
  }

  @Test func valuesLieWhereTheyLie() throws {
    let graph = try open(Fixtures.sample("Variety/keras/arrays.keras"))
    #expect(graph.layers.map(\.name) == ["first", "second", "third"])
    #expect(graph.layers[0].parameters[0].tensor.storage.fileRange != nil)
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func numbersInPlaceOfADictionary() throws {
    let error = try failure(NPYBuilder.array("'<f4'", "(1,)", [0, 0, 0, 0]))
    #expect(error?.code == .malformed)
    #expect(error?.message == "holds numbers where a layer's dictionary of arrays is expected")
  }

  @Test func pickleOfSomethingElse() throws {
    let error = try failure(header() + [0x80, 2, 0x4E, 0x2E])  // None
    #expect(error?.code == .malformed)
    #expect(error?.message == "holds no dictionary of arrays")
  }
}
