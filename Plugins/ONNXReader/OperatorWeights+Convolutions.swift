import ModelReading

extension OperatorWeights {
  func convolution(
    weight index: Int, bias biasIndex: Int? = nil, quantization: (Int?, Int?)? = nil, mayBeChannelsLast: Bool = false
  ) throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(index, quantization), origin.tensor.rank >= 3 else { return nil }
    let shape = origin.tensor.shape
    let spatial = (0..<shape.count - 2).map { Axis.spatial($0) }
    let groups = integer("group") ?? 1
    let isChannelsLast = mayBeChannelsLast && hasInputsLast(shape)
    let isDepthwise = groups > 1 && (isChannelsLast ? shape.last : shape[1]) == 1
    var tensor = origin.tensor.labelled(isChannelsLast ? [.output] + spatial + [.input] : [.output, .input] + spatial)
    var note = OperatorWeights.unitNote(quantization)
    if groups > 1, !isDepthwise {
      if let split = tensor.split(axis: 0, into: groups, roles: (.group, .output)) {
        tensor = split
      } else {
        note = "\(shape[0]) filters do not divide into \(groups) groups"
      }
    }
    let kind: LayerKind = isDepthwise ? .depthwiseConvolution(rank: spatial.count) : .convolution(rank: spatial.count)
    let bias = try self.bias(biasIndex)
    return LayerCandidate(
      kind: kind, groups: max(groups, 1), uses: [LayerCandidate.Use(role: .kernel, origin: origin.with(tensor))] + bias,
      outputForBias: bias.isEmpty ? shape[0] : nil, note: note)
  }

  /// Whether a kernel of an operator on channels-last data is `[output, spatial…, input]`, as one of the two ways
  /// in which they are stored: its `kernel_shape` tells.
  private func hasInputsLast(_ shape: [Int]) -> Bool {
    guard let extents = attributes.attribute("kernel_shape", of: node)?.integers.map({ Int($0) }) else { return false }
    return extents == Array(shape[1..<(shape.count - 1)]) && extents != Array(shape[2...])
  }

  /// The kernel is `[input, output/groups, spatial…]`; its inputs, not its outputs, stand in groups.
  func transposedConvolution(bias biasIndex: Int) throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(1), origin.tensor.rank >= 3 else { return nil }
    let shape = origin.tensor.shape
    let spatial = (0..<shape.count - 2).map { Axis.spatial($0) }
    let groups = max(integer("group") ?? 1, 1)
    var tensor = origin.tensor.labelled([.input, .output] + spatial)
    var note: String?
    if groups > 1 {
      if let split = tensor.split(axis: 0, into: groups, roles: (.group, .input)) {
        tensor = split
      } else {
        note = "\(shape[0]) inputs do not divide into \(groups) groups"
      }
    }
    let bias = try self.bias(biasIndex)
    return LayerCandidate(
      kind: .transposedConvolution(rank: spatial.count), groups: groups,
      uses: [LayerCandidate.Use(role: .kernel, origin: origin.with(tensor))] + bias,
      outputForBias: bias.isEmpty ? shape[1].multipliedReportingOverflow(by: groups).partialValue : nil, note: note)
  }
}
