import ModelReading
import TestSupport
import Testing

/// Operators of ONNX Runtime and of classical machine learning, and what is said of weights that are not read.
@Suite struct OperatorTests {
  static let microsoft = "com.microsoft"

  static func layer(_ node: Proto, _ initializers: [Proto]) throws -> Layer {
    try #require(try open(Onnx.model([node], initializers)).layers.first)
  }

  static func attributes(_ values: KeyValuePairs<String, Int>) -> [Proto] {
    values.map { Onnx.attribute($0.key, $0.value) }
  }

  static func blocks(_ more: [Proto] = [], groups: [Int]? = nil) -> [UInt8] {
    let attributes = Self.attributes(["N": 2, "K": 16, "bits": 4, "block_size": 16]) + more
    let node = Onnx.node("MatMulNBits", ["x", "w", "s", "", groups == nil ? "" : "g"], domain: microsoft, attributes)
    let codes = Onnx.tensor("w", [2, 1, 8], type: 2).data(9, [UInt8](repeating: 0x21, count: 16))
    let scales = Onnx.tensor("s", [2]).data(9, floatBytes([1, 2]))
    let order = Onnx.tensor("g", [16], type: 6).packed(5, groups ?? [Int](repeating: 0, count: 16))
    return Onnx.model([node], [codes, scales, order])
  }

  @Test func weightsPackedForOneProcessorAreNamed() throws {
    #expect(try open(Self.blocks()).layers.count == 1)
    let graph = try open(Self.blocks([Onnx.attribute("weight_prepacked", 1)]))
    #expect(graph.layers.isEmpty)
    #expect(
      graph.diagnostics.first?.message
        == "is an operand of MatMulNBits: uint8 [2, 1, 8], no layer's weight; it is packed for one kind of processor")
  }

  @Test func groupsThatDoNotExistAreErrors() throws {
    let one = try open(Self.blocks(groups: [Int](repeating: 0, count: 16)))
    #expect(try one.layers[0].parameters[0].tensor.values()[..<2] == [-7, -6])
    // One block needs no order; with two, an index beyond them is found when the values are asked for.
    let attributes = Self.attributes(["N": 1, "K": 32, "bits": 8, "block_size": 16])
    let node = Onnx.node("MatMulNBits", ["x", "w", "s", "", "g"], domain: Self.microsoft, attributes)
    let order = (0..<32).map { $0 == 31 ? 2 : $0 / 16 }
    let graph = try open(
      Onnx.model(
        [node],
        [
          Onnx.tensor("w", [1, 2, 16], type: 2).data(9, [UInt8](repeating: 1, count: 32)),
          Onnx.tensor("s", [2]).data(9, floatBytes([1, 2])), Onnx.tensor("g", [32], type: 6).packed(5, order),
        ]))
    let error = try #require(throws: ReadError.self) { try graph.layers[0].parameters[0].tensor.load() }
    #expect(error.message == "names the group 2.0 of 2" && error.subject == "g")
  }

  @Test(arguments: [("alpha", Float(0.5), true), ("alpha", 1, false), ("beta", 0.5, false)])
  func factorsAreNoted(_ name: String, _ value: Float, _ isNoted: Bool) throws {
    let factor = Proto().text(1, name).tag(2, 5).raw(floatBytes([value]))
    let layer = try Self.layer(Onnx.node("Gemm", ["x", "w"], [factor]), [Onnx.raw("w", [3, 2])])
    #expect((layer.note != nil) == isNoted)
    #expect(layer.note.map { $0.contains("by 0.5") } ?? true)
  }

  @Test func outerAxesMayBeTheMatrix() throws {
    let node = Onnx.node("FusedMatMul", ["x", "w"], domain: Self.microsoft, [Onnx.attribute("transBatchB", 1)])
    let tensor = try Self.layer(node, [Onnx.raw("w", [3, 4, 2])]).parameters[0].tensor
    #expect(tensor.axes == [.input, .expert, .output])
    #expect(tensor.canonicalShape == [4, 2, 3])
  }

  @Test(
    arguments: [
      ("ij,jk", ["x", "w"], [Axis.input, .output]), ("...i,oi->...o", ["x", "w"], [.output, .input]),
      ("oi,bi->bo", ["w", "x"], [.output, .input]),
    ] as [(String, [String], [Axis])])
  func equations(_ equation: String, _ inputs: [String], _ axes: [Axis]) throws {
    let node = Onnx.node("Einsum", inputs, [Onnx.attribute("equation", equation)])
    #expect(try Self.layer(node, [Onnx.raw("w", [3, 2])]).parameters[0].tensor.axes == axes)
  }

  @Test(
    arguments: [
      ([2, 12, 8], [2, 8, 6], nil, [Axis.expert, .output, .input], false),
      ([2, 8, 12], [2, 6, 8], nil, [.expert, .input, .output], false),
      ([2, 6, 8], [2, 8, 6], nil, [.expert, .output, .input], true),
      ([2, 6, 8], [2, 8, 6], 6, [.expert, .output, .input], false),
      ([2, 6, 8], [2, 8, 6], 8, [.expert, .input, .output], false),
    ] as [([Int], [Int], Int?, [Axis], Bool)])
  func expertsAreTurnedAsTheirSizesTell(
    _ first: [Int], _ second: [Int], _ bias: Int?, _ axes: [Axis], _ isNoted: Bool
  ) throws {
    let node = Onnx.node("MoE", ["x", "p", "1", bias == nil ? "" : "b", "2"], name: "moe", domain: Self.microsoft)
    let graph = try open(
      Onnx.model([node], [Onnx.raw("1", first), Onnx.raw("2", second), Onnx.raw("b", [2, bias ?? 0])]))
    #expect(graph.layers.map(\.name) == ["moe/fc1", "moe/fc2"])
    #expect(graph.layers.allSatisfy { $0.kind == .expertStack && $0.parameters[0].tensor.axes == axes })
    #expect((graph.layers[0].note != nil) == isNoted)
  }

  @Test func quantizedExpertsInAnUnknownOrderAreLeftOut() throws {
    let names = ["x", "p", "w", "s", "", "w", "s"]
    let tensors = [
      Onnx.tensor("w", [1, 4, 4], type: 2).data(9, [UInt8](repeating: 1, count: 16)),
      Onnx.tensor("s", [1, 4]).data(9, floatBytes([1, 2, 3, 4])),
    ]
    func open(_ attributes: [Proto]) throws -> LayerGraph {
      try ONNXReaderTests.open(Onnx.model([Onnx.node("QMoE", names, domain: Self.microsoft, attributes)], tensors))
    }
    #expect(try open([]).layers[0].note?.contains("as the file does not say") == true)
    #expect(try open([Onnx.attribute("weights_prepacked", 1)]).layers.isEmpty)
    #expect(try open([Onnx.attribute("quant_type", "fp4")]).layers.isEmpty)
  }

  @Test(arguments: [
    ("SkipLayerNormalization", [Role.scale, .offset, .bias]), ("SkipSimplifiedLayerNormalization", [.scale, .bias]),
  ])
  func normsBehindASum(_ operation: String, _ roles: [Role]) throws {
    let names = ["1", "2", "3"].prefix(roles.count)
    let node = Onnx.node(operation, ["x", "y"] + names, domain: Self.microsoft)
    let layer = try Self.layer(node, names.map { Onnx.raw($0, [4]) })
    #expect(layer.kind == .normalization && layer.parameters.map(\.role) == roles)
  }

  @Test func secondMatricesOfAttention() throws {
    let node = Onnx.node("LongformerAttention", ["x", "w", "b", "m", "g"], domain: Self.microsoft)
    let layer = try Self.layer(node, [Onnx.raw("w", [4, 12]), Onnx.raw("b", [12]), Onnx.raw("g", [4, 12])])
    #expect(layer.kind == .attention)
    #expect(layer.parameters.map(\.role) == [.kernel, .weight("global"), .bias])
  }

  @Test func classicalModelsAreNamed() throws {
    let coefficients = Proto().text(1, "coefficients").data(7, floatBytes([1, 2, 3, 4]))
    let node = Onnx.node("LinearClassifier", ["x"], name: "svc", domain: "ai.onnx.ml", [coefficients])
    let graph = try open(Onnx.model([node], []))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.subject) == ["svc"])
    #expect(graph.diagnostics[0].message.hasPrefix("is a LinearClassifier of classical machine learning"))
  }

  @Test func partsOfATensorAreLayersOfTheirOwn() throws {
    let nodes =
      [Onnx.node("Split", ["in_proj.weight"], to: ["q", "k", "v"], [Onnx.attribute("axis", 0)])]
      + ["q", "k", "v", "q"].enumerated().map {
        Onnx.node("MatMul", ["x", $1], to: ["y\($0)"], name: "/a/\($1)/MatMul")
      }
    let graph = try open(Onnx.model(nodes, [Onnx.raw("in_proj.weight", [6, 3])]))
    #expect(graph.layers.map(\.name) == ["a/q", "a/k", "a/v"])
    #expect(try graph.layers.map { try $0.parameters[0].tensor.values()[0] } == [0, 6, 12])
    #expect(graph.layers[0].note == "its weight is also used by MatMul '/a/q/MatMul'")
    #expect(graph.layers.allSatisfy { $0.parameters[0].tensor.storage.fileRange != nil })
  }

  @Test func joinedTensorsAreOneWeight() throws {
    let nodes = [
      Onnx.node("Concat", ["q.weight", "k.weight"], to: ["qk"], [Onnx.attribute("axis", 1)]),
      Onnx.node("MatMul", ["x", "qk"]),
    ]
    let graph = try open(Onnx.model(nodes, [Onnx.raw("q.weight", [2, 1]), Onnx.raw("k.weight", [2, 2])]))
    #expect(try graph.layers.map { try $0.parameters[0].tensor.values() } == [[0, 0, 1, 1, 2, 3]])
    #expect(graph.diagnostics.map(\.subject) == ["k.weight"])
    #expect(graph.diagnostics[0].message == "is joined with 'q.weight' into one weight, that of q")
  }

  @Test(arguments: [[0, 7], [-1, 3], [4, 4], [1 << 62, 1 << 62, 1 << 62]])
  func impossiblePartsLeaveADiagnostic(_ sizes: [Int]) throws {
    let nodes = [
      Onnx.node("Split", ["w"], to: ["a", "b", "c"], [Onnx.attribute("split", sizes)]),
      Onnx.node("MatMul", ["x", "c"]), Onnx.node("MatMul", ["x", "b"]),
    ]
    let graph = try open(Onnx.model(nodes, [Onnx.raw("w", [6, 3])]))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.message) == ["is an operand of Split: float32 [6, 3], no layer's weight"])
  }

  @Test func channelsLastKernelsAreToldByTheirShape() throws {
    func axes(_ shape: [Int], _ extents: [Int]) throws -> [Axis] {
      let node = Onnx.node("NhwcConv", ["x", "w"], domain: Self.microsoft, [Onnx.attribute("kernel_shape", extents)])
      return try Self.layer(node, [Onnx.raw("w", shape)]).parameters[0].tensor.axes
    }
    #expect(try axes([8, 5, 3, 4], [5, 3]) == [.output, .spatial(0), .spatial(1), .input])
    #expect(try axes([8, 4, 5, 3], [5, 3]) == [.output, .input, .spatial(0), .spatial(1)])
    #expect(try axes([8, 3, 3, 3], [3, 3]) == [.output, .input, .spatial(0), .spatial(1)])
  }
}
