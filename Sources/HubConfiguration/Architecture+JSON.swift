import ModelReading
import StateDictionary
import StrictJSON

extension Architecture {
  /// - Parameters:
  ///   - json: `config.json`, or the part of it that describes one of several models in one.
  ///   - family: where the part does not name its own.
  init?(_ json: JSON, family: String?) {
    guard let family = json["model_type"]?.string ?? family else { return nil }
    self.init(family: family)
    width = json.count(["hidden_size", "n_embd", "n_embed", "d_model"])
    headCount =
      json.count(["num_attention_heads", "n_head", "n_heads", "num_heads"]) ?? Architecture.sharedHeadCount(json)
    keyValueHeadCount = Architecture.keyValueHeadCount(json, family, headCount)
    headWidth = json.count(["head_dim", "kv_channels", "d_kv"])
    expertCount =
      json.count(["num_local_experts", "num_experts", "n_routed_experts"])
      ?? json["ffn_config"]?.count(["moe_num_experts"])
    fusedAttention = Architecture.fusedAttention(json, family)
    fusedGate = Architecture.fusedGates[family]
    hasInputFirstMatrices = Architecture.inputFirstFamilies.contains(family)
  }

  private static let inputFirstFamilies: Set = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer", "jais"]

  /// Families that compute `qkv` in one matrix, by how they cut it.
  private static let fusedAttentions: [String: FusedAttention] = [
    "gpt2": .concatenated, "openai-gpt": .concatenated, "imagegpt": .concatenated,
    "decision_transformer": .concatenated, "jais": .concatenated, "mpt": .concatenated, "dbrx": .concatenated,
    "phi3": .concatenated, "chatglm": .concatenated, "qwen": .concatenated, "baichuan": .concatenated,
    "modernbert": .concatenated, "nomic_bert": .concatenated, "blip_vision_model": .concatenated,
    "sam_vision_model": .concatenated,
    "bloom": .byHead, "gpt_neox": .byHead, "gpt_neox_japanese": .byHead, "persimmon": .byHead, "fuyu": .byHead,
    "gpt_bigcode": .byHead, "falcon": .byHead, "RefinedWeb": .byHead, "RefinedWebModel": .byHead,
    "internlm2": .byKeyValueHead,
  ]

  private static let fusedGates: [String: FusedGate] = [
    "phi3": .concatenated, "glm": .concatenated, "glm4": .concatenated, "mixtral": .concatenated,
    "qwen2_moe": .concatenated, "qwen3_moe": .concatenated, "olmoe": .concatenated, "deepseek_v2": .concatenated,
    "deepseek_v3": .concatenated, "glm4_moe": .concatenated, "llama4": .concatenated, "llama4_text": .concatenated,
    "gpt_oss": .interleaved,
  ]

  private static func fusedAttention(_ json: JSON, _ family: String) -> FusedAttention? {
    if family == "falcon", json["new_decoder_architecture"]?.bool == true { return .byKeyValueHead }
    return fusedAttentions[family]
  }

  /// Encoder and decoder may differ, and names do not tell them apart.
  private static func sharedHeadCount(_ json: JSON) -> Int? {
    let encoder = json.count(["encoder_attention_heads"])
    return encoder == json.count(["decoder_attention_heads"]) ? encoder : nil
  }

  private static func keyValueHeadCount(_ json: JSON, _ family: String, _ heads: Int?) -> Int? {
    switch family {
    case "falcon", "RefinedWeb", "RefinedWebModel":
      if json["new_decoder_architecture"]?.bool == true { return json.count(["num_kv_heads", "n_head_kv"]) }
      return json["multi_query"]?.bool == true ? 1 : heads
    case "gpt_bigcode": return json["multi_query"]?.bool == false ? heads : 1
    case "chatglm":
      return json["multi_query_attention"]?.bool == true ? json.count(["multi_query_group_num"]) : heads
    default:
      return json.count(["num_key_value_heads"]) ?? json["attn_config"]?.count(["kv_n_heads"])
    }
  }
}

extension AdapterScaling {
  /// - Parameter json: `adapter_config.json`, of PEFT or of MLX.
  init?(_ json: JSON) {
    if let alpha = json["lora_alpha"]?.double, alpha.isFinite {
      let patterns = json["alpha_pattern"]?.members.compactMap { path, value in
        value.double.map { (path: path.description, alpha: $0) }
      }
      self.init(
        alpha: alpha, patterns: patterns ?? [], isRankStabilized: json["use_rslora"]?.bool ?? false)
    } else if let scale = json["lora_parameters"]?["scale"]?.double, scale.isFinite {
      self.init(factor: scale)
    } else {
      return nil
    }
  }
}

extension JSON {
  /// The first of these members that is a positive number of things.
  fileprivate func count(_ keys: [String]) -> Int? {
    for key in keys {
      if let count = self[key]?.int, count > 0, count <= 1 << 32 { return count }
    }
    return nil
  }
}
