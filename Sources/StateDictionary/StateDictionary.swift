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

  /// - Parameters:
  ///   - tensors: in file order, axes not yet named; each name unique.
  ///   - aliases: for a tensor's name, other names of the same bytes.
  public static func layers(
    from tensors: [Tensor], aliases: [ByteString: [String]] = [:], convention: Convention, order: Order
  ) -> Result {
    Result(layers: [], diagnostics: [])
  }
}
