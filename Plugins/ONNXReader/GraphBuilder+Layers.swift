import ModelReading
import StateDictionary

extension GraphBuilder {
  /// The layers that a node is: none, one, or one per direction. Nodes with the same weight are the same layers.
  mutating func layers(for node: ONNXNode, in scope: Int) throws(ReadError) -> [Int] {
    let candidates = try candidates(for: node, in: scope)
    guard let first = candidates.first?.uses.first else { return [] }
    if first.role.isWeight, let known = layerOfPart[first.origin.part] {
      let indices = (known..<known + candidates.count).filter { layers.indices.contains($0) }
      for index in indices { sharing[index].append(describe(node, short: true)) }
      return indices
    }
    var result: [Int] = []
    for var candidate in candidates {
      if let extent = candidate.outputForBias, let bias = try biasAdded(after: node, in: scope, extent: extent) {
        candidate.uses.append(LayerCandidate.Use(role: .bias, origin: bias))
      }
      result.append(add(candidate, node, scopes[scope].path))
    }
    return result
  }

  /// A function of its own, so that the tracer, which shares the lists that `add` changes, is gone by then.
  private func candidates(for node: ONNXNode, in scope: Int) throws(ReadError) -> [LayerCandidate] {
    let tracer = OriginTracer(scopes: scopes, constants: constants, limits: limits)
    return try OperatorWeights(tracer: tracer, node: node, scope: scope).candidates()
  }

  private mutating func add(_ candidate: LayerCandidate, _ node: ONNXNode, _ path: String) -> Int {
    let index = layers.count
    for use in candidate.uses {
      for constant in [use.origin.constant] + use.origin.joined { constants[constant].isParameter = true }
      if use.role.isWeight, layerOfPart[use.origin.part] == nil { layerOfPart[use.origin.part] = index }
    }
    let bias = candidate.uses.first { $0.role == .bias }
    let weight = candidate.uses[0].origin
    let stored = constants[weight.constant]
    let name = LayerNaming.name(
      weight: stored.name, isInline: stored.isInline, isPart: weight.isPart,
      bias: bias.map { constants[$0.origin.constant].name }, node: node.name, module: node.module, path: path)
    noteJoined(weight, name)
    let parameters = candidate.uses.map {
      Parameter($0.role, $0.origin.tensor, aliases: $0.origin.aliases, heads: $0.heads)
    }
    layers.append(
      Layer(
        name: uniqueLayerName(candidate.suffix.map { name + "/" + $0 } ?? name), kind: candidate.kind,
        parameters: parameters, groups: candidate.groups,
        note: candidate.note))
    sharing.append([])
    return index
  }

  /// Says of the constants behind the first one that they are in the weight as well.
  private mutating func noteJoined(_ weight: Origin, _ layer: String) {
    for part in weight.joined where constants[part].name != constants[weight.constant].name {
      diagnostics.append(
        Diagnostic(
          .inferred, constants[part].name,
          "is joined with '\(constants[weight.constant].name)' into one weight, that of \(layer)"))
    }
  }

  /// The bias that a node of its own adds to a product.
  private func biasAdded(after node: ONNXNode, in scope: Int, extent: Int) throws(ReadError) -> Origin? {
    let names = scopes[scope]
    guard let output = node.outputs.first, let index = names.consumers[output], index >= 0 else { return nil }
    let sum = names.nodes[index]
    guard sum.operation == "Add", sum.isStandard, sum.inputs.count == 2 else { return nil }
    let other = sum.inputs[0] == output ? sum.inputs[1] : sum.inputs[0]
    let tracer = OriginTracer(scopes: scopes, constants: constants, limits: limits)
    guard let origin = try tracer.origin(of: other, in: scope), origin.isReal, origin.tensor.elementCount == extent,
      origin.tensor.shape.count(where: { $0 != 1 }) <= 1
    else { return nil }
    return origin
  }

  private mutating func uniqueLayerName(_ name: String) -> String {
    if layerNames.insert(ByteString(name)).inserted { return name }
    var number = 2
    while !layerNames.insert(ByteString("\(name)_\(number)")).inserted { number += 1 }
    return "\(name)_\(number)"
  }

  // MARK: - The whole

  /// The graph of everything gone through.
  func finished(_ model: ONNXModel) -> LayerGraph {
    var layers = layers.map { $0.withAttentionHeads() }
    for (index, others) in sharing.enumerated() where !others.isEmpty {
      let named = others.prefix(3).joined(separator: ", ") + (others.count > 3 ? ", …" : "")
      let text = "its weight is also used by \(others.count == 1 ? named : "\(others.count) other nodes: \(named)")"
      layers[index].note = layers[index].note.map { $0 + "; " + text } ?? text
    }
    let hasDataflow = dataflowCount <= limits.maximumDataflow
    return LayerGraph(
      format: ONNXReader.format.name, variant: resolver.external.paths.isEmpty ? "inline" : "external data",
      producer: producer(of: model), files: [path] + resolver.external.paths, metadata: metadata(of: model),
      layers: layers, edges: hasDataflow ? edges : [], topology: hasDataflow ? .dataflow : .order,
      inventory: inventory, diagnostics: diagnostics + leftovers()
    )
    .accountingForEveryTensor()
  }

  /// Constants with two axes or more that are no layer's, and what uses them.
  private func leftovers() -> [Diagnostic] {
    let mentioned = Set(diagnostics.map { ByteString($0.subject) })
    return constants.compactMap { constant in
      guard let tensor = constant.tensor, tensor.rank >= 2, !constant.isParameter,
        !mentioned.contains(ByteString(constant.name))
      else { return nil }
      let use = constant.consumer.map { "is an operand of \($0)" } ?? "is used by no node"
      return Diagnostic(
        .notAWeight, constant.name,
        "\(use): \(tensor.elementType.rawValue) \(tensor.shape), no layer's weight"
          + (constant.isPrepacked ? "; it is packed for one kind of processor" : ""))
    }
  }

  private func producer(of model: ONNXModel) -> String? {
    let text = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    return text.isEmpty ? nil : text
  }

  private func metadata(of model: ONNXModel) -> [(key: String, value: String)] {
    var result: [(key: String, value: String)] = []
    if let version = model.irVersion { result.append(("ir_version", "\(version)")) }
    let sets = model.operatorSets.map { "\($0.domain.isEmpty ? "ai.onnx" : $0.domain) \($0.version)" }
    if !sets.isEmpty { result.append(("opset", sets.joined(separator: ", "))) }
    if let name = model.graph?.name, !name.isEmpty { result.append(("graph", name)) }
    return result + model.metadata
  }
}
