import ModelReading
import ONNXReader
import Testing

/// How many heads attention operators have.
@Suite struct HeadTests {
  private static let microsoft = "com.microsoft"

  private func heads(_ nodes: [Proto], _ initializers: [Proto]) throws -> [AttentionHeads?] {
    try open(Onnx.model(nodes, initializers)).layers.map { $0.parameters[0].heads }
  }

  private func product(_ input: String, _ weight: String, to output: String) -> Proto {
    Onnx.node("MatMul", [input, weight], to: [output])
  }

  @Test(arguments: [("Attention", 6), ("PackedAttention", 6), ("DecoderAttention", 2)])
  func operatorsWithWeights(_ operation: String, _ count: Int) throws {
    let inputs = operation == "DecoderAttention" ? ["x", "k", "w", "kv", "b"] : ["x", "w", "b"]
    let node = Onnx.node(operation, inputs, domain: Self.microsoft, [Onnx.attribute("num_heads", 2)])
    let initializers = [Onnx.raw("w", [4, 12]), Onnx.raw("kv", [4, 8]), Onnx.raw("b", [12]), Onnx.raw("o", [12, 4])]
    let graph = try open(Onnx.model([node, product("y", "o", to: "z")], initializers))
    #expect(graph.layers[0].parameters[0].heads == AttentionHeads(.outputs, count: count))
    #expect(graph.layers.last?.parameters[0].heads == AttentionHeads(.inputs, count: 2))
    if operation == "DecoderAttention" {
      #expect(graph.layers[0].parameters[1].heads == AttentionHeads(.outputs, count: 4))
    }
  }

  @Test(arguments: [
    [Onnx.attribute("num_heads", 5)], [], [Onnx.attribute("num_heads", -1)], [Onnx.attribute("num_heads", 0)],
    [Onnx.attribute("num_heads", .max)],
    [Onnx.attribute("num_heads", 2), Onnx.attribute("qkv_hidden_sizes", [4, 4, 2])],
  ]) func numbersThatDoNotFit(_ attributes: [Proto]) throws {
    let node = Onnx.node("Attention", ["x", "w"], domain: Self.microsoft, attributes)
    #expect(try heads([node], [Onnx.raw("w", [4, 12])]) == [AttentionHeads(.outputs, count: nil)])
  }

  /// The weights are those of products before and behind the operator, with biases and reorderings in between.
  @Test(arguments: [
    ("MultiHeadAttention", "com.microsoft", ["num_heads"], 4),
    ("GroupQueryAttention", "com.microsoft", ["num_heads", "kv_num_heads"], 2),
    ("Attention", "", ["q_num_heads", "kv_num_heads"], 2),
  ]) func operatorsWithoutWeights(_ operation: String, _ domain: String, _ names: [String], _ keys: Int) throws {
    let attributes = zip(names, [4, 2]).map { Onnx.attribute($0, $1) }
    let nodes = [
      product("x", "wq", to: "q0"), Onnx.node("Add", ["q0", "bq"], to: ["q"]), product("x", "wk", to: "k0"),
      Onnx.node("RotaryEmbedding", ["k0", "p"], to: ["k"], domain: Self.microsoft), product("x", "wv", to: "v"),
      Onnx.node(operation, ["q", "k", "v"], to: ["y"], domain: domain, attributes), product("y", "wo", to: "z"),
      product("z", "fc", to: "end"),
    ]
    let initializers =
      [Onnx.raw("bq", [8])] + ["wq", "wk", "wv", "wo", "fc"].map { Onnx.raw($0, [8, 8]) }
    #expect(
      try heads(nodes, initializers) == [
        AttentionHeads(.outputs, count: 4), AttentionHeads(.outputs, count: keys),
        AttentionHeads(.outputs, count: keys), AttentionHeads(.inputs, count: 4), nil,
      ])
  }

  /// Queries, keys and values in one product.
  @Test func packedInputs() throws {
    let nodes = [
      product("x", "w", to: "qkv"),
      Onnx.node(
        "GroupQueryAttention", ["qkv", "", ""], domain: Self.microsoft,
        [Onnx.attribute("num_heads", 4), Onnx.attribute("kv_num_heads", 2)]),
    ]
    #expect(try heads(nodes, [Onnx.raw("w", [3, 16])]) == [AttentionHeads(.outputs, count: 8)])
  }

  /// What is between the product and the operator may change what a head is.
  @Test func layersInBetween() throws {
    let nodes = [
      product("x", "w", to: "q0"), Onnx.node("SimplifiedLayerNormalization", ["q0", "s"], to: ["q"]),
      Onnx.node("MultiHeadAttention", ["q", "k", "v"], domain: Self.microsoft, [Onnx.attribute("num_heads", 2)]),
    ]
    #expect(try heads(nodes, [Onnx.raw("w", [4, 4]), Onnx.raw("s", [4])]).first == .some(nil))
  }

  @Test func namesTellTheRest() throws {
    let node = product("x", "encoder.layer.0.attention.self.query.weight", to: "y")
    let weight = Onnx.raw("encoder.layer.0.attention.self.query.weight", [4, 4])
    #expect(try heads([node], [weight]) == [AttentionHeads(.outputs, count: nil)])
  }
}
