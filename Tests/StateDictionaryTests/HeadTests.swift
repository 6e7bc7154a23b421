import ModelReading
import StateDictionary
import Testing

/// How many heads the projections of attention layers have.
@Suite struct HeadTests {
  private func heads(
    _ name: String, _ shape: [Int], _ architectures: [Architecture] = [],
    _ convention: StateDictionary.Convention = .pytorch
  ) throws -> [AttentionHeads?] {
    var hints = StateDictionary.Hints()
    hints.architectures = architectures
    let result = StateDictionary.layers(
      from: [try tensor(name, shape)], convention: convention, order: .given, hints: hints)
    return try #require(result.layers.first).parameters.map(\.heads)
  }

  private func architecture(_ heads: Int, keys: Int? = nil, width: Int? = nil, headWidth: Int? = nil) -> Architecture {
    var result = Architecture(family: "test")
    (result.headCount, result.keyValueHeadCount, result.width, result.headWidth) = (heads, keys, width, headWidth)
    return result
  }

  @Test(arguments: [
    "model.layers.0.self_attn.q_proj.weight", "encoder.layer.0.attention.self.value.weight",
    "vit.encoder.layer.0.attention.attention.query.weight", "encoder.block.0.layer.0.SelfAttention.k.weight",
    "transformer.layer.0.attention.q_lin.weight", "layers.0.attention.wv.weight", "attn1.to_k.weight",
    "blocks.0.attn.query.weight", "encoders.0.self_attn.linear_q.weight",
    "encoder/layers_0/attention/query/kernel", "h.0.attn.qkv_proj.weight",
  ]) func projectionsIntoHeads(_ name: String) throws {
    #expect(try heads(name, [24, 16]) == [AttentionHeads(.outputs, count: nil)])
  }

  @Test(arguments: [
    "model.layers.0.self_attn.o_proj.weight", "encoder.layer.0.attention.output.dense.weight",
    "encoder.block.0.layer.0.SelfAttention.o.weight", "layers.0.attention.wo.weight", "attn1.to_out.0.weight",
    "h.0.attn.c_proj.weight", "blocks.0.attn.proj.weight", "decoder.layers.0.encoder_attn.out_proj.weight",
    "mha.out_proj.weight", "gpt_neox.layers.0.attention.dense.weight", "h.0.self_attention.dense.weight",
  ]) func projectionsOutOfHeads(_ name: String) throws {
    #expect(try heads(name, [24, 16]) == [AttentionHeads(.inputs, count: nil)])
  }

  @Test(arguments: [
    "encoder.layer.0.intermediate.dense.weight", "encoder.layer.0.output.dense.weight", "h.0.mlp.c_proj.weight",
    "encoder.block.0.layer.1.DenseReluDense.wo.weight", "attention_blocks.0.mlp.proj.weight", "fc.weight", "key.weight",
    "mixer.out_proj.weight", "attention.weight", "q.weight",
  ]) func otherLayers(_ name: String) throws {
    #expect(try heads(name, [24, 16]).allSatisfy { $0 == nil })
  }

  @Test func projectionsByConvolution() throws {
    #expect(try heads("mid.attn_1.q.weight", [24, 16, 1, 1]) == [nil])
    #expect(try heads("attn.to_q.weight", [24, 16, 1]) == [nil])
  }

  /// Queries of sixteen heads share four keys and values.
  @Test func groupedQueries() throws {
    let grouped = [architecture(16, keys: 4, width: 128)]
    #expect(try heads("self_attn.q_proj.weight", [128, 128], grouped) == [AttentionHeads(.outputs, count: 16)])
    #expect(try heads("self_attn.k_proj.weight", [32, 128], grouped) == [AttentionHeads(.outputs, count: 4)])
    #expect(try heads("self_attn.v_proj.weight", [32, 128], grouped) == [AttentionHeads(.outputs, count: 4)])
    #expect(try heads("self_attn.o_proj.weight", [128, 128], grouped) == [AttentionHeads(.inputs, count: 16)])
  }

  /// The width of a head must be that of the configuration, or what its numbers make it.
  @Test func numbersMustExplainEachRow() throws {
    let name = "self_attn.q_proj.weight"
    func count(_ rows: Int, _ architectures: Architecture...) throws -> Int? {
      try heads(name, [rows, 64], architectures)[0]?.count
    }
    #expect(try count(96, architecture(8, width: 64, headWidth: 12)) == 8)
    #expect(try count(96, architecture(8, width: 64)) == nil)
    #expect(try count(96, architecture(8)) == 8)
    #expect(try count(96, architecture(7)) == nil)
    #expect(try count(96, architecture(1 << 32)) == nil)
    #expect(try count(96, architecture(.max, keys: .max)) == nil)
    #expect(try count(96, architecture(0, keys: -1, width: 64)) == nil)
    // The towers of a model for text and images have heads of the same width.
    #expect(try count(96, architecture(8, width: 64), architecture(12, width: 96)) == 12)
  }

  @Test func fusedMatricesThatWereTakenApart() throws {
    var grouped = architecture(4, keys: 2, width: 8)
    grouped.fusedAttention = .byKeyValueHead
    #expect(
      try heads("attention.wqkv.weight", [16, 8], [grouped]) == [4, 2, 2].map { AttentionHeads(.outputs, count: $0) })
    grouped.fusedAttention = nil
    #expect(try heads("attention.wqkv.weight", [16, 8], [grouped]) == [AttentionHeads(.outputs, count: 8)])
    #expect(
      try heads("h.0.attn.c_attn.weight", [24, 8])
        == [AttentionHeads?](repeating: AttentionHeads(.outputs, count: nil), count: 3))
    #expect(
      try heads("self_attn.in_proj_weight", [24, 8], [architecture(2, width: 8)])
        == [AttentionHeads?](repeating: AttentionHeads(.outputs, count: 2), count: 3))
  }

  @Test func headsWithAnAxisOfTheirOwn() throws {
    let name = "encoder/MultiHeadDotProductAttention_0/"
    #expect(
      try heads(name + "query/kernel", [40, 4, 50], [], .channelsLast) == [AttentionHeads(.outputs, count: 4)])
    #expect(try heads(name + "out/kernel", [4, 50, 40], [], .channelsLast) == [AttentionHeads(.inputs, count: 4)])
  }

  @Test func adaptersOfProjections() throws {
    let prefix = "base_model.model.layers.0.self_attn.q_proj."
    let tensors = try [tensor(prefix + "lora_A.weight", [2, 16]), tensor(prefix + "lora_B.weight", [24, 2])]
    let layer = try #require(
      StateDictionary.layers(from: tensors, convention: .pytorch, order: .given).layers.first)
    #expect(layer.parameters[0].heads == AttentionHeads(.outputs, count: nil))
  }
}
