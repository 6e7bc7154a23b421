/// What an axis of a tensor runs over.
///
/// Readers do not transpose data: they say which axis is which, and
/// `Tensor.canonical` puts the axes in order. Several axes may have the same
/// role (the heads and the width of an attention projection are both
/// `output`); in the canonical view they merge, in the order they stand.
public enum Axis: Sendable, Hashable {
  /// One matrix per index, such as the experts of a mixture.
  case expert
  /// The directions of a bidirectional recurrent layer.
  case direction
  /// The gates of a recurrent layer, stacked over its outputs.
  case gate
  /// The groups of a grouped convolution, slower than the outputs within a group.
  case group
  /// What the layer produces: output features, filters, units.
  case output
  /// What the layer consumes: input features, channels per group.
  case input
  /// A kernel position along one spatial dimension, 0 being the slowest.
  case spatial(Int)
  /// Rows of a lookup table.
  case vocabulary
  /// Anything else; kept, and never part of a matrix.
  case other

  /// The canonical order: what stacks matrices, then rows, then columns, then kernel positions.
  var rank: Int {
    switch self {
    case .expert: 0
    case .direction: 1
    case .gate: 2
    case .group: 3
    case .output, .vocabulary: 4
    case .input: 5
    case .spatial(let dimension): 6 + dimension
    case .other: Int.max
    }
  }

  /// The lower-case name that `inspect` shows.
  public var label: String {
    switch self {
    case .expert: "expert"
    case .direction: "direction"
    case .gate: "gate"
    case .group: "group"
    case .output: "output"
    case .input: "input"
    case .spatial(let dimension): "spatial\(dimension)"
    case .vocabulary: "vocabulary"
    case .other: "other"
    }
  }
}
