import ModelReading

/// What a convolution is, as told by the layers around it.
///
/// `[96, 1, 3, 3]` is a depthwise convolution of 96 channels or an ordinary one
/// of a grey picture. It is taken as depthwise if its name says so; if the layer
/// just before yields its 96 channels, or a part that 96 is a small multiple of;
/// or if any earlier layer does and a 1 × 1 convolution of 96 inputs comes next.
/// `[128, 4, 3, 3]` is grouped if it stands between two 1 × 1 convolutions of
/// the same block, the first yielding 128 channels and the second consuming 128.
/// One that takes a whole part of what the layer before yields, and as much as no
/// earlier layer does, may be grouped: a note says so.
struct Neighbourhood {
  /// Channels that layers before the current one yield.
  private var yielded = Set<Int>()
  /// Channels that the first layer takes: those of the data.
  private var dataChannels: Int?
  /// The last layer with a kernel before the current one.
  private var previous: Shape?

  static func refine(_ layers: [Layer]) -> [Layer] {
    var neighbourhood = Neighbourhood()
    let shapes = layers.map(Shape.init)
    var following: Shape?
    var next = [Shape?](repeating: nil, count: layers.count)
    for index in layers.indices.reversed() {
      next[index] = following
      following = shapes[index] ?? following
    }
    return layers.indices.map { index in
      guard let shape = shapes[index] else { return layers[index] }
      defer { neighbourhood.pass(shape) }
      return neighbourhood.refine(layers[index], shape, next[index])
    }
  }

  private mutating func pass(_ shape: Shape) {
    if shape.outputs > 1 { yielded.insert(shape.outputs) }
    dataChannels = dataChannels ?? shape.inputs
    previous = shape
  }

  private func refine(_ layer: Layer, _ shape: Shape, _ next: Shape?) -> Layer {
    guard case .convolution(let rank) = layer.kind, layer.groups == 1 else { return layer }
    if shape.inputs == 1, shape.outputs > 1 { return refineSingleInput(layer, rank, shape, next) }
    guard let groups = groups(shape, next) else { return mayBeGrouped(shape) ? noted(layer) : layer }
    guard let axis = layer.parameters[0].tensor.axes.firstIndex(of: .output),
      let split = layer.parameters[0].tensor.split(axis: axis, into: groups, roles: (.group, .output))
    else { return layer }
    var copy = layer
    copy.groups = groups
    copy.parameters[0].tensor = split
    return copy
  }

  private func mayBeGrouped(_ shape: Shape) -> Bool {
    guard let previous, shape.inputs > 1, previous.outputs > shape.inputs, previous.outputs % shape.inputs == 0,
      shape.outputs % (previous.outputs / shape.inputs) == 0
    else { return false }
    return !yielded.contains(shape.inputs) && shape.inputs != dataChannels
  }

  private func noted(_ layer: Layer) -> Layer {
    let text =
      "takes a part of the channels that the layer before it yields: such files do not record groups, and the "
      + "kernel is analysed as ungrouped"
    var copy = layer
    copy.note = [layer.note, text].compactMap { $0 }.joined(separator: "; ")
    return copy
  }

  private func refineSingleInput(_ layer: Layer, _ rank: Int, _ shape: Shape, _ next: Shape?) -> Layer {
    guard isDepthwise(layer, shape, next) else { return layer }
    var copy = layer
    copy.kind = .depthwiseConvolution(rank: rank)
    copy.groups = shape.outputs
    return copy
  }

  /// Outputs per channel that depthwise convolutions have in practice.
  private static let multipliers = 1...8

  private func isDepthwise(_ layer: Layer, _ shape: Shape, _ next: Shape?) -> Bool {
    if Words(layer.name).isDepthwise { return true }
    let channels = Neighbourhood.multipliers.filter { shape.outputs % $0 == 0 && shape.outputs / $0 > 1 }
      .map { shape.outputs / $0 }
    if let previous, channels.contains(previous.outputs) { return true }
    guard let next, next.isPointwise, next.inputs == shape.outputs else { return false }
    return channels.contains { yielded.contains($0) }
  }

  private func groups(_ shape: Shape, _ next: Shape?) -> Int? {
    guard let previous, let next, previous.isPointwise, next.isPointwise, !shape.isPointwise,
      previous.parent == shape.parent, next.parent == shape.parent,
      previous.outputs == shape.outputs, next.inputs == shape.outputs,
      shape.inputs > 1, shape.inputs < previous.outputs, previous.outputs % shape.inputs == 0
    else { return nil }
    return previous.outputs / shape.inputs
  }
}

/// The extents of a layer's kernel.
private struct Shape {
  var outputs = 1
  var inputs = 1
  var positions = 1
  var isConvolution: Bool
  var parent: ByteString

  /// `nil` for layers whose kernel is not between channels.
  init?(_ layer: Layer) {
    guard let kernel = layer.parameters.first, kernel.isWeight else { return nil }
    switch layer.kind {
    case .convolution, .depthwiseConvolution, .transposedConvolution: isConvolution = true
    case .dense, .attention: isConvolution = false
    default: return nil
    }
    for (axis, extent) in zip(kernel.tensor.axes, kernel.tensor.shape) {
      switch axis {
      case .output, .group: outputs *= extent
      case .input: inputs *= extent
      case .spatial: positions *= extent
      default: break
      }
    }
    let bytes = Array(layer.name.utf8)
    parent = ByteString(Array(bytes[..<(bytes.lastIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") } ?? 0)]))
  }

  var isPointwise: Bool { isConvolution && positions == 1 }
}
