import ModelReading
import StateDictionary
import TestSupport
import Testing

@Suite struct AccountingTests {
  @Test(arguments: [
    ("pos_embed", [1, 197, 192], "positions"), ("cls_token", [1, 1, 192], "token"),
    ("h.0.attn.bias", [1, 1, 16, 16], "mask"), ("blocks.0.attn.relative_position_bias_table", [169, 4], "position"),
    ("rotary.inv_freq_table", [4, 8], "frequencies"), ("mixer.A_log", [64, 16], "state"),
    ("layer_scale", [96, 1, 1], "scale"), ("weight_scale_inv", [4, 4], "scale"), ("pixel_mean", [3, 2], "statistic"),
    ("query_token_x", [1, 8], "token"), ("free", [1, 8, 1], "vector"), ("six", [2, 2, 2, 2, 2, 2], "neither"),
    ("fc.weight_u", [2, 2], "parametrization"),
  ]) func namesWhatIsNoWeight(_ name: String, _ shape: [Int], _ word: String) throws {
    let result = try result([(name, shape)])
    #expect(result.layers.isEmpty)
    #expect(result.diagnostics.map(\.code) == [.notAWeight])
    #expect(result.diagnostics.map(\.subject) == [name])
    #expect(result.diagnostics[0].message.contains(word))
  }

  @Test(arguments: [
    (ElementType.int64, Diagnostic.Code.notAWeight), (.bool, .notAWeight), (.complex64, .unsupportedTensor),
  ]) func otherElementsAreNamed(_ type: ElementType, _ code: Diagnostic.Code) throws {
    let result = StateDictionary.layers(
      from: [try tensor("fc.weight", [3, 4], type), try tensor("count", [], type)], convention: .pytorch,
      order: .given)
    #expect(result.layers.isEmpty)
    #expect(result.diagnostics.map(\.code) == [code])
  }

  @Test func emptyTensorsAreNamed() throws {
    #expect(try result([("fc.weight", [0, 4])]).diagnostics.map(\.code) == [.notAWeight])
  }

  @Test func copiesAreLeftOutBesideTheModel() throws {
    let entries: [Entry] = [
      ("model.fc.weight", [3, 4]), ("model_ema.fc.weight", [3, 4]), ("state.exp_avg.fc", [3, 4]),
    ]
    let both = try result(entries)
    #expect(both.layers.map(\.name) == ["model.fc"])
    #expect(both.diagnostics.map(\.code) == [.leftOut, .leftOut])
    #expect(try layers([("model_ema.fc.weight", [3, 4])]).map(\.name) == ["model_ema.fc"])
  }

  @Test func naturalOrderComparesNumbers() throws {
    let entries: [Entry] = ["b.10.weight", "b.9.weight", "a.weight", "b.010.x.weight", "b_1.weight"].map {
      ($0, [2, 3])
    }
    #expect(
      try layers(entries, .pytorch, order: .natural).map(\.name) == ["a", "b.9", "b.10", "b.010.x", "b_1"])
  }

  @Test func namesAreComparedAsBytes() throws {
    let entries: [Entry] = [("caf\u{E9}.weight", [2, 3]), ("cafe\u{301}.weight", [2, 3])]
    #expect(try layers(entries).count == 2)
  }

  @Test func weightNormalisationIsUndone() throws {
    func floats(_ name: String, _ shape: [Int], _ values: [Float]) throws -> Tensor {
      let bytes = values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) } }
      return try Tensor(
        name: name, elementType: .float32, shape: shape, storage: .bytes(ByteSource(owned: bytes, label: "test")))
    }
    for (g, v) in [
      ("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1"),
    ] {
      let result = StateDictionary.layers(
        from: [
          try floats("fc." + g, [2, 1], [10, 26]), try floats("fc." + v, [2, 2], [3, 4, 5, 12]),
          try floats("fc.bias", [2], [0, 0]),
        ], convention: .pytorch, order: .given)
      #expect(result.layers.map(\.line) == ["fc dense [2, 2]"])
      #expect(result.layers[0].parameters.map(\.role) == [.kernel, .bias, .other("weight_g")])
      #expect(try result.layers[0].parameters[0].tensor.values() == [6.0, 8, 10, 24])
      #expect(result.diagnostics.isEmpty)
    }
  }

  /// Whatever the names and shapes, a tensor of two axes is in one place, and one only.
  @Test(arguments: 0..<60) func nothingIsLostOrCountedTwice(_ seed: Int) throws {
    var soup = Soup(seed: UInt64(seed))
    let tensors = try soup.tensors(count: 120)
    for convention in [StateDictionary.Convention.pytorch, .channelsLast, .mlx, .undetermined] {
      let result = StateDictionary.layers(from: tensors, convention: convention, order: .natural)
      // The parts of a fused matrix are views of one tensor, and make it up.
      var elements: [ByteString: Int] = [:]
      for parameter in result.layers.flatMap(\.parameters) where parameter.factors == nil {
        elements[ByteString(parameter.tensor.name), default: 0] += parameter.tensor.elementCount
      }
      let named = Set(result.diagnostics.map { ByteString($0.subject) })
      #expect(named.count == result.diagnostics.count)
      #expect(named.isDisjoint(with: elements.keys))
      for tensor in tensors where tensor.rank >= 2 && !named.contains(ByteString(tensor.name)) {
        #expect(elements[ByteString(tensor.name)] == tensor.elementCount, "\(tensor.name)")
      }
      #expect(Set(result.layers.map { ByteString($0.name) }).count == result.layers.count)
      for parameter in result.layers.flatMap(\.parameters) where parameter.isWeight {
        #expect(!parameter.tensor.axes.contains(.other), "\(parameter.tensor.name)")
      }
    }
  }

  @Test(.timeLimit(.minutes(5))) func manyTensorsInOneGroup() throws {
    var tensors: [Tensor] = []
    for index in 0..<10_000 {
      tensors.append(try tensor("arr_\(index)", [2, 3]))
      tensors.append(try tensor("lstm.weight_ih_l\(index)", [8, 3]))
    }
    let result = StateDictionary.layers(from: tensors, convention: .undetermined, order: .natural)
    #expect(result.layers.count == 20_000)
  }
}

/// Names and shapes as no framework would combine them.
private struct Soup {
  private var state: UInt64
  private static let prefixes = [
    "", "conv1", "a.b", "a/b", "lstm", "embed", "h.0.attn", "moe.experts", "model_ema.x", "bn", "x.lora_A", "x.lora_B",
    "mixer",
    "c_attn", "query", "up.deconv", "dw", "blocks.0.attn.qkv",
  ]
  private static let leaves = [
    "weight", "bias", "kernel", "kernel:0", "w", "W", "gamma", "beta", "scale", "running_mean", "weight_ih_l0",
    "weight_hh_l0", "weight_hr_l0", "bias_ih_l0", "weight_ih", "in_proj_weight", "in_proj_bias", "q_proj_weight",
    "recurrent_kernel", "depthwise_kernel", "pointwise_kernel", "embedding", "weight_g", "weight_v", "weight_orig",
    "gate_up_proj", "down_proj", "gate_up_proj_bias", "foo", "mask", "foo_bias", "weight_mask",
    "parametrizations.weight.original0",
    "parametrizations.weight.original1", "pos_embed", "lora_down.weight", "lora_up.weight", "alpha",
  ]
  private static let extents = [1, 1, 2, 3, 4, 8, 12, 34, 0]

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func tensors(count: Int) throws -> [Tensor] {
    var names = Set<String>()
    var result: [Tensor] = []
    for _ in 0..<count {
      let prefix = pick(Soup.prefixes)
      let name = prefix.isEmpty ? pick(Soup.leaves) : prefix + pick([".", "/", "_"]) + pick(Soup.leaves)
      guard names.insert(name).inserted else { continue }
      let shape = (0..<below(7)).map { _ in pick(Soup.extents) }
      result.append(try tensor(name, shape, pick([.float32, .float32, .float32, .bfloat16, .int8, .complex64])))
    }
    return result
  }

  private mutating func below(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(bound))
  }
  private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
