import ModelReading

/// Edges between layers, from the `inbound_nodes` of a configuration.
///
/// Layers without weights are passed through: what feeds a pooling feeds what
/// comes after it. A model inside the model is taken apart: what feeds it feeds
/// what takes its inputs, and its outputs feed what it feeds.
struct Dataflow {
  /// The layers that are no models, in order, by their full names.
  private var names: [ByteString] = []
  /// What feeds each layer and model.
  private var inbound: [ByteString: [ByteString]] = [:]
  /// Positions of the layers made of each layer of the configuration.
  private var positions: [ByteString: [Int]] = [:]
  private let limits: Limits
  /// Bytes that full names may still have; a long name counts once for each layer inside.
  private var remainingBytes: Int

  /// `nil` unless the configuration says how layers are connected, with names that the limits allow.
  init?(_ model: KerasLayerConfig, _ layers: [Layer], _ limits: Limits) {
    guard model.isModel, model.isChain || model.layers.contains(where: { !$0.inbound.isEmpty }) else { return nil }
    self.limits = limits
    remainingBytes = limits.maximumIndexBytes
    take(model, named: "", fedBy: [])
    guard remainingBytes >= 0 else { return nil }
    for (position, layer) in layers.enumerated() {
      if let owner = owner(of: layer.name) { positions[owner, default: []].append(position) }
    }
  }

  /// Takes over the layers of a model. Its nesting is bounded by that of the configuration's JSON.
  private mutating func take(_ model: KerasLayerConfig, named prefix: String, fedBy sources: [ByteString]) {
    // What feeds the model, under a name that no layer has.
    let entry = ByteString(Array(prefix.utf8) + [0])
    inbound[entry] = sources
    let inputs = Dictionary(model.inputNames.enumerated().map { (ByteString($1), $0) }) { first, _ in first }
    for (position, layer) in model.layers.enumerated() {
      let count = 1 + layer.inbound.count + layer.outputNames.count
      remainingBytes -= count * (prefix.utf8.count + 1) + layer.name.utf8.count
      guard remainingBytes >= 0 else { return }
      var own = layer.inbound.map { ByteString(join(prefix, $0)) }
      if model.isChain {
        own = [position > 0 ? ByteString(join(prefix, model.layers[position - 1].name)) : entry]
      } else if let input = inputs[ByteString(layer.name)] {
        // One input each where the numbers agree, else all to all.
        own.append(sources.count == inputs.count ? sources[input] : entry)
      }
      let name = join(prefix, layer.name)
      guard layer.isModel else {
        names.append(ByteString(name))
        inbound[ByteString(name)] = own
        continue
      }
      take(layer, named: name, fedBy: own)
      let outputs = layer.outputNames.isEmpty ? layer.layers.suffix(1).map(\.name) : layer.outputNames
      inbound[ByteString(name)] = outputs.map { ByteString(join(name, $0)) }
    }
  }

  /// The layer of the configuration that a layer is, or is a part of; parts have a few names behind it.
  private func owner(of name: String) -> ByteString? {
    var bytes = Array(name.utf8)
    for _ in 0..<16 {
      let candidate = ByteString(bytes)
      if inbound[candidate] != nil { return candidate }
      guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
      bytes.removeSubrange(slash...)
    }
    return nil
  }

  /// Every edge once, sources in order; `nil` if they take more steps to find than the limit allows.
  func edges(_ layers: [Layer]) -> [LayerGraph.Edge]? {
    var edges: [LayerGraph.Edge] = []
    var steps = Steps(left: limits.maximumDataflow)
    for name in names {
      guard let own = positions[name] else { continue }
      let parts = Parts(own, layers)
      guard steps.take(own.count), let sources = sources(of: name, &steps) else { return nil }
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
  /// Whether its layers feed each other in order.
  fileprivate var isChain: Bool { className == "Sequential" }
}
