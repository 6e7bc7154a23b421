import ModelReading

/// What the format's names tell of a tensor: `blk.0.ffn_up.weight` is the `weight` of the layer `ffn_up`.
struct TensorPlace {
  /// The last component that is a word.
  let leaf: String
  /// The one before it; the last where that is the layer's name itself.
  let layer: String

  init(_ name: String) {
    let components = name.split(separator: ".").map(String.init)
      .filter { !$0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    leaf = components.last ?? ""
    let isPart = ["weight", "bias", "scale", "lora_a", "lora_b"].contains(leaf)
    layer = isPart ? components.dropLast().last ?? "" : leaf
  }

  /// Tensors of two axes or more that no layer multiplies by.
  private static let reasons: [String: String] = [
    "attn_rel_b": "is a table of position biases", "ssm_a": "is the state matrix of a state-space block",
    "time_mix_first": "is a vector per head", "time_mix_r_k": "is a vector per head",
  ]

  /// Why a tensor is no layer's weight.
  func reason(_ tensor: Tensor) -> String? {
    guard tensor.rank >= 2, leaf != "bias" else { return nil }
    if let reason = TensorPlace.reasons[layer] { return "\(reason) \(tensor.shape)" }
    if layer.hasSuffix("_norm") { return "is the scale of a normalisation, one per head \(tensor.shape)" }
    guard tensor.rank > 2, !isConvolution else { return nil }
    if tensor.shape.count(where: { $0 > 1 }) <= 1 { return "is a vector in the shape \(tensor.shape)" }
    return tensor.rank == 4 ? "has four axes \(tensor.shape), which no matrix and no stack of them has" : nil
  }

  private var isConvolution: Bool { layer.contains("conv") || layer.contains("patch_embd") }
  /// One short filter per channel.
  var isFilterBank: Bool { layer.contains("conv") }
  /// Stacks of anything else are no experts.
  var isExpert: Bool { layer.contains("exps") }

  /// The tensor with its axes named where the format fixes them: `[output, input]`, `[expert, output, input]`.
  func labelled(_ tensor: Tensor) -> Tensor {
    switch (leaf, tensor.rank) {
    case ("weight", 2):
      let channels = tensor.shape[0]
      return isFilterBank
        ? tensor.split(axis: 0, into: channels, roles: (.output, .input)) ?? tensor
        : tensor.labelled([.output, .input])
    case ("weight", 3): return isConvolution ? tensor : tensor.labelled([.expert, .output, .input])
    // `[r, input]` and `[output, r]`, the other way round elsewhere under these names.
    case ("lora_a", 2), ("lora_b", 2): return tensor.permuted([1, 0])
    default: return tensor
    }
  }
}
