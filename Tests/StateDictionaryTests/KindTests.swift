import ModelReading
import StateDictionary
import Testing

@Suite struct KindTests {
  @Test func lenetIsTheSameInEveryOrder() throws {
    let torch: [Entry] = [
      ("conv1.weight", [6, 1, 5, 5]), ("conv1.bias", [6]), ("conv2.weight", [16, 6, 5, 5]), ("conv2.bias", [16]),
      ("fc1.weight", [120, 400]), ("fc1.bias", [120]), ("fc2.weight", [84, 120]), ("fc2.bias", [84]),
      ("fc3.weight", [10, 84]), ("fc3.bias", [10]),
    ]
    let keras: [Entry] = [
      ("conv1/kernel:0", [5, 5, 1, 6]), ("conv1/bias:0", [6]), ("conv2/kernel:0", [5, 5, 6, 16]),
      ("conv2/bias:0", [16]), ("fc1/kernel:0", [400, 120]), ("fc1/bias:0", [120]), ("fc2/kernel:0", [120, 84]),
      ("fc2/bias:0", [84]), ("fc3/kernel:0", [84, 10]), ("fc3/bias:0", [10]),
    ]
    let expected = [
      "conv1 conv2d [6, 1, 5, 5]", "conv2 conv2d [16, 6, 5, 5]", "fc1 dense [120, 400]", "fc2 dense [84, 120]",
      "fc3 dense [10, 84]",
    ]
    #expect(try lines(torch) == expected)
    #expect(try lines(torch, .undetermined) == expected)
    #expect(try lines(torch.sorted { $0.name < $1.name }, .pytorch, order: .natural) == expected)
    #expect(try lines(keras, .channelsLast) == expected)
    #expect(try lines(keras, .undetermined) == expected)
  }

  @Test func parametersHaveRolesKernelFirst() throws {
    let layer = try layers([("fc.bias", [3]), ("fc.weight", [3, 5])])[0]
    #expect(layer.parameters.map(\.role) == [.kernel, .bias])
    #expect(layer.parameters.map(\.tensor.axes) == [[.output, .input], [.other]])
  }

  @Test func aliasesFollowTheirTensor() throws {
    let wte = try tensor("wte.weight", [50, 8])
    let result = StateDictionary.layers(
      from: [wte], aliases: [ByteString("wte.weight"): ["lm_head.weight"]], convention: .pytorch, order: .given)
    #expect(result.layers[0].parameters[0].aliases == ["lm_head.weight"])
  }

  @Test(arguments: [
    ("conv.weight", [4, 3, 7], "conv conv1d [4, 3, 7]"),
    ("conv.weight", [4, 3, 2, 2, 2], "conv conv3d [4, 3, 2, 2, 2]"),
    ("stft_conv.weight", [258, 1, 256], "stft_conv conv1d [258, 1, 256]"),
    ("up.deconv.weight", [8, 4, 2, 2], "up.deconv conv2d_transpose [4, 8, 2, 2]"),
    ("block.dwconv.weight", [8, 1, 3, 3], "block.dwconv depthwise_conv2d [8, 1, 3, 3] /8"),
    ("experts.w1.weight", [4, 70, 80], "experts.w1 experts [4, 70, 80]"),
    ("bilinear.weight", [4, 70, 80], "bilinear bilinear [4, 5600]"),
    ("mystery.weight", [4, 70, 80], "mystery stack [4, 70, 80]"),
    ("wte.weight", [50, 8], "wte embedding [50, 8]"),
    ("model.embed_tokens.weight", [50, 8], "model.embed_tokens embedding [50, 8]"),
    ("embed_out.weight", [50, 8], "embed_out dense [50, 8]"),
    ("attn.qkv.weight", [24, 8], "attn.qkv attention [24, 8]"),
    ("q.lora_A.weight", [2, 8], "q.lora_A low_rank_adapter [2, 8]"),
    ("q.lora_B.default.weight", [8, 2], "q.lora_B.default low_rank_adapter [8, 2]"),
    ("unet.lora_down.weight", [4, 8, 3, 3], "unet.lora_down low_rank_adapter [4, 8, 3, 3]"),
    ("weight", [3, 5], "weight dense [3, 5]"),
    ("gauss_300x200", [300, 200], "gauss_300x200 dense [300, 200]"),
    ("conv1_W", [4, 3, 5, 5], "conv1 conv2d [4, 3, 5, 5]"),
    ("dense_1/~/w", [4, 3], "dense_1/~ dense [3, 4]"),
    ("mlp.experts.gate_up_proj", [4, 10, 6], "mlp.experts.gate_up_proj experts [4, 10, 6]"),
  ]) func oneTensorOfUndeterminedOrigin(_ name: String, _ shape: [Int], _ expected: String) throws {
    #expect(try lines([(name, shape)], .undetermined) == [expected])
  }

  @Test(arguments: [
    ("conv/kernel", [5, 3, 4], "conv conv1d [4, 3, 5]"),
    ("conv/kernel", [3, 3, 3, 2, 4], "conv conv3d [4, 2, 3, 3, 3]"),
    ("attn/query/kernel", [8, 2, 4], "attn/query attention [8, 8]"),
    ("attn/out/kernel", [2, 4, 8], "attn/out attention [8, 8]"),
    ("wte/embedding", [50, 8], "wte embedding [50, 8]"),
    ("sep/depthwise_kernel:0", [3, 3, 4, 2], "sep depthwise_conv2d [8, 1, 3, 3] /4"),
  ]) func oneTensorOfChannelsLast(_ name: String, _ shape: [Int], _ expected: String) throws {
    #expect(try lines([(name, shape)], .channelsLast) == [expected])
    #expect(try lines([(name, shape)], .pytorch) == [expected])
  }

  @Test func mlxHasItsInputLast() throws {
    #expect(
      try lines([("conv.weight", [8, 3, 5, 4]), ("conv.bias", [8]), ("fc.weight", [3, 5])], .mlx)
        == ["conv conv2d [8, 4, 3, 5]", "fc dense [3, 5]"])
  }

  @Test func separableConvolutionsAreTwoLayers() throws {
    let entries: [Entry] = [
      ("sep/depthwise_kernel:0", [3, 3, 4, 2]), ("sep/pointwise_kernel:0", [1, 1, 8, 16]), ("sep/bias:0", [16]),
    ]
    let layers = try layers(entries, .channelsLast)
    #expect(
      layers.map(\.line) == ["sep/depthwise depthwise_conv2d [8, 1, 3, 3] /4", "sep/pointwise conv2d [16, 8, 1, 1]"])
    #expect(layers[1].parameters.map(\.role) == [.kernel, .bias])
  }

  @Test func normalizations() throws {
    let entries: [Entry] = [
      ("bn.weight", [4]), ("bn.bias", [4]), ("bn.running_mean", [4]), ("bn.running_var", [4]),
      ("bn.num_batches_tracked", []), ("ln/gamma:0", [4]), ("ln/beta:0", [4]), ("input_layernorm.weight", [4]),
      ("prelu1.weight", [4]), ("norm2d.weight", [4, 5]), ("norm2d.bias", [4, 5]),
    ]
    let layers = try layers(entries)
    #expect(layers.map(\.kind.label) == ["norm", "norm", "norm", "prelu", "norm"])
    #expect(
      layers[0].parameters.map(\.role) == [
        .scale, .offset, .runningMean, .runningVariance, .other("num_batches_tracked"),
      ])
    #expect(layers.allSatisfy { $0.parameters.allSatisfy { !$0.isWeight } })
  }

  @Test func namesStayUnique() throws {
    let entries: [Entry] = [("a.weight", [2, 3]), ("a/weight", [2, 3]), ("a", [4, 5])]
    #expect(Set(try layers(entries).map(\.name)).count == 3)
  }

  @Test func halvesOfRecurrentWeightsAreNamed() throws {
    let result = try result([
      ("lstm.weight_ih_l0", [32, 4]), ("lstm.weight_hh_l0_g", [32, 1]), ("lstm.weight_hh_l0_v", [32, 8]),
    ])
    #expect(result.layers.map(\.name) == ["lstm.l0"])
    #expect(result.diagnostics.map(\.subject) == ["lstm.weight_hh_l0_g", "lstm.weight_hh_l0_v"])
    #expect(result.diagnostics.allSatisfy { $0.message.contains("half of a recurrent weight") })
  }

  @Test func anchorsAreNoWeights() throws {
    let result = try result([("model.24.anchors", [3, 3, 2]), ("model.24.m.0.weight", [255, 128, 1, 1])])
    #expect(result.layers.map(\.name) == ["model.24.m.0"])
    #expect(result.diagnostics.map(\.subject) == ["model.24.anchors"])
  }
}
