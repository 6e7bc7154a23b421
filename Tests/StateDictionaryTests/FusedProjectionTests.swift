import ModelReading
import StateDictionary
import Testing

private func architecture(
  _ order: Architecture.FusedAttention, heads: Int, keys: Int? = nil, width: Int? = nil
) -> Architecture {
  var result = Architecture(family: "test")
  result.fusedAttention = order
  result.headCount = heads
  result.keyValueHeadCount = keys
  result.width = width
  return result
}

/// Which rows of a fused matrix belong to which projection.
@Suite struct FusedProjectionTests {
  /// A matrix whose every row holds its own number.
  private func rows(_ name: String, _ shape: [Int], transposed: Bool = false) throws -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { Float(transposed ? $0 % shape[1] : $0 / shape[shape.count - 1]) }
    return try Tensor(
      name: name, elementType: .float32, shape: shape,
      storage: .bytes(ByteSource(owned: values.littleEndianBytes, label: "test")))
  }

  private func layer(_ tensor: Tensor, _ architecture: Architecture?) throws -> Layer {
    var hints = StateDictionary.Hints()
    hints.architectures = architecture.map { [$0] } ?? []
    let result = StateDictionary.layers(from: [tensor], convention: .pytorch, order: .given, hints: hints)
    return try #require(result.layers.first)
  }

  /// Role → the rows, by their numbers in the file.
  private func parts(_ layer: Layer) throws -> [String: [Int]] {
    var result: [String: [Int]] = [:]
    for parameter in layer.parameters {
      let tensor = parameter.tensor.canonical
      let width = tensor.shape[tensor.rank - 1]
      let values: [Double] = try tensor.values()
      result[parameter.role.label] = stride(from: 0, to: values.count, by: width).map { Int(values[$0]) }
    }
    return result
  }

  @Test func concatenated() throws {
    let tensor = try rows("a.qkv_proj.weight", [8, 4])
    let layer = try layer(tensor, architecture(.concatenated, heads: 2, keys: 1, width: 4))
    #expect(try parts(layer) == ["query": [0, 1, 2, 3], "key": [4, 5], "value": [6, 7]])
    #expect(layer.note == nil)
  }

  @Test func byHead() throws {
    let layer = try layer(try rows("a.query_key_value.weight", [12, 4]), architecture(.byHead, heads: 2))
    #expect(try parts(layer) == ["query": [0, 1, 6, 7], "key": [2, 3, 8, 9], "value": [4, 5, 10, 11]])
  }

  @Test func byKeyValueHead() throws {
    let layer = try layer(
      try rows("a.query_key_value.weight", [16, 4]), architecture(.byKeyValueHead, heads: 4, keys: 2))
    #expect(
      try parts(layer) == [
        "query": [0, 1, 2, 3, 8, 9, 10, 11], "key": [4, 5, 12, 13], "value": [6, 7, 14, 15],
      ])
  }

  /// GPT-2 stores its matrices input first.
  @Test func columns() throws {
    var gpt2 = architecture(.concatenated, heads: 2, width: 4)
    gpt2.hasInputFirstMatrices = true
    let layer = try layer(try rows("h.0.attn.c_attn.weight", [4, 12], transposed: true), gpt2)
    let tensor = layer.parameters[1].tensor
    #expect(tensor.axes == [.input, .output])
    #expect(try tensor.values() == (0..<4).flatMap { _ in [4.0, 5, 6, 7] })
    #expect(layer.parameters.map(\.role.label) == ["query", "key", "value"])
  }

  /// Numbers that do not explain the rows are of another model.
  @Test(arguments: [
    Architecture(family: "unknown"), architecture(.concatenated, heads: 5),
    architecture(.concatenated, heads: 3, keys: 2),
    architecture(.concatenated, heads: 2, width: 5),
    architecture(.concatenated, heads: .max),
  ]) func whatDoesNotFitStaysWhole(_ other: Architecture) throws {
    let layer = try layer(try rows("a.query_key_value.weight", [12, 4]), other)
    #expect(layer.parameters.map(\.role) == [.kernel])
    #expect(layer.note?.contains("fused") == true)
  }

  @Test(arguments: ["h.0.attn.c_attn.weight", "blocks.3.attn.qkv.weight", "model.layers.0.blocks.1.attn.qkv.weight"])
  func namesThatStandForOneOrder(_ name: String) throws {
    let layer = try layer(try rows(name, [6, 2]), nil)
    #expect(try parts(layer) == ["query": [0, 1], "key": [2, 3], "value": [4, 5]])
  }

  @Test(arguments: ["a.qkv.weight", "stages.0.blocks.0.attn_block.attn.qkv.weight", "h.0.query_key_value.weight"])
  func namesThatDoNot(_ name: String) throws {
    #expect(try layer(try rows(name, [6, 2]), nil).parameters.map(\.role) == [.kernel])
  }

  @Test func gates() throws {
    var halves = Architecture(family: "phi3")
    halves.fusedGate = .concatenated
    let tensor = try rows("mlp.gate_up_proj.weight", [4, 3])
    #expect(try parts(layer(tensor, halves)) == ["gate": [0, 1], "up": [2, 3]])
    halves.fusedGate = .interleaved
    #expect(try parts(layer(tensor, halves)) == ["gate": [0, 2], "up": [1, 3]])
    let whole = try layer(tensor, nil)
    #expect(whole.parameters.map(\.role) == [.kernel] && whole.note?.contains("fused") == true)
  }

  @Test func gatesOfExperts() throws {
    var architecture = Architecture(family: "gpt_oss")
    architecture.fusedGate = .interleaved
    let layer = try layer(try rows("mlp.experts.gate_up_proj", [2, 4, 3]), architecture)
    #expect(layer.kind == .expertStack)
    #expect(try parts(layer) == ["gate": [0, 2, 4, 6], "up": [1, 3, 5, 7]])
  }

  @Test func expertsOneBelowTheOther() throws {
    var architecture = Architecture(family: "dbrx")
    architecture.expertCount = 2
    let up = try layer(try rows("ffn.experts.mlp.w1", [6, 5]), architecture)
    #expect(up.kind == .expertStack && up.parameters[0].tensor.axes == [.expert, .output, .input])
    let down = try layer(try rows("ffn.experts.mlp.w2", [6, 5]), architecture)
    #expect(down.parameters[0].tensor.axes == [.expert, .input, .output])
    #expect(down.parameters[0].tensor.canonical.shape == [2, 5, 3])
  }
}
