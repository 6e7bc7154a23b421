import ModelReading
import SafetensorsReader
import TestSupport
import Testing

private typealias Part = (name: String, type: String, shape: [Int], bytes: [UInt8])

private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
private func ones(_ count: Int) -> [UInt8] { floats([Float](repeating: 1, count: count)) }

/// What shapes, configurations and names decide; the values of every scheme are those of `SampleModels/Quantised`.
@Suite("Layouts of quantised weights")
struct QuantizedLayoutTests {
  /// The one layer of a folder, or of a file where there is no configuration.
  private func layer(_ parts: [Part], config: String? = nil, named name: String = "config.json") throws -> Layer {
    let graph = try open(
      folder: [("model.safetensors", file(parts))] + (config.map { [(name, Array($0.utf8))] } ?? []))
    #expect(graph.diagnostics.isEmpty, "\(graph.diagnostics)")
    return try #require(graph.layers.first)
  }

  private func values(_ layer: Layer) throws -> [Float] {
    try #require(layer.parameters.first?.tensor).values(as: Float.self)
  }

  /// Nothing is a weight, and every tensor of two axes is unsupported for this reason.
  private func expectUnsupported(_ parts: [Part], _ reason: String) throws {
    let graph = try open(file(parts))
    #expect(graph.layers.allSatisfy { layer in !layer.parameters.contains(where: \.isWeight) })
    let unsupported = graph.diagnostics.filter { $0.code == .unsupportedTensor }
    #expect(Set(unsupported.map(\.subject)) == Set(parts.map(\.name)))
    #expect(unsupported.allSatisfy { $0.message.contains(reason) }, "\(unsupported)")
  }

  // MARK: GPTQ

  private let gptq: [Part] = [
    ("fc.qweight", "I32", [1, 8], words([UInt32](repeating: 0x7654_3210, count: 8))),
    ("fc.qzeros", "I32", [1, 1], words([0x3333_3333])), ("fc.scales", "F32", [1, 8], ones(8)),
  ]

  @Test(arguments: [
    (#"{"quantization_config": {"checkpoint_format": "gptq_v2"}}"#, "config.json", 3),
    (#"{"quantization_config": {"checkpoint_format": "gptq"}}"#, "config.json", 4),
    (#"{"checkpoint_format": "gptq_v2"}"#, "quantize_config.json", 3), (#"{"hidden_size": 8}"#, "config.json", 4),
    (#"{"quantization_config": []}"#, "config.json", 4), (#"{"#, "quantize_config.json", 4),
  ])
  func zeroPointsOfGPTQ(config: String, name: String, zero: Float) throws {
    let layer = try layer(gptq, config: config, named: name)
    #expect(try values(layer)[..<8] == (0..<8).map { Float($0) - zero }[...])
    #expect(
      layer.note == (zero == 3 ? "dequantised from GPTQ (version 2) of 4 bits" : "dequantised from GPTQ of 4 bits"))
  }

  @Test func metadataNamesTheVersionOfGPTQ() throws {
    var bytes = file(gptq)
    let entry = #"{"__metadata__":{"checkpoint_format":"gptq_v2"},"#
    let size = bytes[0..<8].enumerated().reduce(0) { $0 | Int($1.element) << ($1.offset * 8) }
    let header = entry + String(decoding: bytes[9..<8 + size], as: UTF8.self)
    bytes = safetensors(header, Array(bytes[(8 + size)...]))
    #expect(try values(#require(open(bytes).layers.first)).first == -3)
  }

  // MARK: compressed-tensors

  private func packed(_ inputs: UInt32, words count: Int = 1, more: [Part] = []) -> [Part] {
    [
      ("fc.weight_packed", "I32", [2, count], words([UInt32](repeating: 0x7654_3210, count: 2 * count))),
      ("fc.weight_scale", "F32", [2, 1], floats([1, 2])),
      ("fc.weight_shape", "I64", [2], words([2, 0, inputs, 0])),
    ] + more
  }

  @Test func fewInputsAreReadByTheConfiguration() throws {
    let config = #"{"quantization_config": {"config_groups": {"group_0": {"weights": {"num_bits": 4}}}}}"#
    #expect(try values(layer(packed(4), config: config)) == [-8, -7, -6, -5, -16, -14, -12, -10])
    try expectUnsupported(packed(4), "shapes of no known scheme")
  }

  @Test func oneOutputWithoutZeroPoints() throws {
    let layer = try layer([
      ("fc.weight_packed", "I32", [1, 4], words([0x7654_3210, 0xFEDC_BA98, 0x7654_3210, 0xFEDC_BA98])),
      ("fc.weight_scale", "F32", [1, 4], floats([1, 2, 3, 4])),
      ("fc.weight_shape", "I64", [2], words([1, 0, 32, 0])),
    ])
    let scales: [Float] = [1, 2, 3, 4]
    #expect(try values(layer) == (0..<32).map { Float($0 % 16 - 8) * scales[$0 / 8] })
    #expect(layer.parameters[0].tensor.axes == [.output, .input])
  }

  @Test func anIndexThatIsNotFilledInIsNone() throws {
    func file(_ index: [UInt32]) -> [Part] {
      [
        ("fc.weight_packed", "I32", [1, 4], words([UInt32](repeating: 0x9999_9999, count: 4))),
        ("fc.weight_scale", "F32", [1, 2], floats([1, 2])), ("fc.weight_shape", "I64", [2], words([1, 0, 32, 0])),
        ("fc.weight_g_idx", "I32", [32], words(index)),
      ]
    }
    let inOrder = (0..<32).map { Float($0 < 16 ? 1 : 2) }
    #expect(try values(layer(file([UInt32](repeating: .max, count: 32)))) == inOrder)
    let alternating = (0..<32).map { UInt32($0 % 2) }
    #expect(try values(layer(file(alternating))) == alternating.map { Float($0 + 1) })
    let outside = try layer(file(alternating.dropLast() + [2]))
    let error = try #require(throws: ReadError.self) { try values(outside) }
    #expect(error.code == .malformed)
    #expect(error.message == "assigns an input to a group outside -1..<2")
  }

  @Test(
    arguments: [
      [("fc.weight_zero_point", "I32", [2, 1], words([0, 0]))],
      [("fc.weight_g_idx", "I32", [7], words([0, 0, 0, 0, 0, 0, 0]))],
    ] as [[(name: String, type: String, shape: [Int], bytes: [UInt8])]])
  func partsThatDoNotFitAPackedWeight(_ more: [(name: String, type: String, shape: [Int], bytes: [UInt8])]) throws {
    try expectUnsupported(packed(64, words: 8, more: more), "is a packed weight [2, 8] with scales [2, 1]")
  }

  @Test(arguments: [0, 65, .max] as [UInt32]) func shapesThatContradictThePackedWords(inputs: UInt32) throws {
    try expectUnsupported(packed(inputs, words: 8), "shapes of no known scheme")
  }

  // MARK: AWQ

  @Test(
    arguments: [(nil, "taken to be in groups of 128", 128), (256, "in groups of 256", 256)] as [(Int?, String, Int)])
  func groupsOfMatrixVectorAWQ(size: Int?, note: String, expected: Int) throws {
    let scales = [Float](repeating: 1, count: 2) + [2] + [Float](repeating: 0, count: 5)
    let parts: [Part] = [
      ("fc.qweight", "I32", [8, 64], words([UInt32](repeating: 0x1111_1111, count: 512))),
      ("fc.qzeros", "I32", [8, 1], words([UInt32](repeating: 0, count: 8))),
      ("fc.scales", "F32", [8, 8], floats((0..<8).flatMap { _ in scales })),
    ]
    let layer = try layer(parts, config: size.map { #"{"quantization_config": {"group_size": \#($0)}}"# })
    #expect(layer.note == "dequantised from AWQ for matrix-vector products of 4 bits, \(note)")
    #expect(try values(layer)[2 * 128] == (expected == 128 ? 2 : 1))
  }

  // MARK: Scales

  private let block: [Part] = [
    ("fc.weight", "F8_E4M3", [3, 5], [UInt8](repeating: 0x38, count: 15)),
    ("fc.weight_scale_inv", "F32", [2, 2], floats([1, 2, 3, 4])),
  ]

  @Test func blocksOfAnySizeByTheConfiguration() throws {
    let layer = try layer(block, config: #"{"quantization_config": {"weight_block_size": [2, 3]}}"#)
    #expect(try values(layer) == [1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4])
    try expectUnsupported(block, "is quantised [3, 5] with scales [2, 2], which do not fit")
  }

  @Test(arguments: ["[0, 3]", "[2]", "[-2, 3]", "[9223372036854775807, 3]", "2", "[2, 3, 1]"])
  func blockSizesThatAreNone(_ size: String) throws {
    let config = Array(#"{"quantization_config": {"weight_block_size": \#(size)}}"#.utf8)
    let graph = try open(folder: [("model.safetensors", file(block)), ("config.json", config)])
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.code) == [.unsupportedTensor, .unsupportedTensor])
  }

  @Test func stackedMatricesHaveTheirOwnBlocks() throws {
    let layer = try layer([
      ("mlp.experts.up_proj", "F8_E4M3", [2, 2, 2], [UInt8](repeating: 0x38, count: 8)),
      ("mlp.experts.up_proj_scale_inv", "F32", [2, 1, 2], floats([1, 2, 3, 4])),
    ])
    #expect(try values(layer) == [1, 2, 1, 2, 3, 4, 3, 4])
  }

  @Test func zeroPointsOfPlainIntegers() throws {
    let layer = try layer([
      ("fc.weight", "I8", [2, 2], [1, 2, 3, 0x80]), ("fc.weight_scale", "F32", [2, 1], floats([2, 4])),
      ("fc.weight_zero_point", "I8", [2, 1], [1, 0xFF]),
    ])
    #expect(try values(layer) == [0, 2, 16, -508])
  }

  @Test func scalesInBytesAreExponents() throws {
    let layer = try layer([
      ("fc.weight", "F8_E4M3", [1, 2], [0x38, 0x40]), ("fc.weight_scale", "U8", [1, 2], [127, 130]),
    ])
    #expect(try values(layer) == [1, 16])
  }

  @Test func integersGroupedByAnIndexAreNotGuessed() throws {
    try expectUnsupported(
      [
        ("fc.weight", "I8", [2, 2], zeros(4)), ("fc.weight_scale", "F32", [2, 2], ones(4)),
        ("fc.weight_g_idx", "I32", [2], words([1, 0])),
      ], "which do not fit")
  }

  @Test func zeroPointsThatDoNotFitTheScales() throws {
    try expectUnsupported(
      [
        ("fc.weight", "I8", [2, 2], zeros(4)), ("fc.weight_scale", "F32", [2, 1], ones(2)),
        ("fc.weight_zero_point", "I8", [1, 2], zeros(2)),
      ], "which do not fit")
  }

  // MARK: Floats in blocks

  /// The axes are told, so that a stack which could lie either way lies as it does.
  @Test func expertsOfFourBitFloatsAreOutputFirst() throws {
    let layer = try layer([
      ("mlp.experts.down_proj_blocks", "U8", [1, 32, 1, 16], [UInt8](repeating: 0x21, count: 512)),
      ("mlp.experts.down_proj_scales", "U8", [1, 32, 1], (0..<32).map { UInt8(127 + $0 % 2) }),
    ])
    #expect(layer.name == "mlp.experts.down_proj")
    #expect(layer.kind == .expertStack)
    let kernel = layer.parameters[0].tensor
    #expect(kernel.axes == [.expert, .output, .input])
    #expect(Array(try kernel.values(as: Float.self)[30..<36]) == [0.5, 1, 1, 2, 1, 2])
    #expect(layer.parameters.dropFirst().map(\.role.label) == ["down_proj_blocks", "down_proj_scales"])
    #expect(layer.note == "dequantised from MXFP4")
  }

  @Test(
    arguments: [
      [("fc.weight_packed", "U8", [2, 8], zeros(16)), ("fc.weight_scale", "F8_E4M3", [2, 2], zeros(4))],
      [("fc.weight_packed", "U8", [2, 8], zeros(16)), ("fc.weight_scale", "F32", [2, 1], ones(2))],
      [("fc.weight_packed", "U8", [2, 8], zeros(16)), ("fc.weight_scale", "F8_E4M3", [1, 2], zeros(2))],
      [
        ("fc.weight_packed", "U8", [2, 8], zeros(16)), ("fc.weight_scale", "F8_E4M3", [2, 1], zeros(2)),
        ("fc.weight_global_scale", "F32", [2], ones(2)),
      ],
      [("fc_blocks", "U8", [2, 1, 8], zeros(16)), ("fc_scales", "U8", [2, 1], zeros(2))],
      [("fc.weight", "U32", [2, 3], zeros(24)), ("fc.scales", "U8", [2, 1], zeros(2))],
    ] as [[(name: String, type: String, shape: [Int], bytes: [UInt8])]])
  func floatsWhoseScalesDoNotFit(_ parts: [(name: String, type: String, shape: [Int], bytes: [UInt8])]) throws {
    try expectUnsupported(parts, "shapes of no known scheme")
  }

  /// The same whether the format's own type says that there are two in a byte, or not.
  @Test(arguments: [
    ("weight_packed", "weight_global_scale", "U8", 8), ("weight_packed", "weight_global_scale", "F4", 16),
    ("weight", "weight_scale_2", "U8", 8), ("weight", "weight_scale_2", "F4", 16),
  ])
  func overallScalesMultiplyOrDivide(numbers: String, overall: String, type: String, width: Int) throws {
    let layer = try layer([
      ("fc.\(numbers)", type, [2, width], [UInt8](repeating: 0x22, count: 16)),
      ("fc.weight_scale", "F8_E4M3", [2, 1], [0x38, 0x40]), ("fc.\(overall)", "F32", [], floats([4])),
    ])
    #expect(layer.parameters[0].tensor.name == "fc.weight")
    let factor: Float = overall == "weight_scale_2" ? 4 : 0.25
    #expect(try values(layer) == (0..<32).map { factor * ($0 < 16 ? 1 : 2) })
    #expect(layer.parameters.contains { $0.tensor.name == "fc.\(overall)" })
  }

  // MARK: MLX

  @Test func groupSizeOfMLXByTheConfiguration() throws {
    let parts: [Part] = [
      ("fc.weight", "U32", [1, 16], words([UInt32](repeating: 0x0101_0101, count: 16))),
      ("fc.scales", "F32", [1, 2], floats([1, 2])), ("fc.biases", "F32", [1, 2], floats([0, 0])),
    ]
    let config = #"{"quantization": {"group_size": 64, "bits": 4, "fc": {"group_size": 32, "bits": 8}}}"#
    let known = try layer(parts, config: config)
    #expect(known.note == "dequantised from MLX, of 8 bits in groups of 32")
    #expect(known.parameters[0].tensor.shape == [1, 64])
    let guessed = try layer(parts)
    #expect(guessed.note == "dequantised from MLX, taken to be of 4 bits in groups of 64")
  }

  /// Its name would make a convolution of it.
  @Test func stacksOfMLXAreExperts() throws {
    let layer = try layer([
      ("mlp.switch_mlp.up_proj.weight", "U32", [2, 3, 8], words([UInt32](repeating: 0x1111_1111, count: 48))),
      ("mlp.switch_mlp.up_proj.scales", "F32", [2, 3, 1], floats([1, 2, 3, 4, 5, 6])),
      ("mlp.switch_mlp.up_proj.biases", "F32", [2, 3, 1], floats([0, 0, 0, 0, 0, 0])),
    ])
    #expect(layer.kind == .expertStack)
    #expect(layer.parameters[0].tensor.axes == [.expert, .output, .input])
    #expect(try values(layer) == (0..<2 * 3 * 64).map { Float($0 / 64 + 1) })
  }

  // MARK: Left out

  @Test(arguments: [
    ("hqq", "HQQ"), ("aqlm", "AQLM"), ("vptq", "VPTQ"), ("quip", "QuIP#"), ("spqr", "SpQR"), ("exl2", "EXL2"),
    ("exl3", "EXL3"), ("quanto", "Quanto"), ("torchao", "torchao"), ("marlin", "Marlin"),
    ("sparse", "compressed-tensors as sparse weights"), ("marlin24", "Marlin of 2:4 sparse weights"), ("eetq", "EETQ"),
    ("higgs", "HIGGS"), ("bitnet", "BitNet"),
  ])
  func schemesThatAreNamed(layer: String, scheme: String) throws {
    let input = ModelInput.file(try MappedFile(path: Fixtures.sample("Quantised/opaque.safetensors")))
    let graph = try SafetensorsReader().open(input, limits: Limits())
    let tensors = graph.inventory.map(\.name).filter { $0.hasPrefix(layer + ".") }
    let diagnostics = graph.diagnostics.filter { $0.subject.hasPrefix(layer + ".") }
    #expect(diagnostics.map(\.subject).sorted() == tensors.sorted())
    #expect(diagnostics.allSatisfy { $0.code == .unsupportedTensor })
    let reason = "is part of a weight quantised by \(scheme), which is not dequantised"
    #expect(Set(diagnostics.map(\.message)) == [reason])
    #expect(graph.layers.map(\.name) == ["fc"])
  }

  @Test func integersOfMatrixVectorAWQInHalfWordsAreNamed() throws {
    try expectUnsupported(
      [
        ("fc.qweight", "I16", [2, 64], zeros(256)), ("fc.qzeros", "F16", [8, 8], zeros(128)),
        ("fc.scales", "F16", [8, 8], zeros(128)),
      ], "quantised by AWQ for fast matrix-vector products, which is not dequantised")
  }

  // MARK: Hostile files

  /// Extents that no bytes stand behind are multiplied by nothing.
  @Test(arguments: [
    ("qweight", "I32", ["qzeros": "I32", "scales": "F16"]),
    ("weight_packed", "I32", ["weight_scale": "F16", "weight_shape": "I64"]),
    ("weight_packed", "U8", ["weight_scale": "F8_E4M3"]), ("weight", "U32", ["scales": "F16", "biases": "F16"]),
    ("weight", "U32", ["scales": "U8"]), ("weight", "F8_E4M3", ["weight_scale": "F32"]),
    ("weight", "I8", ["SCB": "F32"]),
    ("weight", "F4", ["weight_scale": "F32"]), ("_blocks", "U8", ["_scales": "U8"]),
  ])
  func emptyTensorsOfAnyExtent(numbers: String, type: String, others: [String: String]) throws {
    for shape in ["[0,4611686018427387904]", "[2305843009213693952,0]", "[0,0]", "[0]", "[0,1,1,9]"] {
      let entries = ([(numbers, type)] + others.map { ($0.key, $0.value) }).map {
        entry("fc.\($0.0)", $0.1, shape, 0, 0)
      }
      let graph = try open(safetensors("{\(entries.joined(separator: ","))}"))
      for parameter in graph.layers.flatMap(\.parameters) { _ = try? parameter.tensor.load() }
    }
  }

  /// Whatever a header says, weights are computed or refused.
  @Test(arguments: ["awq", "bitsandbytes", "compressed-tensors", "fp4", "gptq", "opaque"])
  func damageNeverTraps(name: String) throws {
    let fixture = try Fixtures.read(Fixtures.sample("Quantised/\(name).safetensors"))
    for bytes in Corruption.singleBytes(of: fixture, count: 300, seed: 5) {
      guard let graph = try? open(bytes) else { continue }
      for parameter in graph.layers.flatMap(\.parameters) { _ = try? parameter.tensor.load() }
    }
  }
}
