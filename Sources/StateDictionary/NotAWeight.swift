import ModelReading

/// Tensors of two axes or more that no layer multiplies by, and why.
enum NotAWeight {
  /// Why the tensor can be no weight whatever layer it stands in: its elements.
  static func elementReason(_ tensor: Tensor) -> Diagnostic? {
    let type = tensor.elementType
    if type.isComplex {
      return Diagnostic(
        .unsupportedTensor, tensor.name, "is \(type.rawValue) \(tensor.shape), and complex matrices are not analysed")
    }
    if !type.isFloatingPoint {
      return Diagnostic(
        .notAWeight, tensor.name,
        "is \(type.rawValue) \(tensor.shape): indices, masks, data or quantised values, not weights as they are")
    }
    if tensor.shape.contains(0) {
      return Diagnostic(.notAWeight, tensor.name, "is \(type.rawValue) \(tensor.shape): it has no elements")
    }
    return nil
  }

  /// Why a tensor that is not called a weight is none, by its name and shape.
  static func reason(_ tensor: NamedTensor, words: Words) -> String? {
    let shape = tensor.tensor.shape
    let leaf = tensor.name.leafText
    func has(_ parts: String...) -> Bool { parts.contains { leaf.utf8.contains(subsequence: $0.utf8) } }
    if has("relative_position_bias", "rel_pos", "attention_biases") { return "is a table of position biases \(shape)" }
    if has("pos_emb", "position_emb", "positional_emb", "pos_table", "position_enc", "positional_enc") {
      return "is a table of positions \(shape)"
    }
    if has("inv_freq", "freqs", "rotary", "cos_cached", "sin_cached") { return "is a table of frequencies \(shape)" }
    if leaf == "weight_u" || leaf == "weight_g" || leaf == "weight_mask" || words.isParametrization && !has("lora") {
      return "belongs to the parametrization of a weight \(shape)"
    }
    if ["anchors", "anchor_grid"].contains(leaf) { return "is a table of anchor boxes \(shape)" }
    if leaf.utf8.starts(with: "weight_ih".utf8) || leaf.utf8.starts(with: "weight_hh".utf8) {
      return "is half of a recurrent weight stored as direction and length \(shape), which is not put together"
    }
    if has("hada_w", "hada_t", "lokr_w", "lokr_t") {
      return "is a factor of a LoHa or LoKr adapter \(shape), whose product is not formed"
    }
    if has("mask", "tril") || (leaf == "bias" && isMask(shape)) { return "is an attention mask \(shape)" }
    if has("_token", "class_emb") { return "is a learned token \(shape)" }
    if has("embed_avg", "cluster_size") || leaf == "ema" { return "is a running average \(shape)" }
    if ["mean", "std", "var", "pixel_mean", "pixel_std", "image_mean", "image_std"].contains(leaf) || has("running_") {
      return "is a statistic \(shape)"
    }
    if has("a_log") { return "is the state matrix of a state-space block, stored as logarithms \(shape)" }
    if has("scale", "absmax", "quant_map", "zero_point", "qzeros", "scb") {
      return "is a scale of quantised weights or of a branch \(shape)"
    }
    if shape.count(where: { $0 > 1 }) <= 1, !words.isExpert { return "is a vector in the shape \(shape)" }
    if shape.count > 5 { return unknown(tensor) }
    return nil
  }

  static func unknown(_ tensor: NamedTensor) -> String {
    "is \(tensor.tensor.elementType.rawValue) \(tensor.tensor.shape), and neither its name nor its shape makes it "
      + "a layer's weight"
  }

  /// `[1, 1, n, n]`, the causal mask that GPT-2 stores as a bias.
  private static func isMask(_ shape: [Int]) -> Bool {
    shape.count == 4 && shape[0] == 1 && shape[1] == 1 && shape[2] == shape[3]
  }

  /// Why a tensor is a second copy or the optimizer's, where it stands beside the model itself.
  static func copyReason(_ tensor: NamedTensor) -> Diagnostic? {
    let words = Words(tensor.tensor.name)
    if words.isOptimizerState {
      return Diagnostic(.leftOut, tensor.tensor.name, "is optimizer state \(tensor.tensor.shape)")
    }
    if words.isTrainingCopy {
      return Diagnostic(
        .leftOut, tensor.tensor.name, "is a running average of the weights \(tensor.tensor.shape), beside the weights")
    }
    return nil
  }
}
