import ModelReading
import StateDictionary
import Testing

@Suite struct OrientationTests {
  @Test func biasTurnsADenseLayer() throws {
    #expect(try lines([("fc.weight", [3, 5]), ("fc.bias", [5])]) == ["fc dense [5, 3]"])
    #expect(try lines([("fc.weight", [3, 5]), ("fc.bias", [3])]) == ["fc dense [3, 5]"])
    #expect(try lines([("fc/kernel", [3, 5]), ("fc/bias", [3])]) == ["fc dense [3, 5]"])
  }

  /// What the reader knows outweighs the length of a bias, the framework, and the name.
  @Test(
    arguments: [
      ("fc.weight", [3, 5], [.output, .input]), ("experts.down_proj", [2, 4, 4], [.expert, .output, .input]),
      ("switch.conv.weight", [2, 3, 5], [.expert, .output, .input]),
    ] as [(String, [Int], [Axis])])
  func axesThatTheReaderNamesAreKept(name: String, shape: [Int], axes: [Axis]) throws {
    let tensors = [try tensor(name, shape).labelled(axes), try tensor("fc.bias", [5])]
    for convention in [StateDictionary.Convention.pytorch, .channelsLast, .mlx, .undetermined] {
      let layers = StateDictionary.layers(from: tensors, convention: convention, order: .given).layers
      #expect(layers.first?.parameters.first?.tensor.axes == axes)
    }
  }

  @Test func squareMatricesFollowTheirNamesakes() throws {
    let entries: [Entry] = [
      ("h.0.attn.c_attn.weight", [8, 24]), ("h.0.attn.c_attn.bias", [24]), ("h.0.attn.c_proj.weight", [8, 8]),
      ("h.0.attn.c_proj.bias", [8]), ("h.0.mlp.c_fc.weight", [8, 32]), ("h.0.mlp.c_fc.bias", [32]),
      ("h.0.mlp.c_proj.weight", [32, 8]), ("h.0.mlp.c_proj.bias", [8]), ("lm_head.weight", [50, 8]),
    ]
    let layers = try layers(entries)
    #expect(layers[1].parameters[0].tensor.axes == [.input, .output])
    #expect(layers[4].parameters[0].tensor.axes == [.output, .input])
    #expect(layers[0].kind == .attention)
    #expect(layers[0].parameters.filter(\.isWeight).map(\.role.label) == ["query", "key", "value"])
  }

  @Test func arraysWithoutKernelNamesFollowTheMajority() throws {
    let entries: [Entry] = [
      ("a/W", [3, 5]), ("a/b", [5]), ("c/W", [7, 9]), ("c/b", [9]), ("proj", [6, 6]),
    ]
    #expect(try layers(entries, .undetermined)[2].parameters[0].tensor.axes == [.input, .output])
  }

  @Test func biasTellsATransposedConvolution() throws {
    #expect(
      try lines([("up.weight", [8, 4, 2, 2]), ("up.bias", [4])]) == ["up conv2d_transpose [4, 8, 2, 2]"])
    let grouped = try layers([("up.weight", [6, 4, 2, 2]), ("up.bias", [8])])[0]
    #expect(grouped.line == "up conv2d_transpose [8, 3, 2, 2] /2")
    #expect(grouped.parameters[0].tensor.axes == [.group, .input, .output, .spatial(0), .spatial(1)])
    #expect(
      try lines([("up/kernel", [2, 2, 4, 8]), ("up/bias", [4])]) == ["up conv2d_transpose [4, 8, 2, 2]"])
  }

  @Test func caffeStyleArraysShowTheirOrder() throws {
    let entries: [Entry] = [
      ("conv1/weights", [3, 3, 3, 10]), ("conv1/biases", [10]), ("PReLU1/alpha", [10]),
      ("conv4-1/weights", [1, 1, 32, 2]), ("conv4-1/biases", [2]), ("free/weights", [3, 3, 8, 16]),
    ]
    #expect(
      try lines(entries, .undetermined)
        == ["conv1 conv2d [10, 3, 3, 3]", "conv4-1 conv2d [2, 32, 1, 1]", "free conv2d [16, 8, 3, 3]"])
  }

  @Test func kernelNamesMeanChannelsLastAnywhere() throws {
    #expect(try lines([("conv.kernel", [3, 3, 8, 16])]) == ["conv conv2d [16, 8, 3, 3]"])
    #expect(try lines([("conv.weight", [16, 8, 3, 3])], .undetermined) == ["conv conv2d [16, 8, 3, 3]"])
  }

  @Test func stackedExpertsShowTheirOrder() throws {
    let usual: [Entry] = [("m.experts.gate_up_proj", [4, 10, 6]), ("m.experts.down_proj", [4, 6, 5])]
    #expect(try layers(usual).map { $0.parameters[0].tensor.axes[1] } == [.output, .output])
    let llama4: [Entry] = [
      ("m.experts.gate_up_proj", [4, 6, 10]), ("m.experts.gate_up_proj_bias", [4, 10]),
      ("m.experts.down_proj", [4, 5, 6]),
    ]
    let layers = try layers(llama4)
    #expect(layers.map { $0.parameters[0].tensor.axes[1] } == [.input, .input])
    #expect(layers[0].parameters.map(\.role) == [.kernel, .bias])
  }
}
