import ModelReading
import TestSupport
import Testing

/// Weights that an operator reaches through other nodes.
@Suite struct OriginTests {
  static func kernel(_ nodes: [Proto], _ initializers: [Proto] = []) throws -> Tensor {
    try #require(try open(Onnx.model(nodes, initializers)).layers.first).parameters[0].tensor
  }

  @Test func constantNodes() throws {
    let value = Onnx.attribute("value", tensor: Onnx.raw("", [3, 2]))
    let nodes = [Onnx.node("Constant", [], to: ["w"], [value]), Onnx.node("MatMul", ["x", "w"], name: "/fc/MatMul")]
    let graph = try open(Onnx.model(nodes, []))
    #expect(graph.layers.map(\.name) == ["fc"])
    #expect(graph.inventory.map(\.name) == ["w"])
    #expect(graph.layers[0].parameters[0].tensor.storage.fileRange != nil)
  }

  @Test func listsOfFloats() throws {
    let floats = Proto().text(1, "value_floats").data(7, floatBytes([1, 2, 3, 4, 5, 6]))
    let shape = Onnx.attribute("value_ints", [2, -1])
    let nodes = [
      Onnx.node("Constant", [], to: ["f"], [floats]), Onnx.node("Constant", [], to: ["s"], [shape]),
      Onnx.node("Reshape", ["f", "s"], to: ["w"]), Onnx.node("MatMul", ["x", "w"]),
    ]
    let tensor = try Self.kernel(nodes)
    #expect(tensor.shape == [2, 3])
    #expect(try tensor.values() == [1, 2, 3, 4, 5, 6])
  }

  @Test func identityCastAndTranspose() throws {
    let nodes = [
      Onnx.node("Identity", ["w"], to: ["a"]), Onnx.node("Cast", ["a"], to: ["b"], [Onnx.attribute("to", 1)]),
      Onnx.node("Transpose", ["b"], to: ["c"], [Onnx.attribute("perm", [1, 0])]), Onnx.node("MatMul", ["x", "c"]),
    ]
    let tensor = try Self.kernel(nodes, [Onnx.raw("w", [2, 3])])
    #expect(tensor.shape == [3, 2] && tensor.axes == [.input, .output])
    #expect(try tensor.values() == [0, 3, 1, 4, 2, 5])
    #expect(tensor.storage.fileRange != nil)
    #expect(try open(Onnx.model(nodes, [Onnx.raw("w", [2, 3])])).layers[0].parameters[0].aliases == ["a"])
  }

  @Test(
    arguments: [
      ("Reshape", [3, -1, 1], [3, 2, 1]), ("Reshape", [0, 3], [2, 3]), ("Unsqueeze", [0, -1], [1, 2, 3, 1]),
    ] as [(String, [Int], [Int])])
  func shapesFromInputs(_ operation: String, _ argument: [Int], _ shape: [Int]) throws {
    let nodes = [
      Onnx.node(operation, ["w", "s"], to: ["v"]), Onnx.node(shape.count > 2 ? "Conv" : "MatMul", ["x", "v"]),
    ]
    let tensor = try Self.kernel(nodes, [Onnx.raw("w", [2, 3]), Onnx.integers("s", argument)])
    #expect(tensor.shape == shape)
  }

  @Test(arguments: [[7], [-1, -1], [5, -1], [-2, 3], [0, 0, 0]])
  func impossibleShapesLeaveADiagnostic(_ argument: [Int]) throws {
    let nodes = [Onnx.node("Reshape", ["w", "s"], to: ["v"]), Onnx.node("MatMul", ["x", "v"])]
    let graph = try open(Onnx.model(nodes, [Onnx.raw("w", [2, 3]), Onnx.integers("s", argument)]))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.message) == ["is an operand of Reshape: float32 [2, 3], no layer's weight"])
  }

  @Test func squeezeAndFlatten() throws {
    let nodes = [
      Onnx.node("Squeeze", ["w"], to: ["a"], [Onnx.attribute("axes", [0])]), Onnx.node("Flatten", ["a"], to: ["b"]),
      Onnx.node("MatMul", ["x", "b"]),
    ]
    #expect(try Self.kernel(nodes, [Onnx.raw("w", [1, 2, 3, 2])]).shape == [2, 6])
  }

  @Test func circlesEnd() throws {
    let nodes = [
      Onnx.node("Identity", ["a"], to: ["b"]), Onnx.node("Identity", ["b"], to: ["a"]),
      Onnx.node("MatMul", ["x", "a"]),
    ]
    #expect(try open(Onnx.model(nodes, [])).layers.isEmpty)
  }

  @Test func dequantizedPerTensorAxisAndBlock() throws {
    func values(_ scale: Proto, _ zero: Proto, _ attributes: [Proto]) throws -> [Double] {
      let weight = Onnx.tensor("w", [2, 4], type: 3).data(9, [0, 1, 2, 3, 4, 5, 6, 7])
      let nodes = [
        Onnx.node("DequantizeLinear", ["w", "s", "z"], to: ["v"], attributes), Onnx.node("MatMul", ["x", "v"]),
      ]
      return try Self.kernel(nodes, [weight, scale, zero]).values()
    }
    func scale(_ shape: [Int], _ values: [Float]) -> Proto { Onnx.tensor("s", shape).data(9, floatBytes(values)) }
    func zero(_ shape: [Int], _ values: [UInt8]) -> Proto { Onnx.tensor("z", shape, type: 3).data(9, values) }
    #expect(try values(scale([], [0.5]), zero([], [2]), []) == [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5])
    #expect(
      try values(scale([2], [1, 2]), zero([2], [0, 4]), [Onnx.attribute("axis", 0)]) == [0, 1, 2, 3, 0, 2, 4, 6])
    #expect(
      try values(
        scale([2, 2], [1, 2, 3, 4]), zero([2, 2], [0, 0, 4, 4]),
        [Onnx.attribute("axis", 1), Onnx.attribute("block_size", 2)]) == [0, 1, 4, 6, 0, 3, 8, 12])
  }

  @Test func quantizedOperators() throws {
    let weight = Onnx.tensor("w", [2, 1, 1, 2], type: 3).data(9, [1, 2, 3, 4])
    let scales = Onnx.tensor("s", [2]).data(9, floatBytes([1, 10]))
    let zeros = Onnx.tensor("z", [2], type: 3).data(9, [0, 1])
    let node = Onnx.node("QLinearConv", ["x", "xs", "xz", "w", "s", "z", "ys", "yz"])
    #expect(try Self.kernel([node], [weight, scales, zeros]).values() == [1, 2, 20, 30])
    let integers = Onnx.tensor("w", [2, 2], type: 2).data(9, [1, 2, 3, 4])
    let graph = try open(Onnx.model([Onnx.node("MatMulInteger", ["x", "w"])], [integers]))
    #expect(graph.layers[0].note?.hasPrefix("whole numbers whose scale is applied elsewhere") == true)
  }

  @Test func blockQuantizedProduct() throws {
    // Two rows of 16 numbers, 4 bits each: 0…15, and 15 everywhere.
    let rising: [UInt8] = [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE]
    let codes = rising + [UInt8](repeating: 0xFF, count: 8)
    let attributes = [("N", 2), ("K", 16), ("bits", 4), ("block_size", 16)].map { Onnx.attribute($0.0, $0.1) }
    let node = Onnx.node("MatMulNBits", ["x", "w", "s"], domain: "com.microsoft", attributes)
    let tensor = try Self.kernel(
      [node],
      [
        Onnx.tensor("w", [2, 1, 8], type: 2).data(9, codes), Onnx.tensor("s", [2]).data(9, floatBytes([1, 0.5])),
      ])
    #expect(tensor.shape == [2, 16] && tensor.axes == [.output, .input])
    let expected: [Double] = (-8..<8).map { Double($0) } + [Double](repeating: 3.5, count: 16)
    #expect(try tensor.values() == expected)
  }

  @Test func subgraphs() throws {
    func branch(_ name: String) -> Proto {
      let value = Onnx.attribute("value", tensor: Onnx.raw("", [3, 2]))
      return Onnx.graph(
        [
          Onnx.node("Constant", [], to: ["w"], [value]), Onnx.node("MatMul", ["x", "w"], to: ["m"], name: name),
          Onnx.node("MatMul", ["m", "outer"], to: ["out"]),
        ], outputs: ["out"])
    }
    let choice = Onnx.node(
      "If", ["c"], to: ["y"],
      [
        Onnx.attribute("then_branch", graph: branch("/a/MatMul")),
        Onnx.attribute("else_branch", graph: branch("/b/MatMul")),
      ])
    let graph = try open(
      Onnx.model(
        [choice, Onnx.node("MatMul", ["y", "last"], to: ["z"])],
        [Onnx.raw("outer", [2, 2]), Onnx.raw("last", [2, 2])]))
    #expect(graph.layers.map(\.name) == ["a", "outer", "b", "last"])
    #expect(graph.inventory.map(\.name) == ["outer", "last", "w", "w#2"])
    #expect(Set(graph.edges) == [.init(from: 0, to: 1), .init(from: 2, to: 1), .init(from: 1, to: 3)])
  }

  @Test func functions() throws {
    // A function whose weight is its second input, and whose Gemm takes transB from the call.
    let gemm = Onnx.node(
      "Gemm", ["a", "b"], to: ["c"], name: "inner", [Proto().text(1, "transB").text(21, "flip").int(20, 2)])
    let function = Proto().text(1, "Linear").texts(4, ["a", "b"]).texts(5, ["c"]).texts(6, ["flip"]).message(7, gemm)
      .text(10, "local")
    let calls = [
      Onnx.node("Linear", ["x", "1"], to: ["u"], domain: "local", [Onnx.attribute("flip", 1)]),
      Onnx.node("Linear", ["u", "two.weight"], to: ["v"], domain: "local"),
    ]
    let initializers = [Onnx.raw("1", [3, 2]), Onnx.raw("two.weight", [3, 2])]
    let graph = try open(Onnx.model(Onnx.graph(calls, initializers), functions: [function]).bytes)
    #expect(graph.layers.map(\.name) == ["Linear/inner", "two"])
    #expect(graph.layers.map { $0.parameters[0].tensor.axes } == [[.output, .input], [.input, .output]])
    #expect(graph.edges == [.init(from: 0, to: 1)])
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func functionsThatCallThemselvesAreRefused() throws {
    let function = Proto().text(1, "F").message(7, Onnx.node("F", ["x"], domain: "local")).text(10, "local")
    let bytes = Onnx.model(Onnx.graph([Onnx.node("F", ["x"], domain: "local")]), functions: [function]).bytes
    #expect(try openingError(bytes)?.code == .limitExceeded)
  }

  @Test func callsThatMultiplyAreRefused() throws {
    // Each function calls the next ten times: 10¹² calls from a few bytes.
    let functions = (0..<12).map { level in
      Proto().text(1, "F\(level)").text(10, "local")
        .messages(7, (0..<10).map { _ in Onnx.node("F\(level + 1)", ["x"], domain: "local") })
    }
    let bytes = Onnx.model(Onnx.graph([Onnx.node("F0", ["x"], domain: "local")]), functions: functions).bytes
    var limits = Limits()
    limits.maximumTensorCount = 10_000
    let error = try openingError(bytes, limits: limits)
    #expect(error?.message == "has more than 10000 nodes, those of functions counted per call")
  }

  @Test func trainingTensorsAreLeftOut() throws {
    let training = Proto().message(2, Onnx.graph([], [Onnx.raw("momentum", [2, 2])]))
    let graph = try open(Onnx.model(Onnx.graph([])).message(20, training).bytes)
    #expect(graph.diagnostics.map(\.code) == [.leftOut])
  }
}
