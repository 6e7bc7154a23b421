import Analysis
import DumpFormat
import LayerDump
import LayerDumpReader
import MatrixSlicing
import ModelReading
import StrictJSON
import TestSupport
import Testing

/// Dumps as arrays, for WeightWatcher, and as matrices.
@Suite struct OtherLayoutTests {
  @Test(arguments: ["LeNet5/lenet5.h5", "Variety/variety.onnx", "Variety/PyTorch/parametrized.pt"])
  func arraysAreAnalysedAsTheModelIs(_ path: String) throws {
    let original = try registry.open(Fixtures.sample(path))
    var options = DumpOptions()
    options.layout = .npy
    try withDump(of: original, options) { folder throws in
      #expect(try ModelDirectory(path: folder).entries.allSatisfy { $0.hasSuffix(".npy") || $0 == "graph.json" })
      let expected = try bits(original)
      #expect(try bits(registry.open(folder)) == expected)
    }
  }

  @Test func typesThatNumPyLacksAreFloats() throws {
    var options = DumpOptions()
    options.layout = .npy
    try withDump(of: registry.open(Fixtures.sample("Variety/dtypes.safetensors")), options) { folder throws in
      let types = Set(try registry.open(folder).layers.flatMap(\.parameters).map(\.tensor.elementType))
      #expect(types.isDisjoint(with: [.bfloat16, .float8e4m3fn, .float8e5m2]))
      #expect(types.isSuperset(of: [.float32, .float64, .float16]))
    }
  }

  @Test func arraysHaveHarmlessFileNames() throws {
    let names = ["../up", "/root", "", ".hidden", "a\nb", String(repeating: "x", count: 300)]
    let tensors = try names.map { (Role.other($0), try counting([2], name: "t" + $0)) }
    var options = DumpOptions()
    options.layout = .npy
    try withDump(of: graph(tensors, name: "../fc"), options) { folder throws in
      let files = try ModelDirectory.names(in: folder)
      #expect(files.count == 7 && files.allSatisfy { !$0.hasPrefix(".") && $0.utf8.count < 255 && !$0.contains("\n") })
      #expect(try registry.open(folder).layers[0].parameters.map(\.role.label) == names)
    }
  }

  @Test func weightWatcherFindsWeightsAndBiases() throws {
    var options = DumpOptions()
    options.layout = .weightwatcher
    try withDump(of: registry.open(Fixtures.sample("LeNet5/lenet5.keras")), options) { folder throws in
      let index = try json(folder + "/ww_config.json")
      #expect(index["weights_dir"]?.string == folder)
      let layers = try #require(index["layers"]).members.map(\.value)
      #expect(layers.map { $0["name"]?.string } == ["conv1", "conv2", "fc1", "fc2", "fc3"])
      #expect(layers.map { $0["type"]?.string } == ["conv2d", "conv2d", "dense", "dense", "dense"])
      #expect(layers[1]["dims"]?.string == "[16, 6, 5, 5]")
      #expect(layers[1]["weightfile"]?.string == "conv2.kernel.weight.npy")
      #expect(layers[1]["biasfile"]?.string == "conv2.bias.npy")
      let names = try ModelDirectory(path: folder).entries
      #expect(layers.allSatisfy { names.contains($0["weightfile"]?.string ?? "") })
      #expect(try registry.open(folder).format == "dump")
    }
  }

  @Test func weightWatcherGetsMatricesOfOtherKernels() throws {
    var options = DumpOptions()
    options.layout = .weightwatcher
    try withDump(of: registry.open(Fixtures.sample("Variety/variety.onnx")), options) { folder throws in
      let layers = try #require(try json(folder + "/ww_config.json")["layers"]).members.map(\.value)
      #expect(layers.contains { $0["longname"]?.string == "conv1d.kernel.position.4" })
      #expect(layers.allSatisfy { ["dense", "conv2d"].contains($0["type"]?.string) })
    }
  }

  @Test func matricesAreThoseOfTheAnalysis() throws {
    let original = try registry.open(Fixtures.sample("Variety/variety.keras"))
    var options = DumpOptions()
    options.matrices = DumpOptions.Matrices()
    try withDump(of: original, options) { folder throws in
      let copy = try registry.open(folder)
      let expected = try rows(original, perSlice: true)
      #expect(expected.count > 30)
      #expect(try rows(copy, perSlice: false) == expected)
    }
  }

  @Test func matricesAreLongerThanWideAndSayWhereTheyAreFrom() throws {
    let graph = try registry.open(Fixtures.sample("LeNet5/lenet5.pt"))
    var options = DumpOptions()
    options.layerPatterns = ["conv2", "fc1"]
    options.matrices = DumpOptions.Matrices()
    try withDump(of: graph, options) { folder throws in
      let layers = try #require(try json(folder + "/graph.json")["layers"]).elements
      let conv = try #require(layers[0]["parameters"]?.elements[0]["matrices"]).elements
      #expect(conv.count == 25 && conv[7]["tensor"]?.string == "conv2.kernel.position.1.2")
      #expect(conv[7]["N"]?.int == 16 && conv[7]["M"]?.int == 6 && conv[7]["Q"]?.double == 16.0 / 6)
      #expect(conv[7]["origin"]?["position"]?.elements.compactMap(\.int) == [1, 2])
      let dense = try #require(layers[1]["parameters"]?.elements[0]["matrices"]).elements
      #expect(dense.count == 1 && dense[0]["is_transposed"]?.bool == true && dense[0]["N"]?.int == 400)
      let stored = try registry.open(folder + "/weights.safetensors").inventory
      #expect(stored.first { $0.name == "fc1.kernel" }?.shape == [400, 120])
    }
  }

  @Test func headsAreMatricesOfTheirOwn() throws {
    let tensor = try counting([8, 6], axes: [.output, .input])
    var model = graph([(.weight("query"), tensor)], kind: .attention)
    model.layers[0].parameters[0].heads = AttentionHeads(.outputs, count: nil)
    var options = DumpOptions()
    options.matrices = DumpOptions.Matrices(perHead: true, headWidth: 2)
    try withDump(of: model, options) { folder throws in
      let copy = try registry.open(folder)
      #expect(copy.layers.map(\.name) == (0..<4).map { "fc[head \($0)]" })
      let second = try copy.layers[1].parameters[0].tensor.canonical.values(as: Float.self)
      #expect(second == (12..<24).map { Float($0) })
    }
  }

  /// What does not tell a matrix of its own from a slice.
  private func rows(_ graph: LayerGraph, perSlice: Bool) throws -> [String] {
    var options = AnalysisOptions()
    options.perSlice = perSlice
    options.bootstrapCount = 0
    return try analyze(graph, path: "model", options: options).layers.map { record in
      "\(record.name) \(record.kind) \(record.rows ?? 0) \(record.columns ?? 0) \(record.norm ?? 0) "
        + "\(record.spectralNorm ?? 0) \(record.alpha ?? 0) \(record.phase ?? "")"
    }
  }

  private func json(_ path: String) throws -> JSON {
    try JSON.parse(ByteSource(MappedFile(path: path)), limits: Limits())
  }
}
