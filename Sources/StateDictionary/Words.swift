/// The words of a path, by which layers of the same shape are told apart.
struct Words {
  /// Components of the path, in lower case.
  let components: [String]

  /// - Parameter path: components separated by dots or slashes.
  init(_ path: String) {
    components = path.utf8.split { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
      .map { String(decoding: $0.map(lowercased), as: UTF8.self) }
  }

  /// The last component that is a word: `embeddings` of `embeddings.0`.
  var last: String { components.last { !$0.utf8.allSatisfy { (0x30...0x39).contains($0) } } ?? "" }

  /// The parts of the last word: `conv`, `dw` of `conv_dw`.
  private var tokens: [Substring] { last.split { $0 == "_" || $0 == "-" } }

  private func lastContains(_ words: [String]) -> Bool { words.contains { last.utf8.contains(subsequence: $0.utf8) } }
  private func anyContains(_ words: [String]) -> Bool {
    components.contains { component in words.contains { component.utf8.contains(subsequence: $0.utf8) } }
  }
  private func lastHas(token words: Set<Substring>) -> Bool { tokens.contains { words.contains($0) } }

  /// A lookup table; `embed_out` and `unembed` are projections back to the vocabulary.
  var isEmbedding: Bool {
    if lastContains(["unembed", "embed_out", "patch_embed", "patch_embd"]) { return false }
    return lastContains(["embed", "lookup", "codebook", "token_type"])
      || lastHas(token: ["emb", "embd", "wte", "wpe", "shared"])
      // Word vectors: gensim's, GloVe's, those of the first word2vec.
      || ["vectors", "syn0", "syn1", "syn1neg"].contains(last)
  }
  var isExpert: Bool { anyContains(["expert", "moe", "exps"]) }
  var isConvolution: Bool { lastContains(["conv", "stft"]) }
  var isDepthwise: Bool {
    if lastContains(["depthwise", "dwconv", "dconv"]) || lastHas(token: ["dw"]) { return true }
    // State-space blocks filter each of their channels by itself.
    return last == "conv1d" && components.dropLast().last.map { ["mixer", "mamba", "ssm"].contains($0) } ?? false
  }
  var isTransposedConvolution: Bool {
    lastContains(["deconv", "transpose", "upconv", "up_conv", "convt"])
  }
  var isNormalization: Bool {
    lastContains(["norm"]) || lastHas(token: ["ln", "bn", "gn", "layernorm"])
      || ["ln", "bn", "gn"].contains { last.utf8.starts(with: $0.utf8) && last.utf8.count <= 4 }
  }
  var isBilinear: Bool { lastContains(["bilinear"]) }
  /// The query, key and value projections of an attention layer by einsum.
  var isAttentionInput: Bool { ["query", "key", "value", "gating"].contains(last) }
  var isAttentionOutput: Bool { ["out", "output", "attention_output"].contains(last) }
  /// Query, key and value in one matrix.
  var isFusedAttention: Bool {
    [
      "qkv", "qkv_proj", "query_key_value", "wqkv", "c_attn", "in_proj_qkv", "to_qkv", "attn_qkv", "w_pack",
      "linear_qkv",
    ].contains(last)
  }
  /// A fused attention matrix whose rows are all queries, all keys, all values wherever the name is used:
  /// GPT-2's `c_attn`, the `blocks.0.attn.qkv` of vision transformers.
  var isConcatenatedAttention: Bool {
    if last == "c_attn" || last == "w_pack" { return true }
    let tail = components.suffix(4)
    return tail.count == 4 && tail.first == "blocks" && tail.suffix(2).elementsEqual(["attn", "qkv"])
  }
  /// GPT-2's `c_attn`, `c_fc` and `c_proj`, and the `q_attn` of its cross-attention.
  var isOneLetterFamily: Bool { ["c_attn", "c_fc", "c_proj", "q_attn"].contains(last) }
  /// The gate and up projections in one matrix.
  var isFusedGate: Bool { last == "gate_up_proj" }
  /// Layers of one shape, their parameters stacked along a first axis of their own.
  var isLayerStack: Bool { anyContains(["evoformer_iteration", "extra_msa_stack", "layer_stack"]) }
  var isLowRankAdapter: Bool {
    components.contains { component in
      ["lora_a", "lora_b", "lora_down", "lora_up", "lora_embedding_a", "lora_embedding_b"].contains(component)
    }
  }
  /// Parameters of a parametrization of PyTorch: `fc.parametrizations.weight.0`.
  var isParametrization: Bool { components.contains("parametrizations") }
  /// The recurrent cell that the name mentions.
  var mentionsRecurrence: String? {
    ["lstm", "gru", "rnn"].first { word in components.contains { $0.utf8.contains(subsequence: word.utf8) } }
  }
  /// A second copy of the weights: a running average of them.
  var isTrainingCopy: Bool {
    components.dropLast().contains {
      ["ema", "model_ema", "ema_model", "module_ema", "shadow_params", "shadow"].contains($0)
    }
  }
  /// The optimizer's memory.
  var isOptimizerState: Bool {
    components.contains {
      ["optimizer", "exp_avg", "exp_avg_sq", "momentum_buffer", "optimizer_state", "optimizer_states", "param_states"]
        .contains($0)
    }
  }
}

extension String.UTF8View {
  func contains(subsequence word: String.UTF8View) -> Bool {
    let count = word.count
    guard var start = index(startIndex, offsetBy: 0, limitedBy: endIndex), count <= self.count else { return false }
    for _ in 0...(self.count - count) {
      if self[start...].starts(with: word) { return true }
      formIndex(after: &start)
    }
    return false
  }
}
