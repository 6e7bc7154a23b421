import DumpFormat
import LayerDump
import ModelReading
import StrictJSON
import TestSupport
import Testing

/// Which files a dump consists of, and what its tensors are called.
@Suite struct LayoutTests {
  @Test func largeDumpsAreDividedAndIndexed() throws {
    let tensors = try (0..<5).map { (Role.other("t\($0)"), try counting([10], name: "t\($0)")) }
    var options = DumpOptions()
    options.shardByteCount = 80
    try withDump(of: graph(tensors), options) { folder throws in
      let names = try ModelDirectory(path: folder).entries
      #expect(
        names == [
          "graph.json", "weights-00001-of-00003.safetensors", "weights-00002-of-00003.safetensors",
          "weights-00003-of-00003.safetensors", "weights.safetensors.index.json",
        ])
      let index = try json(folder + "/weights.safetensors.index.json")
      #expect(index["metadata"]?["total_size"]?.int == 200)
      #expect(index["weight_map"]?["fc.t2"]?.string == "weights-00002-of-00003.safetensors")
      let copy = try registry.open(folder)
      #expect(copy.format == "dump" && copy.layers[0].parameters.count == 5 && copy.files.count == 5)
      let plain = try registry.open(folder + "/weights.safetensors.index.json")
      #expect(plain.format == "safetensors" && plain.inventory.count == 5)
    }
  }

  @Test func aTensorLargerThanAFileHasOneOfItsOwn() throws {
    let tensors = try [3, 100, 3].enumerated().map { (Role.other("t\($0)"), try counting([$1], name: "t\($0)")) }
    var options = DumpOptions()
    options.shardByteCount = 16
    try withDump(of: graph(tensors), options) { folder throws in
      #expect(try registry.open(folder).files.count == 5)
    }
  }

  @Test func theWeightsAloneAreSafetensors() throws {
    try withDump(of: registry.open(Fixtures.sample("LeNet5/lenet5.onnx"))) { folder throws in
      let weights = try registry.open(folder + "/weights.safetensors")
      #expect(weights.format == "safetensors")
      #expect(weights.inventory.contains { $0.name == "conv2.kernel" && $0.shape == [16, 6, 5, 5] })
      #expect(try registry.open(folder + "/graph.json").format == "dump")
    }
  }

  @Test func namesAreUniqueAndDependOnTheModelAlone() throws {
    let tensors = try ["a", "b", "c"].map { (Role.other("x"), try counting([2], name: $0)) }
    try withDump(of: graph(tensors)) { folder throws in
      #expect(try names(folder) == ["fc.x", "fc.x~2", "fc.x~3"])
      #expect(try registry.open(folder).layers[0].parameters.map(\.tensor.name) == ["a", "b", "c"])
    }
  }

  @Test func theSameValuesAreStoredOnce() throws {
    try Fixtures.withFile([Float](repeating: 1, count: 12).littleEndianBytes) { path in
      let source = ByteSource(try MappedFile(path: path))
      let tensor = try Tensor(
        name: "w", elementType: .float32, shape: [3, 4], axes: [.output, .input], storage: .bytes(source))
      var tied = graph([(.kernel, tensor)])
      tied.layers.append(Layer(name: "head", kind: .dense, parameters: [Parameter(.kernel, tensor)]))
      try withDump(of: tied) { folder throws in
        #expect(try names(folder) == ["fc.kernel"])
        #expect(try registry.open(folder).layers.map(\.name) == ["fc", "head"])
      }
    }
  }

  @Test func layersAreChosenByName() throws {
    let graph = try registry.open(Fixtures.sample("LeNet5/lenet5.keras"))
    var options = DumpOptions()
    options.layerPatterns = ["conv*", "fc3.bias"]
    try withDump(of: graph, options) { folder throws in
      let copy = try registry.open(folder)
      #expect(copy.layers.map(\.name) == ["conv1", "conv2", "fc3"])
      #expect(copy.layers[2].parameters.map(\.role) == [.bias])
      #expect(copy.edges == [LayerGraph.Edge(from: 0, to: 1)])
    }
  }

  @Test func piecesOfQuantisedWeightsStayBehind() throws {
    try withDump(of: registry.open(Fixtures.sample("Quantised/gptq.safetensors"))) { folder throws in
      let copy = try registry.open(folder)
      #expect(try names(folder).allSatisfy { $0.hasSuffix(".kernel") || $0.hasSuffix(".bias") })
      #expect(copy.diagnostics.contains { $0.code == .leftOut && $0.subject.hasSuffix("qweight") })
      #expect(copy.layers.contains { $0.note?.contains("dequantised") == true || $0.note != nil })
    }
  }

  private func names(_ folder: String) throws -> [String] {
    try json(folder + "/graph.json")["tensors"]?.elements.compactMap { $0["name"]?.string } ?? []
  }

  private func json(_ path: String) throws -> JSON {
    try JSON.parse(ByteSource(MappedFile(path: path)), limits: Limits())
  }
}
