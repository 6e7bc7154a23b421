public import ModelReading

/// How the kernel of a convolution becomes matrices.
public enum Slicing: String, Sendable, CaseIterable {
  /// One out × in/groups matrix per kernel position and group, pooled into one
  /// spectrum (Martin & Mahoney). Q is the slice's.
  case positions
  /// One out × (in/groups · positions) matrix per group: what im2col multiplies with.
  case unfold
  /// The matrices of `positions`, whose discrete Fourier transforms are the convolution as an operator on a
  /// periodic grid (Sedghi, Gupta & Long). A depthwise kernel makes one of them per channel.
  case fourier
}

/// A layer's weight as matrices of one shape.
public struct SlicedWeight: Sendable {
  /// The weight as the reader handed it over.
  public let parameter: Parameter
  /// Equal N, M and Q each.
  public let matrices: [WeightMatrix]
  /// Extents of the spatial axes; the positions of a kernel follow each other, the last axis fastest.
  public let kernel: [Int]
  /// For each matrix the two whose product it is, where that product is of lower rank than its sides; otherwise empty.
  public var factors: [MatrixFactors] = []
  /// Whether there is a matrix, or a set of them, for each head.
  public var isPerHead = false

  /// Kernel positions: 1 for a weight without spatial axes.
  public var receptiveField: Int { kernel.reduce(1, *) }
}

/// A matrix as a product: scale · left · right.
public struct MatrixFactors: Sendable {
  /// outputs × r
  public let left: WeightMatrix
  /// r × inputs
  public let right: WeightMatrix
  public let scale: Double
}

extension Slicing {
  /// More slices than any kernel has: a shape that asks for more is not a kernel.
  static let maximumMatrixCount = 100_000

  /// The matrices of a weight.
  ///
  /// Experts, directions, gates and groups stack matrices; so do kernel
  /// positions under `.positions`. A depthwise kernel, whose groups have one
  /// input each, is kept whole as channels × 1 matrices: M = 1.
  ///
  /// - Parameter perHead: whether attention projections, where the number of their heads is known, are cut into
  ///   one matrix per head.
  /// - Throws: `.unsupported` if the tensor has an axis that is neither side of
  ///   a matrix nor stacks one, or no elements.
  public func matrices(
    of parameter: Parameter, in layer: Layer, perHead: Bool = false
  ) throws(ReadError) -> SlicedWeight {
    let tensor = keepsChannelsTogether(layer) ? parameter.tensor : separatingGroups(parameter.tensor, layer.groups)
    let canonical = tensor.canonical
    var sides = Sides()
    for axis in 0..<canonical.rank {
      sides.place(axis, canonical, layer, self)
    }
    guard !sides.hasUnknown, !sides.outputs.isEmpty || !sides.inputs.isEmpty else {
      throw unsupported(parameter, "has axes that are neither inputs nor outputs: \(tensor.axes.map(\.label))")
    }
    guard canonical.elementCount > 0 else {
      throw unsupported(parameter, "has no elements: its shape is \(tensor.shape)")
    }
    guard !tensor.elementType.isComplex else { throw unsupported(parameter, "has complex elements") }
    let count = sides.stacked.reduce(1) { $0 * canonical.shape[$1] }
    guard count <= Slicing.maximumMatrixCount else {
      throw unsupported(parameter, "makes \(count) matrices, the limit is \(Slicing.maximumMatrixCount)")
    }
    let matrices = sides.matrices(of: canonical)
    let kernel = zip(canonical.axes, canonical.shape).filter { $0.0.isSpatial }.map(\.1)
    if perHead, kernel.isEmpty, let heads = parameter.heads, let parts = parts(of: matrices, heads) {
      return SlicedWeight(parameter: parameter, matrices: parts, kernel: kernel, isPerHead: true)
    }
    return SlicedWeight(
      parameter: parameter, matrices: matrices, kernel: kernel,
      factors: self == .fourier && !kernel.isEmpty ? [] : try factors(of: parameter, in: layer, matrices))
  }

  /// The matrices of each head; `nil` where there are no such heads, or more than matrices may be.
  private func parts(of matrices: [WeightMatrix], _ heads: AttentionHeads) -> [WeightMatrix]? {
    guard let count = heads.count, count <= Slicing.maximumMatrixCount / matrices.count else { return nil }
    let parts = matrices.compactMap { $0.parts(of: heads) }
    return parts.count == matrices.count ? parts.flatMap(\.self) : nil
  }

  /// Whether the channels of a depthwise kernel are the rows of one matrix.
  fileprivate func keepsChannelsTogether(_ layer: Layer) -> Bool { layer.isDepthwise && self != .fourier }

  /// The factors sliced as the product is: kernel positions are all in the right one.
  private func factors(
    of parameter: Parameter, in layer: Layer, _ matrices: [WeightMatrix]
  ) throws(ReadError) -> [MatrixFactors] {
    guard let factors = parameter.factors, let matrix = matrices.first, factors.rank < matrix.columns else { return [] }
    let left = factors.left.labelled([.output, .input])
    let right = factors.right.labelled([.output] + factors.right.axes.dropFirst())
    let lefts = try self.matrices(of: Parameter(.kernel, left), in: layer).matrices
    let rights = try self.matrices(of: Parameter(.kernel, right), in: layer).matrices
    guard lefts.count == 1, rights.count == matrices.count else { return [] }
    return rights.map { MatrixFactors(left: lefts[0], right: $0, scale: factors.scale) }
  }

  /// The output axis of a grouped convolution as groups × outputs per group.
  private func separatingGroups(_ tensor: Tensor, _ groups: Int) -> Tensor {
    guard groups > 1, !tensor.axes.contains(.group), let output = tensor.axes.firstIndex(of: .output) else {
      return tensor
    }
    return tensor.split(axis: output, into: groups, roles: (.group, .output)) ?? tensor
  }

  private func unsupported(_ parameter: Parameter, _ message: String) -> ReadError {
    ReadError(.unsupported, message, file: parameter.tensor.storage.label, subject: parameter.tensor.name)
  }
}

/// The axes of a canonical tensor, sorted by what they do for a matrix.
private struct Sides {
  var outputs: [Int] = []
  var inputs: [Int] = []
  var stacked: [Int] = []
  var hasUnknown = false

  mutating func place(_ axis: Int, _ tensor: Tensor, _ layer: Layer, _ slicing: Slicing) {
    switch tensor.axes[axis] {
    case .output, .vocabulary: outputs.append(axis)
    case .input: inputs.append(axis)
    case .group where slicing.keepsChannelsTogether(layer): outputs.append(axis)
    case .expert, .direction, .gate, .group: stacked.append(axis)
    case .spatial: slicing == .unfold ? inputs.append(axis) : stacked.append(axis)
    case .other: hasUnknown = true
    }
  }

  func matrices(of tensor: Tensor) -> [WeightMatrix] {
    func runs(_ axes: [Int]) -> [WeightMatrix.Run] {
      axes.map { WeightMatrix.Run(extent: tensor.shape[$0], stride: tensor.strides[$0]) }.joined
    }
    let outputs = runs(outputs)
    let inputs = runs(inputs)
    var result: [WeightMatrix] = []
    forEachIndex(of: stacked.map { tensor.shape[$0] }) { index in
      let offset = zip(stacked, index).reduce(tensor.elementOffset) { $0 + tensor.strides[$1.0] * $1.1 }
      result.append(
        WeightMatrix(
          tensor: tensor, origin: origin(index, tensor), elementOffset: offset, outputs: outputs, inputs: inputs))
    }
    return result
  }

  /// Kernel positions together, other axes one by one.
  private func origin(_ index: [Int], _ tensor: Tensor) -> [WeightMatrix.Origin] {
    var result: [WeightMatrix.Origin] = []
    var position: [Int] = []
    for (axis, value) in zip(stacked, index) {
      if tensor.axes[axis].isSpatial {
        position.append(value)
      } else {
        result.append(WeightMatrix.Origin(axis: tensor.axes[axis].label, index: [value]))
      }
    }
    if !position.isEmpty { result.append(WeightMatrix.Origin(axis: "position", index: position)) }
    return result
  }
}

extension [WeightMatrix.Run] {
  /// Neighbouring axes that lie as one in memory, joined: longer runs decode faster.
  fileprivate var joined: [WeightMatrix.Run] {
    var result: [WeightMatrix.Run] = []
    for run in self where run.extent != 1 {
      if let last = result.last, last.stride == run.extent * run.stride {
        result[result.count - 1] = WeightMatrix.Run(extent: last.extent * run.extent, stride: run.stride)
      } else {
        result.append(run)
      }
    }
    return result
  }
}

extension Axis {
  var isSpatial: Bool { if case .spatial = self { true } else { false } }
}

extension Layer {
  /// Whether each group has a single input: the matrices are vectors.
  var isDepthwise: Bool { if case .depthwiseConvolution = kind { true } else { false } }
}
