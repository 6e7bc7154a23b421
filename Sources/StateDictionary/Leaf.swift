/// What the last component of a tensor's name says it is.
enum Leaf: Equatable {
  /// A kernel whose name does not say in which order its axes lie: `weight`.
  case weight
  /// A kernel by a name that channels-last frameworks use: `kernel`, `w`.
  case kernel
  /// A lookup table by name: `embedding`.
  case table
  case bias, scale, offset, runningMean, runningVariance
  /// Keras: the second kernel of a recurrent cell, the two of a separable convolution.
  case recurrentKernel, depthwiseKernel, pointwiseKernel
  /// PyTorch: a tensor of layer `layer` of a stacked recurrent module; `nil` for a single cell.
  case recurrent(RecurrentPart, layer: String?)
  /// PyTorch: `in_proj_weight` and its like, of the projection called `name`.
  case projection(name: String, isBias: Bool)
  /// A name that says nothing about its role.
  case other

  enum RecurrentPart { case input, hidden, projection, inputBias, hiddenBias }

  private static let fixed: [String: Leaf] = [
    "weight": .weight, "weights": .kernel, "kernel": .kernel, "w": .kernel,
    "embedding": .table, "embeddings": .table, "embed": .table,
    "bias": .bias, "biases": .bias, "b": .bias,
    "scale": .scale, "gamma": .scale, "beta": .offset, "offset": .offset,
    "running_mean": .runningMean, "moving_mean": .runningMean, "mean": .runningMean,
    "running_var": .runningVariance, "moving_variance": .runningVariance, "var": .runningVariance,
    "recurrent_kernel": .recurrentKernel, "depthwise_kernel": .depthwiseKernel,
    "depthwise_weights": .depthwiseKernel, "pointwise_kernel": .pointwiseKernel,
    "pointwise_weights": .pointwiseKernel,
  ]

  private static let recurrentParts: [(prefix: String, part: RecurrentPart)] = [
    ("weight_ih", .input), ("weight_hh", .hidden), ("weight_hr", .projection), ("bias_ih", .inputBias),
    ("bias_hh", .hiddenBias),
  ]

  /// - Parameter text: the component, in lower case.
  init(_ text: String) {
    self = Leaf.fixed[text] ?? Leaf.recurrent(text) ?? Leaf.projection(text) ?? .other
  }

  /// `weight_ih_l0_reverse` → input part of layer `l0_reverse`.
  private static func recurrent(_ text: String) -> Leaf? {
    for (prefix, part) in recurrentParts where text.utf8.starts(with: prefix.utf8) {
      let rest = text.utf8.dropFirst(prefix.utf8.count)
      if rest.isEmpty { return .recurrent(part, layer: nil) }
      // `weight_hh_l0_v` is half of a normalised weight.
      let isHalf = rest.suffix(2).elementsEqual("_g".utf8) || rest.suffix(2).elementsEqual("_v".utf8)
      guard rest.starts(with: "_l".utf8), rest.count > 2, !isHalf else { return nil }
      return .recurrent(part, layer: String(rest.dropFirst()))
    }
    return nil
  }

  /// `q_proj_weight` → weight of the projection `q_proj`.
  private static func projection(_ text: String) -> Leaf? {
    for name in ["in_proj", "q_proj", "k_proj", "v_proj"] {
      if text == name + "_weight" { return .projection(name: name, isBias: false) }
      if text == name + "_bias" { return .projection(name: name, isBias: true) }
    }
    return nil
  }
}
