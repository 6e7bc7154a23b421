/// The heads of an attention projection: equal parts of one side of its matrix, one behind the other.
public struct AttentionHeads: Sendable, Hashable {
  /// The side of the matrix that the heads share.
  public enum Side: Sendable, Hashable {
    /// Queries, keys and values are what heads yield.
    case outputs
    /// The output projection takes what heads yield.
    case inputs
  }

  public var side: Side
  /// How many; of keys and values fewer than of queries where these share them. `nil` where the model does not say.
  public var count: Int?

  public init(_ side: Side, count: Int?) {
    self.side = side
    self.count = count
  }

  /// Heads that have an axis of their own: `[input, head, width]` or `[head, width, output]`.
  public init?(axesOf tensor: Tensor) {
    let outputs = tensor.axes.indices.filter { tensor.axes[$0] == .output }
    let inputs = tensor.axes.indices.filter { tensor.axes[$0] == .input }
    switch (outputs.count, inputs.count) {
    case (2, 1): self.init(.outputs, count: tensor.shape[outputs[0]])
    case (1, 2): self.init(.inputs, count: tensor.shape[inputs[0]])
    default: return nil
    }
  }

  /// Elements of the side that the heads share.
  public func extent(in tensor: Tensor) -> Int {
    let axis: Axis = side == .outputs ? .output : .input
    return zip(tensor.axes, tensor.shape).reduce(1) { $1.0 == axis ? $0 * $1.1 : $0 }
  }

  /// With as many heads of this width as there are, if the model does not say how many and the width divides the side.
  public func assuming(width: Int, in tensor: Tensor) -> AttentionHeads {
    let extent = extent(in: tensor)
    guard count == nil, width > 0, extent % width == 0 else { return self }
    return AttentionHeads(side, count: extent / width)
  }
}

extension Parameter {
  /// Cut into as many heads of this width as there are, where the model does not say how many and the width divides
  /// the side; the same without a width.
  public func assuming(headWidth: Int?) -> Parameter {
    guard let headWidth else { return self }
    var parameter = self
    parameter.heads = heads?.assuming(width: headWidth, in: tensor)
    return parameter
  }
}
