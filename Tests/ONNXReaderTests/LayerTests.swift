import ModelReading
import TestSupport
import Testing

/// Operators, the axes of their weights, and what layers are called.
@Suite struct LayerTests {
  static func layers(_ nodes: [Proto], _ initializers: [Proto]) throws -> [Layer] {
    try open(Onnx.model(nodes, initializers)).layers
  }

  static func kernel(_ node: Proto, _ initializers: [Proto]) throws -> (layer: Layer, tensor: Tensor) {
    let layer = try #require(try layers([node], initializers).first)
    return (layer, layer.parameters[0].tensor)
  }

  @Test(arguments: [
    ([6, 1, 5], LayerKind.convolution(rank: 1)), ([6, 2, 3, 3], .convolution(rank: 2)),
    ([2, 2, 2, 2, 2], .convolution(rank: 3)),
  ])
  func convolution(_ shape: [Int], _ kind: LayerKind) throws {
    let (layer, tensor) = try Self.kernel(Onnx.node("Conv", ["x", "w"]), [Onnx.raw("w", shape)])
    #expect(layer.kind == kind)
    #expect(tensor.axes == [.output, .input] + (0..<shape.count - 2).map { .spatial($0) })
    #expect(tensor.canonicalShape == shape)
  }

  @Test func groupedConvolution() throws {
    let node = Onnx.node("Conv", ["x", "w", "b"], [Onnx.attribute("group", 2)])
    let (layer, tensor) = try Self.kernel(node, [Onnx.raw("w", [6, 2, 3, 3]), Onnx.raw("b", [6])])
    #expect(layer.groups == 2 && layer.kind == .convolution(rank: 2))
    #expect(tensor.axes == [.group, .output, .input, .spatial(0), .spatial(1)])
    #expect(tensor.canonicalShape == [6, 2, 3, 3])
    #expect(layer.parameters.map(\.role) == [.kernel, .bias])
  }

  @Test func depthwiseConvolution() throws {
    let node = Onnx.node("Conv", ["x", "w"], [Onnx.attribute("group", 3)])
    let (layer, tensor) = try Self.kernel(node, [Onnx.raw("w", [6, 1, 3, 3])])
    #expect(layer.kind == .depthwiseConvolution(rank: 2) && layer.groups == 3)
    #expect(tensor.canonicalShape == [6, 1, 3, 3])
  }

  @Test func transposedConvolution() throws {
    let (layer, tensor) = try Self.kernel(Onnx.node("ConvTranspose", ["x", "w"]), [Onnx.raw("w", [4, 3, 2, 2])])
    #expect(layer.kind == .transposedConvolution(rank: 2))
    #expect(tensor.axes == [.input, .output, .spatial(0), .spatial(1)])
    #expect(tensor.canonicalShape == [3, 4, 2, 2])
    #expect(tensor.storage.fileRange != nil)
  }

  @Test func groupedTransposedConvolution() throws {
    let node = Onnx.node("ConvTranspose", ["x", "w"], [Onnx.attribute("group", 2)])
    let (layer, tensor) = try Self.kernel(node, [Onnx.raw("w", [4, 3, 2, 2])])
    #expect(layer.groups == 2)
    #expect(tensor.axes == [.group, .input, .output, .spatial(0), .spatial(1)])
    #expect(tensor.canonicalShape == [6, 2, 2, 2])
    // Group 1, output 0, input 0 is row 2 of the file.
    #expect(try tensor.canonical.selected(axis: 0, index: 1).values()[0] == 24)
  }

  @Test(arguments: [
    ("Gemm", ["x", "w"], "transB", 1, [Axis.output, .input]), ("Gemm", ["x", "w"], "transB", 0, [.input, .output]),
    ("Gemm", ["w", "x"], "transA", 0, [.output, .input]), ("Gemm", ["w", "x"], "transA", 1, [.input, .output]),
    ("MatMul", ["x", "w"], "none", 0, [.input, .output]), ("MatMul", ["w", "x"], "none", 0, [.output, .input]),
  ])
  func products(
    _ operation: String, _ inputs: [String], _ attribute: String, _ value: Int, _ axes: [Axis]
  ) throws {
    let (layer, tensor) = try Self.kernel(
      Onnx.node(operation, inputs, [Onnx.attribute(attribute, value)]), [Onnx.raw("w", [3, 2])])
    #expect(layer.kind == .dense)
    #expect(tensor.axes == axes)
  }

  @Test func productsOfTwoConstantsAreNoLayers() throws {
    let graph = try open(
      Onnx.model([Onnx.node("MatMul", ["v", "w"])], [Onnx.raw("v", [2, 2]), Onnx.raw("w", [2, 2])]))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.message).allSatisfy { $0.hasPrefix("is an operand of MatMul: float32 [2, 2]") })
    #expect(graph.diagnostics.count == 2)
  }

  @Test func stackedProductsAreExperts() throws {
    let (layer, tensor) = try Self.kernel(Onnx.node("MatMul", ["x", "w"]), [Onnx.raw("w", [4, 3, 2])])
    #expect(layer.kind == .expertStack)
    #expect(tensor.canonicalShape == [4, 2, 3])
  }

  @Test func einsumReadsItsEquation() throws {
    let node = Onnx.node("Einsum", ["x", "w"], [Onnx.attribute("equation", "bti, ihd -> bthd")])
    let (layer, tensor) = try Self.kernel(node, [Onnx.raw("w", [4, 2, 3])])
    #expect(layer.kind == .dense)
    #expect(tensor.axes == [.input, .output, .output])
    #expect(tensor.canonicalShape == [6, 4])
  }

  @Test func embedding() throws {
    let (layer, tensor) = try Self.kernel(Onnx.node("Gather", ["e.weight", "x"]), [Onnx.raw("e.weight", [5, 3])])
    #expect(layer.kind == .embedding && layer.name == "e")
    #expect(tensor.canonicalShape == [5, 3])
  }

  @Test(arguments: [
    ("LSTM", LayerKind.recurrent(.lstm), 4), ("GRU", .recurrent(.gru), 3), ("RNN", .recurrent(.rnn), 1),
  ])
  func recurrent(_ operation: String, _ kind: LayerKind, _ gates: Int) throws {
    let layers = try Self.layers(
      [Onnx.node(operation, ["x", "onnx::W", "onnx::R", "onnx::B"], name: "/rnn/\(operation)")],
      [
        Onnx.raw("onnx::W", [2, gates * 3, 5]), Onnx.raw("onnx::R", [2, gates * 3, 3]),
        Onnx.raw("onnx::B", [2, gates * 6]),
      ])
    #expect(layers.map(\.name) == ["rnn/forward", "rnn/backward"])
    for (index, layer) in layers.enumerated() {
      let kernel = layer.parameters[0].tensor
      #expect(layer.kind == kind)
      #expect(layer.parameters.map(\.role) == [.kernel, .recurrentKernel, .bias])
      #expect(kernel.shape == [gates, 3, 5])
      #expect(kernel.axes == [.gate, .output, .input])
      #expect(try kernel.values().first == Double(index * gates * 15))
    }
  }

  @Test func oneDirectionIsOneLayer() throws {
    let (layer, tensor) = try Self.kernel(
      Onnx.node("LSTM", ["x", "l_W", "l_R"]), [Onnx.raw("l_W", [1, 8, 5]), Onnx.raw("l_R", [1, 8, 2])])
    #expect(layer.name == "l")
    #expect(tensor.canonicalShape == [8, 5])
  }

  @Test func modulesOfTheOriginalProgramNameLayers() throws {
    let scopes = Proto().text(1, "pkg.torch.onnx.name_scopes").text(2, "['', 'block', 'block.0', 'linear']")
    let trace = Proto().text(1, "stack_trace").text(2, String(repeating: "x", count: 1000))
    let node = Onnx.node("MatMul", ["x", "val_3"], name: "node_linear").messages(9, [trace, scopes])
    #expect(try Self.layers([node], [Onnx.raw("val_3", [3, 2])]).map(\.name) == ["block.0"])
  }

  @Test func biasAddedByANodeOfItsOwn() throws {
    let nodes = [
      Onnx.node("MatMul", ["x", "onnx::MatMul_7"], to: ["y"]), Onnx.node("Add", ["block.fc.bias", "y"], to: ["z"]),
    ]
    let layers = try Self.layers(nodes, [Onnx.raw("onnx::MatMul_7", [3, 2]), Onnx.raw("block.fc.bias", [2])])
    #expect(layers.map(\.name) == ["block.fc"])
    #expect(layers[0].parameters.map(\.role) == [.kernel, .bias])
  }

  @Test(arguments: [
    ("conv1.weight", "/x/Conv", "conv1"), ("dense/kernel", "", "dense"), ("conv_1_W", "n", "conv_1"),
    ("fc.weight_quantized", "", "fc"), ("onnx::MatMul_12", "/block1/fc/MatMul", "block1/fc"),
    ("onnx::Conv_3", "/features/features.0/Conv", "features/features.0"), ("123", "Conv_7", "Conv_7"),
    ("123", "", "123"), ("weights", "/x/Conv", "weights"), ("onnx::MatMul_12", "a/MatMul;b/MatMul", "a"),
    (".weight", "", ".weight"), ("12.weight", "/fc/MatMul", "12"),
  ])
  func names(_ tensor: String, _ node: String, _ name: String) throws {
    let layers = try Self.layers([Onnx.node("MatMul", ["x", tensor], name: node)], [Onnx.raw(tensor, [3, 2])])
    #expect(layers.map(\.name) == [name])
  }

  @Test func namesAreUnique() throws {
    let nodes = (1...3).map { Onnx.node("MatMul", ["x", "\($0)"], to: ["y\($0)"], name: "/fc/MatMul") }
    let layers = try Self.layers(nodes, (1...3).map { Onnx.raw("\($0)", [3, 2]) })
    #expect(layers.map(\.name) == ["fc", "fc_2", "fc_3"])
  }

  @Test func sharedWeightsAreOneLayer() throws {
    let nodes = [
      Onnx.node("Gather", ["e.weight", "x"], to: ["a"]), Onnx.node("Transpose", ["e.weight"], to: ["t"]),
      Onnx.node("MatMul", ["a", "t"], to: ["b"], name: "head"),
    ]
    let layers = try Self.layers(nodes, [Onnx.raw("e.weight", [3, 2])])
    #expect(layers.map(\.kind) == [.embedding])
    #expect(layers[0].note == "its weight is also used by MatMul 'head'")
  }

  @Test func edgesFollowTheData() throws {
    let nodes = [
      Onnx.node("Gemm", ["x", "1.w"], to: ["a"]), Onnx.node("Relu", ["a"], to: ["r"]),
      Onnx.node("Gemm", ["r", "2.w"], to: ["b"]), Onnx.node("Add", ["r", "b"], to: ["s"]),
      Onnx.node("Gemm", ["s", "3.w"], to: ["c"]),
    ]
    let graph = try open(Onnx.model(nodes, (1...3).map { Onnx.raw("\($0).w", [2, 2]) }))
    #expect(graph.topology == .dataflow)
    #expect(Set(graph.edges) == [.init(from: 0, to: 1), .init(from: 0, to: 2), .init(from: 1, to: 2)])
  }

  @Test func customOperatorsAreReported() throws {
    let nodes = [Onnx.node("Magic", ["x", "w"], domain: "evil.org"), Onnx.node("Magic", ["x"], domain: "evil.org")]
    let graph = try open(Onnx.model(nodes, [Onnx.raw("w", [2, 2])]))
    #expect(graph.diagnostics.map(\.code) == [.unsafeContent, .notAWeight])
    #expect(graph.diagnostics[0].subject == "evil.org.Magic")
  }

  @Test func metadataIsKept() throws {
    let graph = try open(Onnx.model(Onnx.graph([])).message(14, Proto().text(1, "author").text(2, "me")).bytes)
    #expect(graph.producer == "tests 1.0")
    #expect(graph.metadata.map(\.key) == ["ir_version", "opset", "graph", "author"])
    #expect(graph.metadata.map(\.value) == ["8", "ai.onnx 17", "g", "me"])
  }
}
