/// Which projection of an attention layer a weight is.
enum AttentionProjection {
  case query
  case keyOrValue
  case output
  /// Query, key and value in one matrix: heads of each, in whatever order.
  case fused

  /// By names that mean nothing else.
  private static let byName: [String: AttentionProjection] = [
    "q_proj": .query, "k_proj": .keyOrValue, "v_proj": .keyOrValue, "o_proj": .output,
    "to_q": .query, "to_k": .keyOrValue, "to_v": .keyOrValue,
    "attn_q": .query, "attn_k": .keyOrValue, "attn_v": .keyOrValue, "attn_output": .output,
  ]

  /// By names inside an attention layer.
  private static let byNameInside: [String: AttentionProjection] = {
    var result: [String: AttentionProjection] = [:]
    for (letter, word, projection) in [
      ("q", "query", AttentionProjection.query), ("k", "key", .keyOrValue), ("v", "value", .keyOrValue),
    ] {
      for name in [letter, "w" + letter, letter + "_lin", letter + "_attn", "linear_" + letter, word, word + "_proj"] {
        result[name] = projection
      }
    }
    for name in [
      "o", "out", "output", "out_proj", "output_proj", "out_lin", "to_out", "wo", "linear_out", "attention_output",
      "c_proj", "proj", "dense",
    ] { result[name] = .output }
    return result
  }()

  /// `nil` for a layer that its path does not say to be one.
  init?(_ words: Words) {
    if words.isFusedAttention {
      self = .fused
      return
    }
    let path = words.components.filter { !$0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    guard let name = path.last else { return nil }
    let inside = AttentionProjection.isInsideAttention(path.dropLast()) ? AttentionProjection.byNameInside[name] : nil
    guard let found = AttentionProjection.byName[name] ?? inside else { return nil }
    self = found
  }

  /// `self_attn`, `attention`, and BERT's `attention.self` and `attention.output`.
  private static func isInsideAttention(_ path: ArraySlice<String>) -> Bool {
    func isAttention(_ name: String?) -> Bool {
      guard let name = name?.utf8 else { return false }
      return name.contains(subsequence: "attn".utf8) || name.contains(subsequence: "attention".utf8)
        || name.elementsEqual("mha".utf8)
    }
    if isAttention(path.last) { return true }
    return path.last == "self" || path.last == "output" ? isAttention(path.dropLast().last) : false
  }
}
