import ModelReading

/// What the axes of a layer's weights are.
struct KernelAxes {
  let kerasClass: KerasClass
  let unit: WeightUnit
  /// Extents of the bias, if there is one.
  let bias: [Int]?
  /// Whether the file is of Keras 1 or older, whose convolutions have two orders.
  let isKeras1: Bool

  /// The tensor of the variable `name` with its axes named, or `nil` if its shape does not fit its class.
  func labelled(_ tensor: Tensor, _ name: String) -> Tensor? {
    switch (kerasClass, name) {
    case (_, "bias"), (.normalization, _): tensor
    case (.separable(let rank), "depthwise_kernel"): depthwise(tensor, rank)
    case (.separable(let rank), "pointwise_kernel"): plain(tensor, spatial(rank) + [.input, .output])
    case (.dense, "kernel"): plain(tensor, [.input, .output])
    case (.embedding, "kernel"): plain(tensor, [.vocabulary, .input])
    case (.embedding, "reverse_embeddings"): plain(tensor, [.input, .output])
    case (.convolution(let rank), "kernel"): convolution(tensor, rank)
    case (.transposed(let rank), "kernel"): transposed(tensor, rank)
    case (.depthwise(let rank), "kernel"): depthwise(tensor, rank)
    case (.locallyConnected, "kernel"): plain(tensor, [.expert, .input, .output])
    case (.einsum, "kernel"): einsum(tensor)
    case (.attention, "kernel"): attention(tensor)
    case (.recurrent(let cell), "kernel") where isCuDNN(tensor, cell): CuDNNKernel(tensor, cell)?.input
    case (.recurrent(let cell), "recurrent_kernel") where isCuDNN(tensor, cell): CuDNNKernel(tensor, cell)?.recurrent
    case (.recurrent(let cell), "kernel"), (.recurrent(let cell), "recurrent_kernel"):
      gated(plain(tensor, [.input, .output]), cell)
    case (.convolutionalLSTM(let rank), "kernel"), (.convolutionalLSTM(let rank), "recurrent_kernel"):
      gated(plain(tensor, spatial(rank) + [.input, .output]), .lstm)
    case (_, "lora_kernel_a"), (_, "lora_kernel_b"), (_, "lora_embeddings_a"), (_, "lora_embeddings_b"):
      plain(tensor, [.input, .output])
    case (.recurrent, _) where name.hasPrefix("W_") || name.hasPrefix("U_"): plain(tensor, [.input, .output])
    default: nil
    }
  }

  private func plain(_ tensor: Tensor, _ axes: [Axis]) -> Tensor? {
    tensor.rank == axes.count ? tensor.labelled(axes) : nil
  }

  private func spatial(_ rank: Int) -> [Axis] { (0..<rank).map { .spatial($0) } }

  /// `[k…, input/groups, output]`; in Keras 1 also `[output, input, k…]`, and four axes for one dimension.
  private func convolution(_ tensor: Tensor, _ rank: Int) -> Tensor? {
    let spatial = spatial(isKeras1 && rank == 1 && tensor.rank == 4 ? 2 : rank)
    guard tensor.rank == spatial.count + 2 else { return nil }
    if isTheanoOrdered(tensor.shape) { return tensor.labelled([.output, .input] + spatial) }
    let labelled = tensor.labelled(spatial + [.input, .output])
    let groups = unit.config?.groups ?? 1
    guard groups > 1 else { return labelled }
    return labelled.split(axis: tensor.rank - 1, into: groups, roles: (.group, .output))
  }

  /// `[k…, output, input]`; in Keras 1 `[k…, input, output]` or `[output, input, k…]`.
  private func transposed(_ tensor: Tensor, _ rank: Int) -> Tensor? {
    guard tensor.rank == rank + 2 else { return nil }
    guard isKeras1 else { return tensor.labelled(spatial(rank) + [.output, .input]) }
    return tensor.labelled(
      isTheanoOrdered(tensor.shape) ? [.output, .input] + spatial(rank) : spatial(rank) + [.input, .output])
  }

  /// `[k…, input, multiplier]`: a group per input channel.
  private func depthwise(_ tensor: Tensor, _ rank: Int) -> Tensor? {
    plain(tensor, spatial(rank) + [.group, .output])
  }

  /// By the equation; else the bias has the shape of the outputs, which come last.
  private func einsum(_ tensor: Tensor) -> Tensor? {
    if let axes = unit.config?.equation.flatMap({ EinsumEquation($0)?.axes }) { return plain(tensor, axes) }
    let outputs = min(max(bias?.count ?? 1, 1), tensor.rank - 1)
    guard tensor.rank >= 2 else { return nil }
    return plain(
      tensor,
      [Axis](repeating: .input, count: tensor.rank - outputs) + [Axis](repeating: .output, count: outputs))
  }

  /// Query, key and value `[input, heads, width]`, the output projection `[heads, width, output]`.
  private func attention(_ tensor: Tensor) -> Tensor? {
    guard tensor.rank >= 2 else { return nil }
    let rest = tensor.rank - 1
    return unit.name.hasSuffix("/output")
      ? tensor.labelled([Axis](repeating: .input, count: rest) + [.output])
      : tensor.labelled([.input] + [Axis](repeating: .output, count: rest))
  }

  /// Gates stand side by side along the last axis.
  private func gated(_ tensor: Tensor?, _ cell: LayerKind.RecurrentCell) -> Tensor? {
    guard let tensor, cell.gateCount > 1 else { return tensor }
    return tensor.split(axis: tensor.rank - 1, into: cell.gateCount, roles: (.gate, .output))
  }

  /// Whether the gates lie as NVIDIA's library has them: by the class, or by a bias that is twice as long as others.
  private func isCuDNN(_ tensor: Tensor, _ cell: LayerKind.RecurrentCell) -> Bool {
    guard cell.gateCount > 1, tensor.rank == 2 else { return false }
    if unit.config?.className.hasPrefix("CuDNN") == true { return true }
    guard let bias, bias.count == 1 else { return false }
    return bias[0] % 2 == 0 && bias[0] / 2 == tensor.shape[1]
  }

  /// Whether a convolution of Keras 1 has its outputs first, as Theano had them.
  ///
  /// The layer's `dim_ordering` says so, whatever the backend was; without a
  /// configuration, the number of outputs does.
  private func isTheanoOrdered(_ shape: [Int]) -> Bool {
    guard isKeras1, let first = shape.first, let last = shape.last else { return false }
    // A configuration that names an order and contradicts the outputs it names is no evidence.
    if let outputs = bias?.first ?? unit.config?.outputs, first != last {
      if outputs == first { return true }
      if outputs == last { return false }
    }
    if let ordering = unit.config?.dimOrdering { return ordering == "th" }
    // Kernels are small and square, so the end that looks like one is.
    return shape[shape.count - 1] == shape[shape.count - 2] && shape[0] != shape[1]
  }
}
