/// One parameterised operation of the model.
public struct Layer: Sendable {
  /// Full path in the model, dotted or slashed as the format has it: `features.0`.
  public var name: String
  public var kind: LayerKind
  /// Its tensors by role, the kernel first.
  public var parameters: [Parameter]
  /// Groups of a grouped or depthwise convolution; 1 otherwise.
  public var groups: Int
  /// What cannot be told from the file with certainty, in one sentence; shown as a warning.
  public var note: String?

  public init(name: String, kind: LayerKind, parameters: [Parameter], groups: Int = 1, note: String? = nil) {
    self.name = name
    self.kind = kind
    self.parameters = parameters
    self.groups = groups
    self.note = note
  }
}

/// A tensor in its role.
public struct Parameter: Sendable {
  public var role: Role
  /// The tensor, its axes named. `tensor.name` is its name in the file.
  public var tensor: Tensor
  /// Other names of the same physical tensor (tied weights).
  public var aliases: [String]
  /// Where the weight is stored as a product: what it is the product of. `tensor` forms it when it is loaded.
  public var factors: LowRankFactors?
  /// How it divides into heads, if it is a projection of an attention layer.
  public var heads: AttentionHeads?

  public init(
    _ role: Role, _ tensor: Tensor, aliases: [String] = [], factors: LowRankFactors? = nil,
    heads: AttentionHeads? = nil
  ) {
    self.role = role
    self.tensor = tensor
    self.aliases = aliases
    self.factors = factors
    self.heads = heads
  }

  /// Whether this is a matrix, or a stack of matrices, whose spectrum says something about training.
  public var isWeight: Bool { role.isWeight && tensor.rank >= 2 }
}

/// What a tensor does in its layer.
public enum Role: Sendable, Hashable {
  case kernel, recurrentKernel, bias, scale, offset, runningMean, runningVariance
  /// A weight with a role of its own, such as the projection of an LSTM.
  case weight(String)
  /// A piece of how a weight is stored that is read as numbers: codes, scales, zero points.
  case part(String)
  /// Anything that is not a weight.
  case other(String)

  public var isWeight: Bool {
    switch self {
    case .kernel, .recurrentKernel, .weight: true
    default: false
    }
  }

  /// The name that reports and dumps use: `kernel`, `recurrent_kernel`, …
  public var label: String {
    switch self {
    case .kernel: "kernel"
    case .recurrentKernel: "recurrent_kernel"
    case .bias: "bias"
    case .scale: "scale"
    case .offset: "offset"
    case .runningMean: "running_mean"
    case .runningVariance: "running_variance"
    case .weight(let name), .part(let name), .other(let name): name
    }
  }
}

/// What a layer computes.
public enum LayerKind: Sendable, Hashable {
  case dense
  case convolution(rank: Int)
  case depthwiseConvolution(rank: Int)
  case transposedConvolution(rank: Int)
  case embedding
  case recurrent(RecurrentCell)
  /// A projection of an attention layer, or several of them in one matrix.
  case attention
  /// One matrix per expert.
  case expertStack
  case lowRankAdapter
  case normalization
  case other(String)

  public enum RecurrentCell: String, Sendable, Hashable {
    case rnn, lstm, gru
    /// Gates per cell: how many matrices a fused kernel stacks.
    public var gateCount: Int {
      switch self {
      case .rnn: 1
      case .gru: 3
      case .lstm: 4
      }
    }
  }

  /// The name that reports show: `dense`, `conv2d`, `conv2d_transpose`, `depthwise_conv2d`, `lstm`, …
  public var label: String {
    switch self {
    case .dense: "dense"
    case .convolution(let rank): "conv\(rank)d"
    case .depthwiseConvolution(let rank): "depthwise_conv\(rank)d"
    case .transposedConvolution(let rank): "conv\(rank)d_transpose"
    case .embedding: "embedding"
    case .recurrent(let cell): cell.rawValue
    case .attention: "attention"
    case .expertStack: "experts"
    case .lowRankAdapter: "low_rank_adapter"
    case .normalization: "norm"
    case .other(let name): name
    }
  }
}
