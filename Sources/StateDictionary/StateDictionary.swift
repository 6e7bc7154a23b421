public import ModelReading

/// Turns a flat list of named tensors, all that a state dictionary is, into layers.
///
/// Kinds and axis orders are inferred from names and shapes (FORMATS: suffix
/// sets, ranks, bias lengths, words in names), by the conventions of the
/// framework that wrote them.
public struct StateDictionary: Sendable {
  /// Which axis order the writing framework uses where shapes alone cannot tell.
  public enum Convention: Sendable {
    /// `[output, input, spatial…]`: PyTorch, and safetensors with no other claim.
    case pytorch
    /// `[spatial…, input, output]`: Keras, TensorFlow, Flax, JAX.
    case channelsLast
    /// `[output, spatial…, input]`: MLX.
    case mlx
    /// Decide by names (`kernel` or `weight`) and bias lengths.
    case undetermined
  }

  public struct Result: Sendable {
    public var layers: [Layer]
    public var diagnostics: [Diagnostic]
  }

  /// An order for the layers.
  public enum Order: Sendable {
    /// As the tensors come: formats that keep insertion order.
    case given
    /// By name, numbers compared as numbers: formats whose order means nothing.
    case natural
  }

  /// What is known of the model beside its tensors.
  public struct Hints: Sendable {
    /// Of the model, or of its parts.
    public var architectures: [Architecture] = []
    public var adapterScaling: AdapterScaling?
    public init() {}
  }

  /// - Parameters:
  ///   - tensors: in file order; axes named only where the reader knows better than names and shapes tell; each
  ///     name unique.
  ///   - aliases: for a tensor's name, other names of the same bytes.
  public static func layers(
    from tensors: [Tensor], aliases: [ByteString: [String]] = [:], convention: Convention, order: Order,
    hints: Hints = Hints(), limits: Limits = Limits()
  ) -> Result {
    let adapters = LowRankAdapters(tensors, hints.adapterScaling, limits)
    var diagnostics = adapters.diagnostics
    var usable: [Tensor] = []
    for tensor in withoutCopies(adapters.tensors, &diagnostics) {
      if tensor.rank >= 2, let diagnostic = NotAWeight.elementReason(tensor) {
        diagnostics.append(diagnostic)
      } else {
        usable.append(tensor)
      }
    }
    let groups = TensorGroup.groups(of: order == .natural ? naturallySorted(usable) : usable)
    let rules = KernelRules(convention: convention, votes: DenseVotes(groups), architectures: hints.architectures)
    var layers: [Layer] = []
    for group in groups {
      var assembler = LayerAssembler(group, rules, adapters, aliases: aliases)
      assembler.assemble()
      layers += assembler.layers.map { $0.withAttentionHeads(hints.architectures) }
      diagnostics += assembler.diagnostics
    }
    return Result(layers: Neighbourhood.refine(uniquelyNamed(layers)), diagnostics: diagnostics)
  }

  /// The tensors without optimizer state and running averages, unless there is nothing else.
  private static func withoutCopies(_ tensors: [Tensor], _ diagnostics: inout [Diagnostic]) -> [Tensor] {
    let reasons = tensors.map { NotAWeight.copyReason(NamedTensor($0)) }
    guard zip(tensors, reasons).contains(where: { $1 == nil && $0.rank >= 2 }) else { return tensors }
    for (tensor, reason) in zip(tensors, reasons) where tensor.rank >= 2 {
      if let reason { diagnostics.append(reason) }
    }
    return zip(tensors, reasons).filter { $0.1 == nil }.map(\.0)
  }

  private static func naturallySorted(_ tensors: [Tensor]) -> [Tensor] {
    tensors.map { (key: NaturalKey($0.name), tensor: $0) }.sorted { $0.key < $1.key }.map(\.tensor)
  }

  /// Layers under names that occur once: a second one is called as its first tensor.
  private static func uniquelyNamed(_ layers: [Layer]) -> [Layer] {
    var used = Set<ByteString>()
    return layers.map { layer in
      var copy = layer
      if !used.insert(ByteString(copy.name)).inserted {
        copy.name = layer.parameters.first?.tensor.name ?? layer.name
        var number = 2
        while !used.insert(ByteString(copy.name)).inserted {
          copy.name = "\(layer.name)#\(number)"
          number += 1
        }
      }
      return copy
    }
  }
}
