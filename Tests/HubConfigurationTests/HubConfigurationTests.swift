import HubConfiguration
import ModelReading
import StateDictionary
import StrictJSON
import TestSupport
import Testing

/// What the configuration files beside a model tell.
@Suite struct HubConfigurationTests {
  private func configuration(_ files: [(String, String)]) throws -> HubConfiguration {
    try Fixtures.withDirectory { path in
      for (name, text) in files { try Fixtures.write(Array(text.utf8), to: path + "/" + name) }
      try Fixtures.write([0], to: path + "/model.safetensors")
      return HubConfiguration(
        beside: .file(try MappedFile(path: path + "/model.safetensors")), limits: Limits())
    }
  }

  private func architecture(_ text: String) throws -> Architecture {
    try #require(try configuration([("config.json", text)]).hints.architectures.first)
  }

  @Test func nothingBeside() throws {
    let configuration = try configuration([])
    #expect(configuration.hints.architectures.isEmpty && configuration.hints.adapterScaling == nil)
    #expect(configuration.quantization == nil && configuration.diagnostics.isEmpty && configuration.metadata.isEmpty)
  }

  @Test func gpt2() throws {
    let files = [
      ("config.json", #"{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 768, "n_head": 12}"#)
    ]
    let configuration = try configuration(files)
    let gpt2 = try #require(configuration.hints.architectures.first)
    #expect(gpt2.width == 768 && gpt2.headCount == 12 && gpt2.keyValueHeadCount == nil)
    #expect(gpt2.fusedAttention == .concatenated && gpt2.hasInputFirstMatrices)
    #expect(
      configuration.metadata.map { "\($0.key) \($0.value)" } == ["architecture GPT2LMHeadModel", "model type gpt2"])
  }

  @Test(
    arguments: [
      (#"{"model_type": "bloom", "n_head": 4}"#, Architecture.FusedAttention.byHead, nil),
      (#"{"model_type": "phi3", "num_attention_heads": 8, "num_key_value_heads": 2}"#, .concatenated, 2),
      (#"{"model_type": "falcon", "num_attention_heads": 8, "multi_query": true}"#, .byHead, 1),
      (#"{"model_type": "falcon", "num_attention_heads": 8, "multi_query": false}"#, .byHead, 8),
      (
        #"{"model_type": "falcon", "num_attention_heads": 8, "num_kv_heads": 2, "new_decoder_architecture": true}"#,
        .byKeyValueHead, 2
      ),
      (#"{"model_type": "gpt_bigcode", "n_head": 8}"#, .byHead, 1),
      (
        #"{"model_type": "chatglm", "num_attention_heads": 8, "multi_query_attention": true, "multi_query_group_num": 2}"#,
        .concatenated, 2
      ),
      (#"{"model_type": "dbrx", "n_heads": 8, "attn_config": {"kv_n_heads": 4}}"#, .concatenated, 4),
      (#"{"model_type": "llama", "num_attention_heads": 8}"#, nil, nil),
    ] as [(String, Architecture.FusedAttention?, Int?)])
  func families(_ text: String, _ order: Architecture.FusedAttention?, _ keys: Int?) throws {
    let architecture = try architecture(text)
    #expect(architecture.fusedAttention == order)
    #expect(architecture.keyValueHeadCount == keys)
  }

  @Test func headsOfEncodersAndDecoders() throws {
    let bart = #"{"model_type": "bart", "d_model": 64, "encoder_attention_heads": 4, "decoder_attention_heads": "#
    #expect(try architecture(bart + "4}").headCount == 4)
    #expect(try architecture(bart + "8}").headCount == nil)
    let t5 = try architecture(#"{"model_type": "t5", "d_model": 512, "num_heads": 6, "d_kv": 64}"#)
    #expect(t5.headCount == 6 && t5.headWidth == 64)
  }

  @Test func experts() throws {
    #expect(try architecture(#"{"model_type": "gpt_oss", "num_local_experts": 32}"#).expertCount == 32)
    #expect(try architecture(#"{"model_type": "gpt_oss"}"#).fusedGate == .interleaved)
    #expect(try architecture(#"{"model_type": "dbrx", "ffn_config": {"moe_num_experts": 16}}"#).expertCount == 16)
  }

  @Test func modelsOfSeveralParts() throws {
    let text = #"""
      {"model_type": "llava", "text_config": {"model_type": "phi3", "hidden_size": 64},
       "vision_config": {"hidden_size": 32}, "quantization_config": {"bits": 4}}
      """#
    let configuration = try configuration([("config.json", text)])
    #expect(configuration.hints.architectures.map(\.family) == ["llava", "phi3", "llava", "llava"])
    #expect(configuration.hints.architectures.map(\.width) == [nil, 64, 32, nil])
    #expect(configuration.quantization?["bits"]?.int == 4)
  }

  @Test(arguments: [
    #"{"model_type": "x", "num_attention_heads": -3}"#, #"{"model_type": "x", "num_attention_heads": 1e3}"#,
    #"{"model_type": "x", "num_attention_heads": 99999999999999999999}"#, #"{"model_type": "x", "n_head": "8"}"#,
  ]) func numbersThatAreNone(_ text: String) throws { #expect(try architecture(text).headCount == nil) }

  @Test func adapters() throws {
    func scale(_ text: String) throws -> Double? {
      let scaling = try configuration([("adapter_config.json", text)]).hints.adapterScaling
      let tensors = try [("q.lora_A", [4, 8]), ("q.lora_B", [8, 4])].map { name, shape in
        try Tensor(
          name: name, elementType: .float32, shape: shape,
          storage: .bytes(ByteSource(owned: [UInt8](repeating: 0, count: 128), label: "test")))
      }
      var hints = StateDictionary.Hints()
      hints.adapterScaling = scaling
      return StateDictionary.layers(from: tensors, convention: .pytorch, order: .given, hints: hints)
        .layers[0].parameters[0].factors?.scale
    }
    #expect(try scale(#"{"peft_type": "LORA", "lora_alpha": 8, "r": 4}"#) == 2)
    #expect(try scale(#"{"lora_alpha": 8, "use_rslora": true}"#) == 4)
    #expect(try scale(#"{"lora_alpha": 8, "alpha_pattern": {"q": 2}}"#) == 0.5)
    #expect(try scale(#"{"lora_parameters": {"rank": 4, "scale": 20.0}}"#) == 20)
    #expect(try scale(#"{"lora_alpha": null}"#) == 1)
  }

  /// Keras has a file of the same name.
  @Test func configurationsOfOthers() throws {
    let configuration = try configuration([("config.json", #"{"class_name": "Functional", "config": {}}"#)])
    #expect(configuration.hints.architectures.isEmpty && configuration.diagnostics.isEmpty)
  }

  @Test func brokenOnesCostNothingElse() throws {
    let configuration = try configuration([
      ("config.json", #"{"model_type": "gpt2",}"#), ("adapter_config.json", #"{"lora_alpha": 4}"#),
    ])
    #expect(configuration.diagnostics.map(\.subject) == ["config.json"])
    #expect(configuration.diagnostics[0].message.hasPrefix("is not used: it "))
    #expect(configuration.hints.architectures.isEmpty && configuration.hints.adapterScaling != nil)
  }
}
