import ModelReading

// Lookup, recurrence, attention, normalisation.

extension OperatorWeights {
  /// A table of real vectors, looked up by indices that are not constant.
  func embedding(input index: Int) throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(index), origin.tensor.rank == 2, try constant(1) == nil else { return nil }
    guard let axis = normalized(integer("axis") ?? 0, 2) else { return nil }
    let axes: [Axis] = axis == 0 ? [.vocabulary, .input] : [.input, .vocabulary]
    return LayerCandidate(kind: .embedding, uses: [LayerCandidate.Use(role: .kernel, origin: origin.labelled(axes))])
  }

  /// Word, position and segment tables in one operator.
  /// - Parameters:
  ///   - scale: the input that is the scale of the first table, those of the others behind it.
  ///   - zeroPoint: the same for the zero points.
  func embeddings(scale: Int? = nil, zeroPoint: Int? = nil) throws(ReadError) -> LayerCandidate? {
    var uses: [LayerCandidate.Use] = []
    for (index, name) in [(2, "word"), (3, "position"), (4, "segment")] {
      let quantization: (Int?, Int?)? = scale.map { ($0 + index - 2, zeroPoint.map { $0 + index - 2 }) }
      guard let origin = try weight(index, quantization), origin.tensor.rank == 2 else { continue }
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
  func recurrent(_ cell: LayerKind.RecurrentCell) throws(ReadError) -> LayerCandidate? {
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

  /// `[directions, input, gates · units]`: other than in `LSTM`, the inputs stand before the outputs.
  func quantizedRecurrent() throws(ReadError) -> LayerCandidate? {
    var uses: [LayerCandidate.Use] = []
    for (index, role, parameters) in [(1, Role.kernel, 8), (2, Role.recurrentKernel, 10)] {
      guard let origin = try constant(index), origin.tensor.rank == 3, let scale = try constant(parameters)?.tensor
      else { return nil }
      func spread(_ tensor: Tensor) throws(ReadError) -> Tensor? {
        let directions = origin.tensor.shape[0]
        guard directions > 0, tensor.elementCount % directions == 0 else { return nil }
        return try tensor.reshaped([directions, 1, tensor.elementCount / directions], limits)
      }
      let zeroPoint = try constant(parameters + 1).flatMap { zero throws(ReadError) in try spread(zero.tensor) }
      guard let scale = try spread(scale),
        let tensor = try Quantization(scale: scale, zeroPoint: zeroPoint, axis: 2).dequantized(
          origin.tensor, limits: limits),
        let split = tensor.labelled([.direction, .input, .output]).split(axis: 2, into: 4, roles: (.gate, .output))
      else { return nil }
      uses.append(LayerCandidate.Use(role: role, origin: origin.with(split)))
    }
    uses += try bias(3)
    return LayerCandidate(kind: .recurrent(.lstm), uses: uses, note: "dequantised")
  }

  /// Queries, keys and values in one matrix `[input, 3 · hidden]`.
  /// - Parameter second: the input that is a second such matrix, and what it is called.
  func attention(
    weight index: Int = 1, second: (index: Int, name: String)? = nil, bias biasIndex: Int = 2,
    quantization: (Int?, Int?)? = nil
  ) throws(ReadError) -> LayerCandidate? {
    guard let origin = try weight(index, quantization, axis: 1), origin.tensor.rank == 2 else { return nil }
    var uses = [projections(.kernel, origin, count: index == 1 ? 3 : 1)]
    if let second, let other = try weight(second.index), other.tensor.rank == 2 {
      uses.append(projections(.weight(second.name), other, count: index == 1 ? 3 : 2))
    }
    return LayerCandidate(
      kind: .attention, uses: uses + (try bias(biasIndex)),
      note: index == 1 ? "queries, keys and values in one matrix" : nil)
  }

  /// As many projections side by side, with as many heads each as the operator says.
  private func projections(_ role: Role, _ origin: Origin, count: Int) -> LayerCandidate.Use {
    let origin = origin.labelled([.input, .output])
    let sizes = attributes.attribute("qkv_hidden_sizes", of: node)?.integers ?? []
    let counts = sizes.allSatisfy { $0 == sizes[0] } ? node.headCounts(in: attributes) : nil
    return LayerCandidate.Use(
      role: role, origin: origin,
      heads: AttentionHeads(.outputs, count: counts.map { count * $0.queries }).checked(against: origin.tensor))
  }

  func normalization() throws(ReadError) -> LayerCandidate? {
    let roles: [Role]
    var first = 1
    switch node.operation {
    case "BatchNormalization": roles = [.scale, .offset, .runningMean, .runningVariance]
    case "InstanceNormalization", "LayerNormalization", "GroupNormalization", "GroupNorm", "SkipGroupNorm":
      roles = [.scale, .offset]
    case "SimplifiedLayerNormalization", "RMSNormalization": roles = [.scale]
    // The second input is what is added to the first.
    case "SkipLayerNormalization": (roles, first) = ([.scale, .offset, .bias], 2)
    case "SkipSimplifiedLayerNormalization": (roles, first) = ([.scale, .bias], 2)
    default: return nil
    }
    var uses: [LayerCandidate.Use] = []
    for (index, role) in roles.enumerated() {
      guard let origin = try constant(index + first), origin.tensor.rank <= 1 else { continue }
      uses.append(LayerCandidate.Use(role: role, origin: origin))
    }
    return uses.isEmpty ? nil : LayerCandidate(kind: .normalization, uses: uses)
  }
}
