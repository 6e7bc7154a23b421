import ModelReading
import StateDictionary
import TestSupport
import Testing

/// Names by which writers call the two matrices of an adapter.
@Suite struct LowRankTests {
  private func floats(_ name: String, _ shape: [Int], _ values: [Float]) throws -> Tensor {
    try Tensor(
      name: name, elementType: .float32, shape: shape,
      storage: .bytes(ByteSource(owned: values.littleEndianBytes, label: "test")))
  }

  private func result(_ tensors: [Tensor], _ scaling: AdapterScaling? = nil) -> StateDictionary.Result {
    var hints = StateDictionary.Hints()
    hints.adapterScaling = scaling
    return StateDictionary.layers(from: tensors, convention: .pytorch, order: .natural, hints: hints)
  }

  @Test(arguments: [
    ("q.lora_A.weight", "q.lora_B.weight", "q"), ("q.lora_A", "q.lora_B", "q"),
    ("q.lora_A.default.weight", "q.lora_B.default.weight", "q.default"),
    ("q.lora_embedding_A", "q.lora_embedding_B", "q"), ("q.lora_down.weight", "q.lora_up.weight", "q"),
    ("q.lora.down.weight", "q.lora.up.weight", "q"), ("a.q_lora.down.weight", "a.q_lora.up.weight", "a.q"),
    ("q.lora_linear_layer.down.weight", "q.lora_linear_layer.up.weight", "q"),
  ]) func everySpelling(_ down: String, _ up: String, _ name: String) throws {
    let layers = result([
      try floats(down, [1, 3], [1, 2, 3]), try floats(up, [2, 1], [10, 100]),
    ]).layers
    #expect(layers.map(\.line) == ["\(name) low_rank_adapter [2, 3]"])
    let kernel = layers[0].parameters[0]
    #expect(kernel.factors?.rank == 1)
    #expect(try kernel.tensor.values() == [10.0, 20, 30, 100, 200, 300])
    #expect(layers[0].parameters.dropFirst().map(\.tensor.name).sorted() == [down, up].sorted())
    #expect(layers[0].note?.contains("does not tell its factor") == true)
  }

  @Test func matricesThatLieInputFirst() throws {
    let layers = result([
      try floats("q.lora_a", [3, 1], [1, 2, 3]), try floats("q.lora_b", [1, 2], [10, 100]),
    ]).layers
    #expect(layers.map(\.line) == ["q low_rank_adapter [2, 3]"])
    #expect(try layers[0].parameters[0].tensor.values() == [10.0, 20, 30, 100, 200, 300])
  }

  @Test func kernelsOfConvolutions() throws {
    let down = (0..<2 * 3 * 4).map { Float($0) }
    let layers = result([
      try floats("c.lora_down.weight", [2, 3, 2, 2], down),
      try floats("c.lora_up.weight", [1, 2, 1, 1], [1, 10]),
    ]).layers
    #expect(layers.map(\.line) == ["c low_rank_adapter [1, 3, 2, 2]"])
    #expect(try layers[0].parameters[0].tensor.values() == (0..<12).map { Double($0) + 10 * Double($0 + 12) })
  }

  /// The file's own alpha comes before the configuration's.
  @Test func factors() throws {
    func scale(_ extra: [Tensor], _ scaling: AdapterScaling?) throws -> Double? {
      let tensors = [
        try floats("m.q.lora_A.weight", [4, 8], [Float](repeating: 1, count: 32)),
        try floats("m.q.lora_B.weight", [8, 4], [Float](repeating: 1, count: 32)),
      ]
      return result(tensors + extra, scaling).layers[0].parameters[0].factors?.scale
    }
    #expect(try scale([], nil) == 1)
    #expect(try scale([], AdapterScaling(alpha: 16)) == 4)
    #expect(try scale([], AdapterScaling(alpha: 16, isRankStabilized: true)) == 8)
    #expect(try scale([], AdapterScaling(alpha: 16, patterns: [("q", 2)])) == 0.5)
    #expect(try scale([], AdapterScaling(alpha: 16, patterns: [("m.q", 2)])) == 0.5)
    #expect(try scale([], AdapterScaling(alpha: 16, patterns: [(".q", 2), ("xm.q", 2)])) == 4)
    #expect(try scale([], AdapterScaling(factor: 20)) == 20)
    #expect(try scale([try floats("m.q.alpha", [], [8])], AdapterScaling(alpha: 16)) == 2)
  }

  @Test func magnitudesAreNotApplied() throws {
    let layer = result([
      try floats("q.lora_A.weight", [1, 2], [1, 2]), try floats("q.lora_B.weight", [2, 1], [1, 2]),
      try floats("q.lora_magnitude_vector", [2], [1, 2]),
    ]).layers[0]
    #expect(layer.note?.contains("DoRA") == true)
    #expect(layer.parameters.map(\.role) == [.kernel, .other("lora_down"), .other("lora_up"), .other("magnitude")])
  }

  /// What has no partner, or one of another shape, stays what it is.
  @Test func matricesThatDoNotFit() throws {
    let layers = result([
      try floats("q.lora_A.weight", [2, 3], [Float](repeating: 1, count: 6)),
      try floats("q.lora_B.weight", [3, 1], [1, 2, 3]),
      try floats("v.lora_A.weight", [2, 3], [Float](repeating: 1, count: 6)),
    ]).layers
    #expect(
      layers.map(\.line) == [
        "q.lora_A low_rank_adapter [2, 3]", "q.lora_B low_rank_adapter [3, 1]", "v.lora_A low_rank_adapter [2, 3]",
      ])
    #expect(layers.allSatisfy { $0.parameters[0].factors == nil })
  }

  @Test func aProductBeyondTheLimitIsNamed() throws {
    var limits = Limits()
    limits.maximumDecodedBytes = 20
    let result = StateDictionary.layers(
      from: [try floats("q.lora_A", [1, 3], [1, 2, 3]), try floats("q.lora_B", [2, 1], [10, 100])],
      convention: .pytorch, order: .natural, limits: limits)
    #expect(result.layers.isEmpty)
    #expect(result.diagnostics.map(\.subject) == ["q.lora_A", "q.lora_B"])
    #expect(result.diagnostics[0].message == "multiplies to [2, 3], the limit is 20 bytes")
  }

  @Test func factorsOfOtherAdaptersAreNamed() throws {
    let result = result([
      try floats("q.hada_w1_a", [3, 2], [1, 2, 3, 4, 5, 6]), try floats("q.lokr_w1", [2, 2], [1, 2, 3, 4]),
    ])
    #expect(result.layers.isEmpty)
    #expect(result.diagnostics.map(\.subject) == ["q.hada_w1_a", "q.lokr_w1"])
    #expect(result.diagnostics.allSatisfy { $0.message.contains("LoHa or LoKr") })
  }
}
