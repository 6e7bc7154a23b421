import Analysis
import DumpFormat
import LayerDump
import LayerDumpReader
import ModelReading
import TestSupport
import Testing

/// A model and its dump are the same to everything that reads them.
@Suite struct RoundTripTests {
  @Test(arguments: models) func analysesAreTheSameBitForBit(_ path: String) throws {
    let original = try registry.open(path)
    guard !original.weights.isEmpty else { return }
    try withDump(of: original) { folder throws in
      let expected = try bits(original)
      #expect(try bits(registry.open(folder)) == expected)
    }
  }

  @Test(.enabled(if: Fixtures.shared("models") != nil)) func sharedModelsAreAmongThem() {
    #expect(sharedModels.count > 10)
  }

  @Test(arguments: models) func graphsAreTheSame(_ path: String) throws {
    let original = try registry.open(path)
    try withDump(of: original) { folder throws in
      let copy = try registry.open(folder)
      #expect(copy.format == "dump" && copy.variant == "of \(original.format), \(original.variant)")
      #expect(copy.producer == original.producer)
      #expect(copy.metadata.map { "\($0)" } == original.metadata.map { "\($0)" })
      #expect(copy.topology == original.topology && copy.edges == original.edges)
      #expect(copy.layers.map(outline) == original.layers.map(outline))
      #expect(copy.parameterCount == original.parameterCount)
      #expect(Set(copy.inventory.map(\.name)) == Set(original.inventory.map(\.name)).union(productNames(original)))
      for diagnostic in original.diagnostics { #expect(copy.diagnostics.contains(diagnostic)) }
    }
  }

  @Test(arguments: models) func tensorsAreTheSameByteForByte(_ path: String) throws {
    let original = try registry.open(path)
    try withDump(of: original) { folder throws in
      let copy = try registry.open(folder)
      for (layer, other) in zip(original.layers, copy.layers) {
        for (parameter, twin) in zip(layer.parameters.filter { !$0.isPart }, other.parameters) {
          #expect(try parameter.tensor.canonical.littleEndianBytes() == twin.tensor.littleEndianBytes())
        }
      }
    }
  }

  @Test func theSameModelGivesTheSameFiles() throws {
    let graph = try registry.open(Fixtures.sample("Variety/variety.onnx"))
    let files = ["graph.json", "weights.safetensors"]
    let first = try withDump(of: graph) { folder in try files.map { try Fixtures.read(folder + "/" + $0) } }
    let second = try withDump(of: graph) { folder in try files.map { try Fixtures.read(folder + "/" + $0) } }
    #expect(first == second)
  }

  /// A dump's dump has the same values.
  @Test func dumpsCanBeDumped() throws {
    let graph = try registry.open(Fixtures.sample("Variety/variety.keras"))
    try withDump(of: graph) { folder throws in
      try withDump(of: registry.open(folder)) { again throws in
        let name = "/weights.safetensors"
        #expect(try Fixtures.read(again + name) == Fixtures.read(folder + name))
      }
    }
  }

  @Test func heldValuesAreThoseOfTheirDigests() throws {
    try withDump(of: registry.open(Fixtures.sample("Variety/dtypes.pt"))) { folder throws in
      let digests = try LayerDumpReader.digests(of: folder, limits: Limits())
      #expect(digests.count > 5)
      for (tensor, digest) in digests {
        #expect(SHA256.hexadecimal(try tensor.littleEndianBytes()) == digest, "\(tensor.name)")
        #expect(try TensorDigest.hexadecimal(of: tensor) == digest)
      }
    }
  }

  /// What has to survive of a layer.
  private func outline(_ layer: Layer) -> String {
    let parameters = layer.parameters.filter { !$0.isPart }.map { parameter in
      let tensor = parameter.tensor.canonical
      let factors = parameter.factors.map { "\($0.left.shape) \($0.right.shape) \($0.scale)" } ?? ""
      return
        "\(parameter.role.label) \(parameter.role.isWeight) \(tensor.name) \(parameter.aliases) \(tensor.elementType) \(tensor.shape) "
        + "\(tensor.axes) \(parameter.tensor.canonicalShape) \(String(describing: parameter.heads)) \(factors)"
    }
    return "\(layer.name) \(layer.kind) \(layer.groups) \(layer.note ?? "-") \(parameters)"
  }

  /// Products of low rank have a name of their own.
  private func productNames(_ graph: LayerGraph) -> [String] {
    graph.layers.flatMap(\.parameters).filter { !$0.isPart }.map(\.tensor.name)
  }
}

extension Parameter {
  fileprivate var isPart: Bool { if case .part = role { true } else { false } }
}
