import ModelReading
import StateDictionary
import Testing

/// Names as well-known models have them.
@Suite struct ArchitectureTests {
  @Test func resnet() throws {
    let entries: [Entry] = [
      ("conv1.weight", [64, 3, 7, 7]), ("bn1.weight", [64]), ("bn1.bias", [64]), ("bn1.running_mean", [64]),
      ("bn1.running_var", [64]), ("bn1.num_batches_tracked", []), ("layer1.0.conv1.weight", [64, 64, 3, 3]),
      ("layer2.0.downsample.0.weight", [128, 64, 1, 1]), ("layer2.0.downsample.1.weight", [128]),
      ("layer2.0.downsample.1.bias", [128]), ("fc.weight", [1000, 512]), ("fc.bias", [1000]),
    ]
    #expect(
      try lines(entries) == [
        "conv1 conv2d [64, 3, 7, 7]", "bn1 norm [64]", "layer1.0.conv1 conv2d [64, 64, 3, 3]",
        "layer2.0.downsample.0 conv2d [128, 64, 1, 1]", "layer2.0.downsample.1 norm [128]", "fc dense [1000, 512]",
      ])
  }

  @Test func visionTransformer() throws {
    let result = try result([
      ("cls_token", [1, 1, 192]), ("pos_embed", [1, 197, 192]), ("patch_embed.proj.weight", [192, 3, 16, 16]),
      ("patch_embed.proj.bias", [192]), ("blocks.0.norm1.weight", [192]), ("blocks.0.norm1.bias", [192]),
      ("blocks.0.attn.qkv.weight", [576, 192]), ("blocks.0.attn.qkv.bias", [576]),
      ("blocks.0.attn.proj.weight", [192, 192]), ("blocks.0.attn.proj.bias", [192]),
      ("blocks.0.ls1.gamma", [192]), ("blocks.0.mlp.fc1.weight", [768, 192]), ("blocks.0.mlp.fc1.bias", [768]),
      ("head.weight", [1000, 192]), ("head.bias", [1000]),
    ])
    #expect(
      result.layers.filter { $0.kind != .normalization }.map(\.line) == [
        "patch_embed.proj conv2d [192, 3, 16, 16]", "blocks.0.attn.qkv attention [192, 192]",
        "blocks.0.attn.proj dense [192, 192]", "blocks.0.mlp.fc1 dense [768, 192]", "head dense [1000, 192]",
      ])
    #expect(result.diagnostics.map(\.subject) == ["cls_token", "pos_embed"])
  }

  @Test func bert() throws {
    let result = try result([
      ("bert.embeddings.position_ids_float", [1, 512]), ("bert.embeddings.word_embeddings.weight", [30522, 768]),
      ("bert.embeddings.position_embeddings.weight", [512, 768]),
      ("bert.embeddings.token_type_embeddings.weight", [2, 768]), ("bert.embeddings.LayerNorm.weight", [768]),
      ("bert.embeddings.LayerNorm.bias", [768]),
      ("bert.encoder.layer.0.attention.self.query.weight", [768, 768]),
      ("bert.encoder.layer.0.attention.self.query.bias", [768]),
      ("bert.encoder.layer.0.intermediate.dense.weight", [3072, 768]),
      ("bert.encoder.layer.0.intermediate.dense.bias", [3072]), ("bert.pooler.dense.weight", [768, 768]),
      ("cls.predictions.decoder.weight", [30522, 768]), ("cls.predictions.bias", [30522]),
    ])
    #expect(
      result.layers.map(\.kind.label) == [
        "embedding", "embedding", "embedding", "norm", "dense", "dense", "dense", "dense",
      ])
    #expect(result.layers[0].parameters[0].tensor.canonicalShape == [30522, 768])
  }

  @Test func mixtureOfExperts() throws {
    let entries: [Entry] = [
      ("model.embed_tokens.weight", [320, 64]), ("model.layers.0.input_layernorm.weight", [64]),
      ("model.layers.0.self_attn.q_proj.weight", [64, 64]), ("model.layers.0.self_attn.k_proj.weight", [16, 64]),
      ("model.layers.0.block_sparse_moe.gate.weight", [8, 64]),
      ("model.layers.0.block_sparse_moe.experts.0.w1.weight", [224, 64]),
      ("model.layers.0.block_sparse_moe.experts.0.w2.weight", [64, 224]),
      ("model.layers.1.mlp.experts.gate_up_proj", [8, 448, 64]),
      ("model.layers.1.mlp.experts.down_proj", [8, 64, 224]),
      ("model.norm.weight", [64]), ("lm_head.weight", [320, 64]),
    ]
    #expect(
      try lines(entries) == [
        "model.embed_tokens embedding [320, 64]", "model.layers.0.input_layernorm norm [64]",
        "model.layers.0.self_attn.q_proj dense [64, 64]", "model.layers.0.self_attn.k_proj dense [16, 64]",
        "model.layers.0.block_sparse_moe.gate dense [8, 64]",
        "model.layers.0.block_sparse_moe.experts.0.w1 dense [224, 64]",
        "model.layers.0.block_sparse_moe.experts.0.w2 dense [64, 224]",
        "model.layers.1.mlp.experts.gate_up_proj experts [8, 448, 64]",
        "model.layers.1.mlp.experts.down_proj experts [8, 64, 224]", "model.norm norm [64]",
        "lm_head dense [320, 64]",
      ])
  }

  @Test func diffusion() throws {
    let entries: [Entry] = [
      ("conv_in.weight", [320, 4, 3, 3]), ("conv_in.bias", [320]), ("time_embedding.linear_1.weight", [1280, 320]),
      ("time_embedding.linear_1.bias", [1280]), ("down.0.attentions.0.proj_in.weight", [320, 320, 1, 1]),
      ("down.0.attentions.0.proj_in.bias", [320]), ("down.0.attn1.to_q.weight", [320, 320]),
      ("down.0.attn1.to_out.0.weight", [320, 320]), ("down.0.attn1.to_out.0.bias", [320]),
      ("vae.conv3d.weight", [16, 3, 3, 3, 3]),
    ]
    #expect(
      try layers(entries).map(\.kind.label)
        == ["conv2d", "dense", "conv2d", "dense", "dense", "conv3d"])
  }

  @Test func flax() throws {
    let entries: [Entry] = [
      ("params/Conv_0/kernel", [3, 3, 1, 32]), ("params/Conv_0/bias", [32]), ("params/Dense_0/kernel", [3136, 256]),
      ("params/Dense_0/bias", [256]), ("params/attn/query/kernel", [64, 4, 16]), ("params/attn/query/bias", [4, 16]),
      ("params/attn/out/kernel", [4, 16, 64]), ("params/attn/out/bias", [64]), ("params/wte/embedding", [100, 64]),
      ("params/LayerNorm_0/scale", [64]), ("params/LayerNorm_0/bias", [64]),
    ]
    #expect(
      try lines(entries, .undetermined) == [
        "params/Conv_0 conv2d [32, 1, 3, 3]", "params/Dense_0 dense [256, 3136]",
        "params/attn/query attention [64, 64]", "params/attn/out attention [64, 64]",
        "params/wte embedding [100, 64]", "params/LayerNorm_0 norm [64]",
      ])
  }

  @Test func stateSpaceBlock() throws {
    let result = try result(
      [
        ("m.mixer.A_log", [128, 16]), ("m.mixer.D", [128]), ("m.mixer.conv1d.bias", [128]),
        ("m.mixer.conv1d.weight", [128, 1, 4]), ("m.mixer.in_proj.weight", [256, 64]),
      ], .pytorch, order: .natural)
    #expect(
      result.layers.map(\.line)
        == ["m.mixer.conv1d depthwise_conv1d [128, 1, 4] /128", "m.mixer.in_proj dense [256, 64]"])
    #expect(result.diagnostics.map(\.subject) == ["m.mixer.A_log"])
  }
}
