import ModelReading

extension GraphBuilder {
  /// Tells the projections before and behind an attention operator how many heads they have.
  /// - Parameter found: the layers that the node is.
  mutating func noteHeads(_ node: ONNXNode, _ scope: Int, _ found: [Int]) {
    if let value = node.inputs.first, let heads = scopes[scope].attended[value], found.count == 1 {
      tell(found[0], AttentionHeads(.inputs, count: heads))
    }
    guard let (queries, keys) = node.headCounts(in: scopes[scope]) else { return }
    if let output = node.outputs.first { scopes[scope].attended[output] = queries }
    guard found.isEmpty else { return }
    func isGiven(_ index: Int) -> Bool { node.inputs.indices.contains(index) && !node.inputs[index].bytes.isEmpty }
    // An input that is missing is in the one before.
    let counts = [isGiven(1) ? queries : queries + 2 * keys, isGiven(2) ? keys : 2 * keys, keys]
    for (index, count) in counts.enumerated() where isGiven(index) {
      let sources = scopes.upstream(of: node.inputs[index], in: scope)
      if sources.count == 1 { tell(sources[0], AttentionHeads(.outputs, count: count)) }
    }
  }

  private mutating func tell(_ layer: Int, _ heads: AttentionHeads) {
    guard layers[layer].kind == .dense, layers[layer].parameters[0].heads == nil else { return }
    layers[layer].parameters[0].heads = heads.checked(against: layers[layer].parameters[0].tensor)
  }
}

extension ONNXNode {
  /// Heads of the queries, and of keys and values, by the attributes of an attention operator.
  func headCounts(in scope: Scope) -> (queries: Int, keys: Int)? {
    func count(_ name: String) -> Int? {
      scope.integer(name, of: self).flatMap { (1...1 << 32).contains($0) ? $0 : nil }
    }
    guard operation.hasSuffix("Attention"), isStandard || isContributed,
      let queries = count("q_num_heads") ?? count("num_heads")
    else { return nil }
    return (queries, count("kv_num_heads") ?? queries)
  }
}

extension AttentionHeads {
  /// Without a number that does not divide the side.
  func checked(against tensor: Tensor) -> AttentionHeads {
    guard let count, extent(in: tensor) % count == 0 else { return AttentionHeads(side, count: nil) }
    return self
  }
}
