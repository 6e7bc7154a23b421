import ModelReading

/// A kernel with its axes named, and what that makes of its layer.
struct DescribedKernel {
  var kind: LayerKind
  var tensor: Tensor
  var groups = 1
  var note: String?

  init(_ kind: LayerKind, _ tensor: Tensor, _ axes: [Axis], note: String? = nil) {
    self.kind = kind
    self.tensor = tensor.labelled(axes)
    self.note = note
  }
}

/// How a kernel's axes lie.
enum AxisOrder {
  /// `[output, input, spatial…]`
  case outputFirst
  /// `[spatial…, input, output]`
  case channelsLast
  /// `[output, spatial…, input]`
  case outputFirstInputLast
}

/// Tells kinds and axis orders of kernels, by rank, bias, names and convention.
struct KernelRules {
  let convention: StateDictionary.Convention
  let votes: DenseVotes
  let architectures: [Architecture]

  var projections: FusedProjections { FusedProjections(architectures: architectures) }

  /// What a kernel is.
  /// - Parameters:
  ///   - bias: length of the layer's bias.
  ///   - words: of the layer's path.
  /// - Returns: `nil` if no layer has a kernel of so many axes, or of so few.
  func describe(_ kernel: NamedTensor, bias: Int?, words: Words) -> DescribedKernel? {
    if words.isLowRankAdapter, let adapter = lowRank(kernel) { return adapter }
    if words.isLayerStack, kernel.rank >= 3 { return stack(kernel, bias, words) }
    switch kernel.rank {
    case 2: return matrix(kernel, bias, words)
    case 3: return cube(kernel, bias, words)
    case 4, 5: return convolution(kernel, bias, words)
    default: return nil
    }
  }

  /// Layers of one shape behind one another: a kernel and a bias with one axis more than a layer's have.
  func describeStack(_ kernel: NamedTensor, bias: [Int], words: Words) -> DescribedKernel? {
    guard kernel.rank >= 3, bias.count == 2, bias[0] == kernel.tensor.shape[0], !words.isAttentionInput,
      !words.isExpert,
      [kernel.tensor.shape[1], kernel.tensor.shape[kernel.rank - 1]].contains(bias[1])
    else { return nil }
    return stack(kernel, bias[1], words)
  }

  /// What the first layer of a stack is, all of them are.
  private func stack(_ kernel: NamedTensor, _ bias: Int?, _ words: Words) -> DescribedKernel? {
    guard kernel.tensor.shape[0] > 0 else { return nil }
    let first = NamedTensor(kernel.tensor.selected(axis: 0, index: 0))
    let inner: DescribedKernel?
    switch first.rank {
    case 2: inner = matrix(first, bias, words)
    case 3: inner = cube(first, bias, words)
    default: inner = convolution(first, bias, words)
    }
    guard let inner, inner.groups == 1 else { return nil }
    return DescribedKernel(
      inner.kind, kernel.tensor, [.expert] + inner.tensor.axes, note: "layers of one shape, stacked")
  }

  /// The order that the name and the convention suggest, before any evidence.
  func suggestedOrder(_ kernel: NamedTensor) -> AxisOrder {
    switch convention {
    case .mlx: return .outputFirstInputLast
    case .channelsLast: return .channelsLast
    case .pytorch: return kernel.name.leafText == "kernel" ? .channelsLast : .outputFirst
    case .undetermined: return kernel.leaf == .kernel ? .channelsLast : .outputFirst
    }
  }

  private func lowRank(_ kernel: NamedTensor) -> DescribedKernel? {
    guard (2...5).contains(kernel.rank) else { return nil }
    return DescribedKernel(.lowRankAdapter, kernel.tensor, axes(kernel.rank, .outputFirst))
  }

  // MARK: Two axes

  private func matrix(_ kernel: NamedTensor, _ bias: Int?, _ words: Words) -> DescribedKernel {
    if bias == nil, words.isEmbedding || kernel.leaf == .table {
      return DescribedKernel(.embedding, kernel.tensor, [.vocabulary, .input])
    }
    return DescribedKernel(
      words.isFusedAttention ? .attention : .dense, kernel.tensor,
      isOutputFirst(kernel, bias, words) ? [.output, .input] : [.input, .output])
  }

  private func isOutputFirst(_ kernel: NamedTensor, _ bias: Int?, _ words: Words) -> Bool {
    if kernel.tensor.axes == [.output, .input] { return true }
    if let evident = DenseVotes.isOutputFirst(kernel.tensor.shape, bias) { return evident }
    if words.isOneLetterFamily, let family = architectures.first { return !family.hasInputFirstMatrices }
    if let alike = votes.isOutputFirst(like: words.last) { return alike }
    // A matrix without a name for its kernel follows the rest of the file.
    if convention == .undetermined, kernel.leaf != .weight, kernel.name.leafText != "kernel",
      let majority = votes.majorityIsOutputFirst
    {
      return majority
    }
    return suggestedOrder(kernel) != .channelsLast
  }

  // MARK: Three axes

  /// Longer one-dimensional kernels are told by their name or bias.
  private static let longestCommonKernel = 33

  private func cube(_ kernel: NamedTensor, _ bias: Int?, _ words: Words) -> DescribedKernel {
    let shape = kernel.tensor.shape
    let order = suggestedOrder(kernel)
    if kernel.leaf == .table { return DescribedKernel(.embedding, kernel.tensor, [.expert, .vocabulary, .input]) }
    if kernel.tensor.axes == [.expert, .output, .input] || (words.isExpert && !words.isConvolution) {
      return expertStack(kernel.tensor, inputFirst: order == .channelsLast)
    }
    if order == .channelsLast, let attention = attention(kernel.tensor, words) { return attention }
    if words.isBilinear { return DescribedKernel(.other("bilinear"), kernel.tensor, [.output, .input, .input]) }
    let spatialExtent =
      switch order {
      case .outputFirst: shape[2]
      case .channelsLast: shape[0]
      case .outputFirstInputLast: shape[1]
      }
    if words.isConvolution || spatialExtent <= KernelRules.longestCommonKernel || bias == shape[0] {
      return convolution(kernel, bias, words)
    }
    return DescribedKernel(
      .other("stack"), kernel.tensor,
      order == .channelsLast ? [.expert, .input, .output] : [.expert, .output, .input],
      note: "has three axes, which neither its name nor a bias explains: analysed as a stack of matrices")
  }

  /// The experts of a layer whose matrices lie one below the other in a single one: `[expert·inner, width]`.
  func stackedExperts(_ tensor: Tensor, words: Words) -> DescribedKernel? {
    guard tensor.rank == 2, words.isExpert, ["w1", "v1", "w2"].contains(words.last),
      let count = architectures.lazy.compactMap(\.expertCount).first,
      let split = tensor.split(axis: 0, into: count, roles: (.expert, .output))
    else { return nil }
    return expertStack(split, inputFirst: words.last == "w2")
  }

  /// One matrix per expert.
  func expertStack(_ tensor: Tensor, inputFirst: Bool) -> DescribedKernel {
    if tensor.axes == [.expert, .output, .input] { return DescribedKernel(.expertStack, tensor, tensor.axes) }
    return DescribedKernel(.expertStack, tensor, inputFirst ? [.expert, .input, .output] : [.expert, .output, .input])
  }

  /// `[input, heads, width]` of a query, key or value, `[heads, width, output]` of the output.
  private func attention(_ tensor: Tensor, _ words: Words) -> DescribedKernel? {
    if words.isAttentionInput { return DescribedKernel(.attention, tensor, [.input, .output, .output]) }
    if words.isAttentionOutput { return DescribedKernel(.attention, tensor, [.input, .input, .output]) }
    return nil
  }
}
