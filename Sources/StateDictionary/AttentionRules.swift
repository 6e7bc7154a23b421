import ModelReading

extension LayerAssembler {
  /// The input projections of PyTorch's attention module: `in_proj_weight`, or `q_proj_weight` and its like.
  mutating func assembleProjections() {
    for name in ["in_proj", "q_proj", "k_proj", "v_proj"] {
      guard let weight = take(where: { $0.leaf == .projection(name: name, isBias: false) && $0.rank == 2 }) else {
        continue
      }
      var parameters = projections(of: weight.tensor.labelled([.output, .input]), fused: name == "in_proj")
      if let bias = take(.projection(name: name, isBias: true)) {
        parameters.append(parameter(.bias, bias.tensor))
      }
      layers.append(Layer(name: path(name), kind: .attention, parameters: parameters))
    }
  }

  /// All queries, all keys, all values, in equal parts.
  private func projections(of tensor: Tensor, fused: Bool) -> [Parameter] {
    guard fused, let split = tensor.split(axis: 0, into: 3, roles: (.other, .output)) else {
      return [parameter(.kernel, tensor)]
    }
    return ["query", "key", "value"].enumerated().map { index, name in
      parameter(.weight(name), split.selected(axis: 0, index: index))
    }
  }

  /// Keras: `depthwise_kernel` `[k…, input, multiplier]`, and `pointwise_kernel` `[1…, input, output]` after it.
  mutating func assembleSeparable() {
    let pointwise = rest.first { $0.leaf == .pointwiseKernel && (3...5).contains($0.rank) }
    guard let depthwise = rest.first(where: { $0.leaf == .depthwiseKernel && (3...5).contains($0.rank) }) else {
      return assemblePointwise(pointwise)
    }
    let dimensions = depthwise.rank - 2
    let kernel = depthwise.tensor.labelled((0..<dimensions).map(Axis.spatial) + [.output, .output])
    rest.removeAll { $0.tensor.name == depthwise.tensor.name }
    let name = pointwise == nil ? layerName(for: depthwise) : path("depthwise", depthwise.name.separator)
    var layer = Layer(
      name: name, kind: .depthwiseConvolution(rank: dimensions), parameters: [parameter(.kernel, kernel)],
      groups: depthwise.tensor.shape[dimensions])
    if pointwise == nil, let bias = take(.bias) { layer.parameters.append(parameter(.bias, bias.tensor)) }
    layers.append(layer)
    assemblePointwise(pointwise)
  }

  private mutating func assemblePointwise(_ pointwise: NamedTensor?) {
    guard let pointwise else { return }
    rest.removeAll { $0.tensor.name == pointwise.tensor.name }
    let kernel = pointwise.tensor.labelled(rules.axes(pointwise.rank, .channelsLast))
    var layer = Layer(
      name: path("pointwise", pointwise.name.separator), kind: .convolution(rank: pointwise.rank - 2),
      parameters: [parameter(.kernel, kernel)])
    if let bias = take(.bias) { layer.parameters.append(parameter(.bias, bias.tensor)) }
    layers.append(layer)
  }
}
