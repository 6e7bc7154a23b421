import ModelReading

/// Edges between layers, from the `inbound_nodes` of a configuration.
///
/// Layers without weights are passed through: what feeds a pooling feeds what
/// comes after it. A model inside the model is not taken apart, so a model
/// with one has no edges.
struct Dataflow {
  private let model: KerasLayerConfig
  /// Positions of the layers made of each layer of the configuration.
  private var positions: [ByteString: [Int]] = [:]
  private let inbound: [ByteString: [ByteString]]

  /// `nil` unless the configuration says how layers are connected.
  init?(_ model: KerasLayerConfig, _ layers: [Layer]) {
    guard model.isModel, !model.layers.contains(where: \.isModel) else { return nil }
    self.model = model
    let isChain = KerasLayerConfig.chains.contains(model.className)
    guard isChain || model.layers.contains(where: { !$0.inbound.isEmpty }) else { return nil }
    var inbound: [ByteString: [ByteString]] = [:]
    for (position, layer) in model.layers.enumerated() {
      let sources = isChain ? (position > 0 ? [model.layers[position - 1].name] : []) : layer.inbound
      inbound[ByteString(layer.name)] = sources.map { ByteString($0) }
    }
    self.inbound = inbound
    for (position, layer) in layers.enumerated() {
      let owner = layer.name.split(separator: "/").first.map(String.init) ?? layer.name
      positions[ByteString(owner), default: []].append(position)
    }
  }

  /// Every edge once, sources in order; `nil` if they take more steps to find than the limit allows.
  func edges(_ layers: [Layer], _ limits: Limits) -> [LayerGraph.Edge]? {
    var edges: [LayerGraph.Edge] = []
    var steps = Steps(left: limits.maximumDataflow)
    for layer in model.layers {
      guard let own = positions[ByteString(layer.name)] else { continue }
      let parts = Parts(own, layers)
      guard steps.take(own.count), let sources = sources(of: ByteString(layer.name), &steps) else { return nil }
      edges += parts.inner
      for source in sources {
        let feeding = positions[source] ?? []
        guard steps.take(parts.entries.count * feeding.count) else { return nil }
        let exits = Parts(feeding, layers).exits
        edges += parts.entries.flatMap { entry in exits.map { LayerGraph.Edge(from: $0, to: entry) } }
      }
    }
    return edges
  }

  /// Layers with weights that feed a layer, through any number without.
  private func sources(of name: ByteString, _ steps: inout Steps) -> [ByteString]? {
    var found: [ByteString] = []
    var visited: Set<ByteString> = [name]
    var pending = inbound[name] ?? []
    while let next = pending.popLast() {
      guard steps.take(1) else { return nil }
      guard visited.insert(next).inserted else { continue }
      if positions[next] != nil { found.append(next) } else { pending += inbound[next] ?? [] }
    }
    return found.sorted { (positions[$0]?.first ?? 0) < (positions[$1]?.first ?? 0) }
  }

  /// What may still be spent.
  private struct Steps {
    var left: Int

    mutating func take(_ count: Int) -> Bool {
      left -= count
      return left >= 0
    }
  }

  /// The layers that one layer of Keras became: one, or several side by side or in a row.
  private struct Parts {
    var entries: [Int]
    var exits: [Int]
    var inner: [LayerGraph.Edge] = []

    init(_ positions: [Int], _ layers: [Layer]) {
      entries = positions
      exits = positions
      // A projection of the output, and a pointwise kernel, come after the rest.
      guard positions.count > 1, let last = positions.last,
        ["/output", "/pointwise"].contains(where: { layers[last].name.hasSuffix($0) })
      else { return }
      entries = Array(positions.dropLast())
      exits = [last]
      inner = entries.map { LayerGraph.Edge(from: $0, to: last) }
    }
  }
}

extension KerasLayerConfig {
  /// Models whose layers feed each other in order.
  static let chains: Set<String> = ["Sequential"]
}
