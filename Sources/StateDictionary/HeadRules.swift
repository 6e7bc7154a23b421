public import ModelReading

extension Layer {
  /// The layer with what is known of the heads of its attention projections, where nothing is yet.
  ///
  /// Names tell which weights are such projections; axes of their own, or a configuration, how many heads they have.
  public func withAttentionHeads(_ architectures: [Architecture] = []) -> Layer {
    guard [.dense, .attention, .lowRankAdapter].contains(kind) else { return self }
    let words = Words(name)
    var copy = self
    for index in parameters.indices where parameters[index].isWeight && parameters[index].heads == nil {
      let projection = AttentionProjection(parameters[index].role, words)
      copy.parameters[index].heads = heads(of: parameters[index].tensor, projection, architectures)
    }
    return copy
  }

  private func heads(
    of tensor: Tensor, _ projection: AttentionProjection?, _ architectures: [Architecture]
  ) -> AttentionHeads? {
    if projection != nil || kind == .attention, let heads = AttentionHeads(axesOf: tensor) { return heads }
    guard let projection, tensor.axes.allSatisfy({ [.output, .input, .expert].contains($0) }) else { return nil }
    var heads = AttentionHeads(projection == .output ? .inputs : .outputs, count: nil)
    let extent = heads.extent(in: tensor)
    heads.count = architectures.lazy.compactMap { $0.headCount(of: projection, extent: extent) }.first
    return heads
  }
}

extension AttentionProjection {
  /// Matrices that were taken out of a fused one have a role of their own.
  fileprivate init?(_ role: Role, _ words: Words) {
    switch role {
    case .kernel: self.init(words)
    case .weight("query"): self = .query
    case .weight("key"), .weight("value"): self = .keyOrValue
    default: return nil
    }
  }
}

extension Architecture {
  /// The heads of a projection, if they explain all of its `extent` rows or columns.
  fileprivate func headCount(of projection: AttentionProjection, extent: Int) -> Int? {
    guard let queries = headCount, case let keys = keyValueHeadCount ?? queries, extent > 0,
      (1...extent).contains(queries), (1...extent).contains(keys)
    else { return nil }
    let count =
      switch projection {
      case .query, .output: queries
      case .keyOrValue: keys
      case .fused: queries + 2 * keys
      }
    guard extent % count == 0 else { return nil }
    return expectedHeadWidth.map { $0 == extent / count } ?? true ? count : nil
  }

  /// What a configuration without a width of heads implies.
  private var expectedHeadWidth: Int? {
    if let headWidth { return headWidth }
    guard let width, let headCount, headCount > 0, width % headCount == 0 else { return nil }
    return width / headCount
  }
}
