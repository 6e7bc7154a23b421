import ModelReading
import NumPyReader
import TestSupport
import Testing

/// What the archives of well-known zoos call their arrays, and what that makes of them.
@Suite("Naming conventions")
struct ConventionTests {
  /// An archive of arrays of zeros, by name and shape.
  private func open(_ arrays: [(String, [Int])]) throws -> LayerGraph {
    let members = arrays.map { name, shape in
      let text = "(" + shape.map { "\($0)," }.joined() + ")"
      return ZipBuilder.Member(
        name + ".npy", NPYBuilder.array("'<f4'", text, [UInt8](repeating: 0, count: shape.reduce(4, *))))
    }
    return try Fixtures.withFile(ZipBuilder(members).bytes(), named: "m.npz") { path in
      try NumPyReader().open(.file(MappedFile(path: path)), limits: Limits()).accountingForEveryTensor()
    }
  }

  /// Each layer in a line: name, kind, canonical shape of its kernel, roles of its parameters.
  private func lines(_ arrays: [(String, [Int])]) throws -> [String] {
    try open(arrays).layers.map { layer in
      let roles = layer.parameters.map(\.role.label).joined(separator: " ")
      return "\(layer.name) \(layer.kind.label) \(layer.parameters[0].tensor.canonicalShape) \(roles)"
    }
  }

  @Test func visionTransformer() throws {
    let block = "Transformer/encoderblock_0/"
    let attention = block + "MultiHeadDotProductAttention_1/"
    let arrays = [
      ("embedding/kernel", [4, 4, 3, 24]), ("embedding/bias", [24]), ("cls", [1, 1, 24]),
      ("Transformer/posembed_input/pos_embedding", [1, 17, 24]), (attention + "query/kernel", [24, 3, 8]),
      (attention + "query/bias", [3, 8]), (attention + "out/kernel", [3, 8, 24]), (attention + "out/bias", [24]),
      (block + "MlpBlock_3/Dense_0/kernel", [24, 48]), (block + "MlpBlock_3/Dense_0/bias", [48]),
      (block + "LayerNorm_0/scale", [24]), (block + "LayerNorm_0/bias", [24]), ("head/kernel", [24, 10]),
    ]
    #expect(
      try lines(arrays) == [
        "embedding conv2d [24, 3, 4, 4] kernel bias", "\(attention)query attention [24, 24] kernel bias",
        "\(attention)out attention [24, 24] kernel bias", "\(block)MlpBlock_3/Dense_0 dense [48, 24] kernel bias",
        "\(block)LayerNorm_0 norm [24] scale offset", "head dense [10, 24] kernel",
      ])
    let left = try open(arrays).diagnostics
    #expect(left.map(\.subject) == ["cls", "Transformer/posembed_input/pos_embedding"])
  }

  @Test func bigTransfer() throws {
    #expect(
      try lines([
        ("resnet/root_block/standardized_conv2d/kernel", [7, 7, 3, 16]),
        ("resnet/block1/unit01/a/standardized_conv2d/kernel", [1, 1, 16, 8]),
        ("resnet/block1/unit01/a/group_norm/gamma", [16]), ("resnet/block1/unit01/a/group_norm/beta", [16]),
        ("resnet/head/conv2d/kernel", [1, 1, 16, 10]), ("resnet/head/conv2d/bias", [10]),
      ]) == [
        "resnet/root_block/standardized_conv2d conv2d [16, 3, 7, 7] kernel",
        "resnet/block1/unit01/a/standardized_conv2d conv2d [8, 16, 1, 1] kernel",
        "resnet/block1/unit01/a/group_norm norm [16] scale offset",
        "resnet/head/conv2d conv2d [10, 16, 1, 1] kernel bias",
      ])
  }

  @Test func t5() throws {
    let graph = try open([
      ("target/token_embedder/embedding", [50, 16]), ("target/encoder/layers_0/attention/query/kernel", [16, 12]),
      ("target/encoder/layers_0/mlp/wo/kernel", [40, 16]), ("target/decoder/logits_dense/kernel", [16, 50]),
      ("state/param_states/encoder/layers_0/mlp/wo/kernel/v_row", [40, 2]),
    ])
    #expect(graph.layers.map(\.kind.label) == ["embedding", "dense", "dense", "dense"])
    #expect(
      graph.layers.map { $0.parameters[0].tensor.canonicalShape } == [[50, 16], [12, 16], [16, 40], [50, 16]])
    #expect(graph.diagnostics.map(\.code) == [.leftOut])
  }

  @Test func alphaFold() throws {
    let root = "alphafold/alphafold_iteration/evoformer/"
    let stacked = root + "evoformer_iteration/msa_row_attention_with_pair_bias/"
    #expect(
      try lines([
        (root + "preprocess_1d//weights", [22, 16]), (root + "preprocess_1d//bias", [16]),
        (stacked + "attention//query_w", [4, 16, 2, 8]), (stacked + "attention//gating_w", [4, 16, 2, 8]),
        (stacked + "attention//gating_b", [4, 2, 8]), (stacked + "attention//output_w", [4, 2, 8, 12]),
        (stacked + "attention//output_b", [4, 12]), (stacked + "feat_2d_norm//scale", [4, 12]),
        (stacked + "feat_2d_norm//offset", [4, 12]),
        (root + "evoformer_iteration/msa_transition/transition1//weights", [4, 16, 64]),
        (root + "evoformer_iteration/msa_transition/transition1//bias", [4, 64]),
        (root + "template_embedding/attention//query_w", [16, 4, 8]),
        (root + "template_embedding/attention//output_w", [4, 8, 12]),
        (root + "template_embedding/attention//output_b", [12]),
      ]) == [
        "\(root)preprocess_1d dense [16, 22] kernel bias", "\(stacked)attention//query attention [4, 16, 16] kernel",
        "\(stacked)attention//gating attention [4, 16, 16] kernel bias",
        "\(stacked)attention//output attention [4, 12, 16] kernel bias",
        "\(stacked)feat_2d_norm norm [4, 12] scale offset",
        "\(root)evoformer_iteration/msa_transition/transition1 dense [4, 64, 16] kernel bias",
        "\(root)template_embedding/attention//query attention [32, 16] kernel",
        "\(root)template_embedding/attention//output attention [12, 32] kernel bias",
      ])
  }

  /// Several layers of one shape in one array, told by a bias with as many rows.
  @Test func layersInAStack() throws {
    #expect(
      try lines([
        ("decoder/mlp/kernel", [4, 16, 64]), ("decoder/mlp/bias", [4, 64]), ("conv/kernel", [2, 3, 3, 8, 6]),
        ("conv/bias", [2, 6]),
      ]) == ["decoder/mlp dense [4, 64, 16] kernel bias", "conv conv2d [2, 6, 8, 3, 3] kernel bias"])
  }

  @Test func vgg16() throws {
    #expect(
      try lines([
        ("conv1_1_W", [3, 3, 3, 8]), ("conv1_1_b", [8]), ("fc6_W", [32, 20]), ("fc6_b", [20]), ("fc7_W", [20, 20]),
        ("fc7_b", [20]),
      ]) == [
        "conv1_1 conv2d [8, 3, 3, 3] kernel bias", "fc6 dense [20, 32] kernel bias", "fc7 dense [20, 20] kernel bias",
      ])
  }

  @Test func lasagneWithBatchNormalization() throws {
    let shapes = [[8, 3, 3, 3], [8], [8], [8], [8], [16, 8, 3, 3], [16], [72, 10], [10]]
    #expect(
      try lines(shapes.enumerated().map { ("arr_\($0.offset)", $0.element) }) == [
        "arr_0 conv2d [8, 3, 3, 3] kernel bias", "arr_5 conv2d [16, 8, 3, 3] kernel bias",
        "arr_7 dense [10, 72] kernel bias",
      ])
  }

  @Test func numberedLetters() throws {
    // x·W with a bias as long as the columns; W·x with a column of biases, as MATLAB has them.
    #expect(
      try lines([("W1", [5, 7]), ("b1", [7]), ("W2", [7, 3]), ("b2", [3])]) == [
        "W1 dense [7, 5] kernel bias", "W2 dense [3, 7] kernel bias",
      ])
    #expect(
      try lines([("b2", [3, 1]), ("W1", [7, 5]), ("b1", [7, 1]), ("W2", [3, 7]), ("Theta1", [4, 6])]) == [
        "W2 dense [3, 7] kernel bias", "W1 dense [7, 5] kernel bias", "Theta1 dense [4, 6] kernel",
      ])
    let graph = try open([("b1", [7, 1]), ("W1", [7, 5])])
    #expect(graph.layers[0].parameters.map(\.tensor.name) == ["W1", "b1"])
    #expect(try lines([("W1", [7, 5]), ("b1", [9])]) == ["W1 dense [7, 5] kernel"])
  }

  @Test(arguments: ["vectors", "model.wv.vectors", "model.trainables.syn1neg", "syn0"])
  func wordVectors(_ name: String) throws {
    #expect(try lines([(name, [40, 12])]) == ["\(name) embedding [40, 12] kernel"])
  }

  @Test func namesInEveryScript() throws {
    #expect(
      try lines([("größe/kernel", [3, 4]), ("重み/kernel", [4, 3])]) == [
        "größe dense [4, 3] kernel", "重み dense [3, 4] kernel",
      ])
  }

  @Test(arguments: [
    ("<V2", 2, "bfloat16, or something else of that size"), ("|V1", 1, "float8 in one of its forms, or int4"),
  ])
  func typesWithoutANameAreNotGuessed(_ type: String, _ width: Int, _ text: String) throws {
    let member = NPYBuilder.array("'\(type)'", "(2, 3)", [UInt8](repeating: 0x3F, count: 6 * width))
    try Fixtures.withFile(ZipBuilder([("w", member)].map { ZipBuilder.Member($0.0 + ".npy", $0.1) }).bytes()) { path in
      let graph = try NumPyReader().open(.file(MappedFile(path: path)), limits: Limits())
      #expect(graph.layers.isEmpty && graph.diagnostics.map(\.code) == [.unsupportedTensor])
      #expect(graph.diagnostics[0].message.contains(text))
      #expect(graph.diagnostics[0].hint == "numpy keeps no name for such types: save the array as float32")
    }
  }
}
