import GGUFReader
import ModelReading
import TestSupport
import Testing

private func probe(_ bytes: [UInt8]) -> Match { unsafe GGUFReader().probe(bytes.span.bytes) }

@Suite("GGUF models")
struct GGUFReaderTests {
  @Test func denseLayer() throws {
    var file = GGUFFile()
    file.set("general.architecture", "none")
    file.add("fc.weight", [2, 3], bytes: [1, 2, 3, 4, 5, 6].flatMap { Float($0).bitPattern.bytes })
    file.add("fc.bias", [2])
    let graph = try open(file)
    #expect(graph.format == "gguf" && graph.variant == "version 3")
    #expect(graph.metadata.map(\.value) == ["none"])
    let layer = try #require(graph.layers.first)
    #expect(graph.layers.count == 1 && layer.name == "fc" && layer.kind == .dense && layer.note == nil)
    #expect(layer.parameters.map(\.role) == [.kernel, .bias])
    #expect(layer.parameters[0].tensor.axes == [.output, .input])
    #expect(layer.parameters[0].tensor.shape == [2, 3])
    #expect(try layer.parameters[0].tensor.values(as: Float.self) == [1, 2, 3, 4, 5, 6])
    #expect(graph.inventory.map(\.name) == ["fc.weight", "fc.bias"])
  }

  @Test func plainWeightsStayInTheFile() throws {
    var file = GGUFFile()
    file.add("fc.weight", [2, 4])
    let tensor = try #require(try open(file).layers.first?.parameters.first?.tensor)
    let place = try #require(tensor.storage.fileRange)
    #expect(place.range == file.bytes.count - 32..<file.bytes.count)
  }

  @Test func firstBytesTell() {
    var file = GGUFFile()
    #expect(probe(file.bytes) == .certain)
    file.isBigEndian = true
    #expect(probe(file.bytes) == .certain)
    file.version = 4
    #expect(probe(file.bytes) == .possible)
    #expect(probe(Array("GGUF".utf8)) == .possible)
    #expect(probe(Array("GGML".utf8)) == .no)
  }

  @Test(arguments: [UInt32(1), 2, 3], [false, true]) func versionsAndOrders(version: UInt32, isBigEndian: Bool) throws {
    var file = GGUFFile(version: version, isBigEndian: isBigEndian)
    file.set("general.name", "x")
    file.add("a.weight", [1, 2], bytes: file.number(Float(3).bitPattern) + file.number(Float(-4).bitPattern))
    let graph = try open(file)
    #expect(graph.variant == "version \(version)" + (isBigEndian ? ", big-endian" : ""))
    #expect(try graph.layers.first?.parameters.first?.tensor.values(as: Float.self) == [3, -4])
  }

  // MARK: Blocks

  @Test func everyQuantisationIsNamed() throws {
    let graph = try GGUFReader().open(
      .file(MappedFile(path: Fixtures.sample("GGUF/types.gguf"))), limits: Limits())
    let notes = Set(graph.layers.compactMap(\.note))
    #expect(
      notes.map { String($0.dropFirst("dequantised from ".count)) }.sorted() == [
        "IQ1_M", "IQ1_S", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ3_S", "IQ3_XXS", "IQ4_NL", "IQ4_XS", "MXFP4", "NVFP4",
        "Q1_0", "Q2_K", "Q3_K", "Q4_0", "Q4_1", "Q4_K", "Q5_0", "Q5_1", "Q5_K", "Q6_K", "Q8_0", "Q8_1", "Q8_K",
        "TQ1_0", "TQ2_0",
      ])
    for layer in graph.layers where layer.note != nil {
      let record = graph.inventory.first { $0.name == layer.parameters[0].tensor.name }
      #expect(record.map { "dequantised from \($0.elementType)" } == layer.note)
    }
  }

  /// A block, and two elements of it.
  struct Example: Sendable {
    var type: UInt32
    /// Its first bytes, and the one that fills it up.
    var start: [UInt8]
    var rest: UInt8
    var count: Int
    /// The first element, and the seventeenth.
    var expected: [Float]

    static let all = [
      // d = 2; the first byte of the numbers holds 1 and 15.
      Example(type: 2, start: [0, 0x40, 0xF1], rest: 0x88, count: 18, expected: [-14, 14]),
      Example(type: 20, start: [0, 0x40, 0xF1], rest: 0x88, count: 18, expected: [-208, 226]),
      Example(type: 39, start: [128, 0xF1], rest: 0x88, count: 17, expected: [1, -12]),
      Example(type: 41, start: [0, 0x40, 1], rest: 0, count: 18, expected: [2, -2]),
    ]
  }

  @Test(arguments: Example.all) func blocksByHand(_ example: Example) throws {
    let bytes = example.start + [UInt8](repeating: example.rest, count: example.count - example.start.count)
    let extent: UInt64 = example.type == 41 ? 128 : 32
    var file = GGUFFile()
    file.add("fc.weight", [1, extent], type: example.type, bytes: bytes)
    let values = try #require(try open(file).layers.first?.parameters.first?.tensor.values(as: Float.self))
    #expect(values.count == Int(extent))
    #expect([values[0], values[16]] == example.expected)
  }

  @Test func decodingCountsAgainstItsLimit() throws {
    var limits = Limits()
    limits.maximumDecodedBytes = 127
    var file = GGUFFile()
    file.add("fc.weight", [1, 32], type: 2, bytes: [UInt8](repeating: 0, count: 18))
    let graph = try open(file, limits: limits)
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.code) == [.unsupportedTensor])
    #expect(graph.diagnostics[0].message == "decodes to 32 elements of 4 bytes, the limit is 127 bytes")
  }

  @Test func unknownTypesAreReportedAndTheOthersRead() throws {
    var file = GGUFFile()
    file.add("a.weight", [2, 32], type: 31, bytes: [UInt8](repeating: 1, count: 70))
    file.add("b.weight", [2, 2])
    file.add("c.weight", [2, 2], type: 1000, bytes: [1])
    let graph = try open(file)
    #expect(graph.layers.map(\.name) == ["b"])
    #expect(graph.diagnostics.map(\.subject) == ["a.weight", "c.weight"])
    #expect(
      graph.diagnostics.map(\.message) == [
        "has elements of Q4_0_4_4, which are not known here", "has elements of type 1000, which are not known here",
      ])
    #expect(graph.inventory.map(\.elementType) == ["Q4_0_4_4", "float32", "type 1000"])
  }

  @Test func packedIntegersHaveNoOrderInBigEndianFiles() throws {
    var file = GGUFFile(isBigEndian: true)
    file.add("a.weight", [1, 32], type: 6, bytes: [UInt8](repeating: 0, count: 22))
    let graph = try open(file)
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.message) == ["is Q5_0 in big-endian order, which the format does not define"])
  }

  // MARK: Layers

  @Test func headsComeFromTheMetadata() throws {
    let graph = try GGUFReader().open(.file(MappedFile(path: Fixtures.sample("GGUF/llama.gguf"))), limits: Limits())
    func heads(_ layer: String, _ parameter: Int = 0) -> AttentionHeads? {
      graph.layer(layer)?.parameters[parameter].heads
    }
    #expect(graph.layers.first?.name == "token_embd" && graph.layers.first?.kind == .embedding)
    #expect(heads("blk.0.attn_q") == AttentionHeads(.outputs, count: 4))
    #expect(heads("blk.0.attn_k") == AttentionHeads(.outputs, count: 2))
    #expect(heads("blk.0.attn_v") == AttentionHeads(.outputs, count: 2))
    #expect(heads("blk.0.attn_output") == AttentionHeads(.inputs, count: 4))
    let fused = try #require(graph.layer("blk.1.attn_qkv"))
    #expect(fused.parameters.map(\.role) == [.weight("query"), .weight("key"), .weight("value")])
    #expect(fused.parameters.map(\.heads?.count) == [4, 2, 2])
    #expect(heads("blk.0.ffn_up") == nil)
    #expect(graph.layer("blk.1.ffn_down_exps")?.kind == .expertStack)
    #expect(graph.layer("blk.1.ffn_down_exps")?.parameters[0].tensor.axes == [.expert, .output, .input])
    #expect(graph.diagnostics.isEmpty)
  }

  /// The first block has four heads, the second eight with two keys; values are narrower than keys.
  @Test func headsOfEachBlock() throws {
    var file = GGUFFile()
    file.set("x.attention.head_count", [4, 8])
    file.set("x.attention.head_count_kv", [4, 2])
    file.set("x.attention.key_length", UInt32(8))
    file.set("x.attention.value_length", UInt32(6))
    for (block, heads, keys) in [(0, UInt64(4), UInt64(4)), (1, 8, 2)] {
      file.add("blk.\(block).attn_q.weight", [heads * 8, 64])
      file.add("blk.\(block).attn_v.weight", [keys * 6, 64])
      file.add("blk.\(block).attn_output.weight", [64, heads * 6])
    }
    let graph = try open(file)
    #expect(
      graph.layers.map(\.name)
        == [0, 1].flatMap { block in
          ["attn_output", "attn_q", "attn_v"].map { "blk.\(block).\($0)" }
        })
    #expect(graph.layers.map { $0.parameters[0].heads?.count } == [4, 4, 4, 8, 8, 2])
  }

  @Test func everyMatrixIsALayerOrNamed() throws {
    var file = GGUFFile()
    file.add("blk.0.ssm_conv1d.weight", [6, 4])
    file.add("blk.0.ssm_a", [6, 3])
    file.add("blk.0.attn_q_norm.weight", [2, 3])
    file.add("blk.0.attn_rel_b.weight", [4, 3])
    file.add("blk.0.attn_k_b.weight", [2, 4, 3])
    file.add("blk.0.time_mix_lerp_fused.weight", [5, 1, 1, 3])
    file.add("blk.0.time_mix_lerp_x.weight", [1, 1, 3])
    file.add("v.patch_embd.weight", [4, 3, 2, 2])
    file.add("a.conv1d.1.weight", [4, 3, 2])
    file.add("x.weight", [2, 2, 2, 2])
    file.add("output_norm.weight", [6])
    file.add("indices.weight", [2, 2], type: 26, bytes: [UInt8](repeating: 0, count: 16))
    let graph = try open(file)
    let kinds = Dictionary(uniqueKeysWithValues: graph.layers.map { ($0.name, $0.kind) })
    #expect(
      kinds == [
        "blk.0.ssm_conv1d": .depthwiseConvolution(rank: 1), "blk.0.attn_k_b": .other("stack"),
        "v.patch_embd": .convolution(rank: 2), "a.conv1d.1": .convolution(rank: 1), "output_norm": .normalization,
      ])
    #expect(graph.layer("blk.0.ssm_conv1d")?.groups == 6)
    let reasons = Dictionary(uniqueKeysWithValues: graph.diagnostics.map { ($0.subject, $0.message) })
    #expect(
      reasons == [
        "blk.0.ssm_a": "is the state matrix of a state-space block [6, 3]",
        "blk.0.attn_q_norm.weight": "is the scale of a normalisation, one per head [2, 3]",
        "blk.0.attn_rel_b.weight": "is a table of position biases [4, 3]",
        "blk.0.time_mix_lerp_fused.weight": "has four axes [5, 1, 1, 3], which no matrix and no stack of them has",
        "blk.0.time_mix_lerp_x.weight": "is a vector in the shape [1, 1, 3]",
        "x.weight": "has four axes [2, 2, 2, 2], which no matrix and no stack of them has",
        "indices.weight": "is int32 [2, 2]: indices, masks, data or quantised values, not weights as they are",
      ])
  }

  /// ΔW = B·A·alpha/r with A `[r, input]` and B `[output, r]`.
  @Test func adaptersAreProducts() throws {
    var file = GGUFFile()
    file.set("general.type", "adapter")
    file.set("adapter.lora.alpha", Float(2))
    file.set("llama.attention.head_count", UInt32(1))
    file.add("blk.0.attn_q.weight.lora_a", [1, 3], bytes: [1, 2, 3].flatMap { Float($0).bitPattern.bytes })
    file.add("blk.0.attn_q.weight.lora_b", [2, 1], bytes: [10, 20].flatMap { Float($0).bitPattern.bytes })
    let graph = try open(file)
    let layer = try #require(graph.layers.first)
    #expect(graph.layers.count == 1 && layer.name == "blk.0.attn_q" && layer.kind == .lowRankAdapter)
    let product = layer.parameters[0].tensor.canonical
    #expect(product.shape == [2, 3])
    #expect(try product.values(as: Float.self) == [20, 40, 60, 40, 80, 120])
    #expect(graph.diagnostics.isEmpty)
  }
}

extension UInt32 {
  fileprivate var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}
