import ModelReading

/// What an operator with weights of its own is, before it has a name.
struct LayerCandidate {
  struct Use {
    var role: Role
    /// The constant, its tensor's axes named.
    var origin: Origin
  }

  var kind: LayerKind
  var groups = 1
  /// The kernel first.
  var uses: [Use]
  /// Extent of the output axis, when a bias may follow in an `Add` of its own.
  var outputForBias: Int?
  var note: String?
  /// Set behind the name, with a slash, where one node is several layers.
  var suffix: String?
}

extension LayerCandidate {
  /// The directions of a recurrent operator, each a layer of its own; `nil` if the operator has none.
  fileprivate var directions: [LayerCandidate]? {
    guard let axis = uses.first?.origin.tensor.axes.first, axis == .direction else { return nil }
    let count = uses[0].origin.tensor.shape[0]
    guard (1...2).contains(count), uses.allSatisfy({ $0.origin.tensor.shape.first == count }) else { return nil }
    return (0..<count).map { index in
      var copy = self
      copy.uses = uses.map {
        Use(role: $0.role, origin: $0.origin.with($0.origin.tensor.selected(axis: 0, index: index)))
      }
      copy.suffix = count == 1 ? nil : ["forward", "backward"][index]
      return copy
    }
  }
}

extension Origin {
  func labelled(_ axes: [Axis]) -> Origin {
    var copy = self
    copy.tensor = tensor.labelled(axes)
    return copy
  }

  func with(_ tensor: Tensor) -> Origin {
    var copy = self
    copy.tensor = tensor
    return copy
  }
}

/// Recognises operators that own weights, and names the axes of the weights.
struct OperatorWeights {
  let tracer: OriginTracer
  let node: ONNXNode
  let scope: Int

  /// - Returns: nothing if the operator has no weights, or its weights are computed from the model's inputs.
  func candidates() throws(ReadError) -> [LayerCandidate] {
    guard let candidate = try candidate() else { return [] }
    return candidate.directions ?? [candidate]
  }

  private func candidate() throws(ReadError) -> LayerCandidate? {
    guard node.isStandard || node.isContributed else { return nil }
    switch node.operation {
    case "Conv", "FusedConv": return try convolution(weight: 1, bias: 2)
    case "DeformConv": return try convolution(weight: 1, bias: 3)
    case "ConvInteger": return try convolution(weight: 1, quantization: (nil, 3))
    case "QLinearConv": return try convolution(weight: 3, bias: 8, quantization: (4, 5))
    case "ConvTranspose": return try transposedConvolution()
    case "Gemm", "FusedGemm": return try product(0, 1, bias: 2)
    case "QGemm": return try product(nil, 3, bias: 6, quantization: (4, 5))
    case "MatMul", "FusedMatMul", "GemmFloat8": return try product(0, 1)
    case "MatMulInteger": return try product(nil, 1, quantization: (nil, 3))
    case "QLinearMatMul": return try product(nil, 3, quantization: (4, 5))
    case "MatMulIntegerToFloat": return try product(nil, 1, bias: 6, quantization: (3, 5))
    case "DynamicQuantizeMatMul": return try product(nil, 1, bias: 4, quantization: (2, 3))
    case "MatMulNBits": return try blockQuantizedProduct()
    case "Gather": return try embedding(input: 0)
    case "EmbedLayerNormalization": return try embeddings()
    case "RNN": return try recurrent(.rnn)
    case "LSTM": return try recurrent(.lstm)
    case "GRU": return try recurrent(.gru)
    case "Attention" where node.isContributed: return try attention()
    case "QAttention": return try attention(quantization: (4, 7))
    case "Einsum": return try einsum()
    default: return try normalization()
    }
  }

  var attributes: Scope { tracer.scopes[scope] }

  /// The constant that is input `index`, if it is one.
  func constant(_ index: Int?) throws(ReadError) -> Origin? {
    guard let index, node.inputs.indices.contains(index) else { return nil }
    return try tracer.origin(of: node.inputs[index], in: scope)
  }

  /// The constant that is input `index`, in real numbers.
  /// - Parameters:
  ///   - quantization: the inputs that hold scale and zero point, for operators on whole numbers.
  ///   - axis: the axis that several scales run along.
  func weight(
    _ index: Int?, _ quantization: (scale: Int?, zeroPoint: Int?)? = nil, axis: Int = 0
  ) throws(ReadError) -> Origin? {
    guard let origin = try constant(index) else { return nil }
    guard let quantization else { return origin.isReal ? origin : nil }
    let parameters = Quantization(
      scale: try constant(quantization.scale)?.tensor, zeroPoint: try constant(quantization.zeroPoint)?.tensor,
      axis: axis)
    guard quantization.scale == nil || parameters.scale != nil,
      let tensor = try parameters.dequantized(origin.tensor, limits: tracer.limits)
    else { return nil }
    return origin.with(tensor)
  }

  /// A vector, or what broadcasts as one, that is added to the output.
  func bias(_ index: Int?) throws(ReadError) -> [LayerCandidate.Use] {
    guard let origin = try constant(index) else { return [] }
    return [LayerCandidate.Use(role: .bias, origin: origin)]
  }

  static func unitNote(_ quantization: (scale: Int?, zeroPoint: Int?)?) -> String? {
    guard let quantization, quantization.scale == nil else { return nil }
    return "whole numbers whose scale is applied elsewhere: the spectrum is right up to a factor"
  }
}

// MARK: - Convolutions

extension OperatorWeights {
  private func convolution(
    weight index: Int, bias biasIndex: Int? = nil, quantization: (Int?, Int?)? = nil
  ) throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(index, quantization), origin.tensor.rank >= 3 else { return nil }
    let shape = origin.tensor.shape
    let spatial = (0..<shape.count - 2).map { Axis.spatial($0) }
    let groups = attributes.integer("group", of: node) ?? 1
    let isDepthwise = groups > 1 && shape[1] == 1
    var tensor = origin.tensor.labelled([.output, .input] + spatial)
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

  /// The kernel is `[input, output/groups, spatial…]`; its inputs, not its outputs, stand in groups.
  private func transposedConvolution() throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(1), origin.tensor.rank >= 3 else { return nil }
    let shape = origin.tensor.shape
    let spatial = (0..<shape.count - 2).map { Axis.spatial($0) }
    let groups = max(attributes.integer("group", of: node) ?? 1, 1)
    var tensor = origin.tensor.labelled([.input, .output] + spatial)
    var note: String?
    if groups > 1 {
      if let split = tensor.split(axis: 0, into: groups, roles: (.group, .input)) {
        tensor = split
      } else {
        note = "\(shape[0]) inputs do not divide into \(groups) groups"
      }
    }
    let bias = try self.bias(2)
    return LayerCandidate(
      kind: .transposedConvolution(rank: spatial.count), groups: groups,
      uses: [LayerCandidate.Use(role: .kernel, origin: origin.with(tensor))] + bias,
      outputForBias: bias.isEmpty ? shape[1].multipliedReportingOverflow(by: groups).partialValue : nil, note: note)
  }
}

// MARK: - Products

extension OperatorWeights {
  /// A matrix product with a constant on one side. Where both sides are constant, neither is a layer.
  private func product(
    _ left: Int?, _ right: Int, bias biasIndex: Int? = nil, quantization: (Int?, Int?)? = nil
  ) throws(ReadError) -> LayerCandidate? {
    let rightOrigin = try weight(right, quantization, axis: quantizedAxis(right))
    let leftOrigin = try left.flatMap { index throws(ReadError) in try weight(index) }
    guard (leftOrigin == nil) != (rightOrigin == nil), let origin = rightOrigin ?? leftOrigin,
      origin.tensor.rank >= 2
    else { return nil }
    let isRight = rightOrigin != nil
    let isTransposed = attributes.flag(isRight ? "transB" : "transA", of: node)
    // x·W has W = [input, output]; W·x has W = [output, input].
    let matrix: [Axis] = isRight != isTransposed ? [.input, .output] : [.output, .input]
    let stack = [Axis](repeating: .expert, count: origin.tensor.rank - 2)
    let tensor = origin.tensor.labelled(stack + matrix)
    let bias = try self.bias(biasIndex)
    let output = zip(tensor.axes, tensor.shape).first { $0.0 == .output }?.1
    return LayerCandidate(
      kind: stack.isEmpty ? .dense : .expertStack,
      uses: [LayerCandidate.Use(role: .kernel, origin: origin.with(tensor))] + bias,
      outputForBias: bias.isEmpty && stack.isEmpty ? output : nil, note: OperatorWeights.unitNote(quantization))
  }

  /// Several scales run along the outputs: the last axis, the first of a transposed matrix.
  private func quantizedAxis(_ index: Int) -> Int { attributes.flag("transB", of: node) ? 0 : -1 }

  /// Letters of an equation that only the constant and the result have are outputs; those that are summed, inputs.
  private func einsum() throws(ReadError) -> LayerCandidate? {
    guard let equation = attributes.attribute("equation", of: node)?.text, node.inputs.count == 2 else { return nil }
    let text = equation.filter { $0 != " " }
    let sides = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, sides[1].hasPrefix(">") else { return nil }
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false)
    guard terms.count == 2, !text.contains(".") else { return nil }
    let result = sides[1].dropFirst()
    let origins = [try weight(0), try weight(1)]
    guard (origins[0] == nil) != (origins[1] == nil) else { return nil }
    let index = origins[0] == nil ? 1 : 0
    guard let origin = origins[index], terms[index].count == origin.tensor.rank, origin.tensor.rank >= 2 else {
      return nil
    }
    let axes = terms[index].map { letter -> Axis in
      switch (result.contains(letter), terms[1 - index].contains(letter)) {
      case (true, false): .output
      case (false, true): .input
      case (true, true): .expert
      case (false, false): .other
      }
    }
    guard axes.contains(.output), axes.contains(.input) else { return nil }
    let kind: LayerKind = axes.contains(.expert) ? .expertStack : .dense
    return LayerCandidate(
      kind: kind, uses: [LayerCandidate.Use(role: .kernel, origin: origin.labelled(axes))])
  }
}

// MARK: - Lookup, recurrence, attention, normalisation

extension OperatorWeights {
  /// A table of real vectors, looked up by indices that are not constant.
  private func embedding(input index: Int) throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(index), origin.tensor.rank == 2, try constant(1) == nil else { return nil }
    let axis = attributes.integer("axis", of: node) ?? 0
    guard let axis = normalized(axis, 2) else { return nil }
    let axes: [Axis] = axis == 0 ? [.vocabulary, .input] : [.input, .vocabulary]
    return LayerCandidate(kind: .embedding, uses: [LayerCandidate.Use(role: .kernel, origin: origin.labelled(axes))])
  }

  /// Word, position and segment tables in one operator.
  private func embeddings() throws(ReadError) -> LayerCandidate? {
    var uses: [LayerCandidate.Use] = []
    for (index, name) in [(2, "word"), (3, "position"), (4, "segment")] {
      guard let origin = try weight(index), origin.tensor.rank == 2 else { continue }
      uses.append(
        LayerCandidate.Use(
          role: index == 2 ? .kernel : .weight(name), origin: origin.labelled([.vocabulary, .input])))
    }
    for (index, role) in [(5, Role.scale), (6, Role.offset)] {
      if let origin = try constant(index) { uses.append(LayerCandidate.Use(role: role, origin: origin)) }
    }
    return uses.contains { $0.role.isWeight } ? LayerCandidate(kind: .embedding, uses: uses) : nil
  }

  /// `[directions, gates · units, input]`, and the same for the recurrent kernel.
  private func recurrent(_ cell: LayerKind.RecurrentCell) throws(ReadError) -> LayerCandidate? {
    var uses: [LayerCandidate.Use] = []
    for (index, role) in [(1, Role.kernel), (2, Role.recurrentKernel)] {
      guard let origin = try weight(index), origin.tensor.rank == 3 else { continue }
      let named = origin.tensor.labelled([.direction, .output, .input])
      guard let split = named.split(axis: 1, into: cell.gateCount, roles: (.gate, .output)) else { continue }
      uses.append(LayerCandidate.Use(role: role, origin: origin.with(split)))
    }
    guard !uses.isEmpty else { return nil }
    uses += try bias(3)
    if let peepholes = try constant(7) {
      uses.append(LayerCandidate.Use(role: .other("peephole"), origin: peepholes))
    }
    return LayerCandidate(kind: .recurrent(cell), uses: uses)
  }

  /// Queries, keys and values in one matrix `[input, 3 · hidden]`.
  private func attention(quantization: (Int?, Int?)? = nil) throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(1, quantization, axis: 1), origin.tensor.rank == 2 else { return nil }
    return LayerCandidate(
      kind: .attention,
      uses: [LayerCandidate.Use(role: .kernel, origin: origin.labelled([.input, .output]))] + (try bias(2)),
      note: "queries, keys and values in one matrix")
  }

  private func normalization() throws(ReadError) -> LayerCandidate? {
    let roles: [Role]
    switch node.operation {
    case "BatchNormalization": roles = [.scale, .offset, .runningMean, .runningVariance]
    case "InstanceNormalization", "LayerNormalization", "GroupNormalization": roles = [.scale, .offset]
    case "SimplifiedLayerNormalization", "RMSNormalization": roles = [.scale]
    default: return nil
    }
    var uses: [LayerCandidate.Use] = []
    for (index, role) in roles.enumerated() {
      guard let origin = try constant(index + 1), origin.tensor.rank <= 1 else { continue }
      uses.append(LayerCandidate.Use(role: role, origin: origin))
    }
    return uses.isEmpty ? nil : LayerCandidate(kind: .normalization, uses: uses)
  }
}
