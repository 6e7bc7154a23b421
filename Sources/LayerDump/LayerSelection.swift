import ModelReading

/// The layers of a model whose names match, and what is among them.
struct LayerSelection {
  let layers: [Layer]
  /// Edges between layers that are both here.
  let edges: [LayerGraph.Edge]
  /// Other entries of the inventory: tensors of no layer, and other names of those that are here.
  let otherTensors: [TensorRecord]

  /// - Parameter patterns: of a layer's name, or of `<layer>.<role>`; everything if empty.
  init(_ graph: LayerGraph, _ patterns: [String]) {
    let globs = patterns.map { Glob($0) }
    func isWanted(_ name: String) -> Bool { globs.isEmpty || globs.contains { $0.matches(name) } }
    var layers: [Layer] = []
    var indices: [Int: Int] = [:]
    for (index, layer) in graph.layers.enumerated() {
      var chosen = layer
      if !isWanted(layer.name) {
        chosen.parameters.removeAll { !isWanted("\(layer.name).\($0.role.label)") }
        if chosen.parameters.isEmpty { continue }
      }
      indices[index] = layers.count
      layers.append(chosen)
    }
    self.layers = layers
    edges = graph.edges.compactMap { edge in
      guard let source = indices[edge.source], let target = indices[edge.target] else { return nil }
      return LayerGraph.Edge(from: source, to: target)
    }
    var known = Set(graph.layers.lazy.flatMap(\.parameters).map { ByteString($0.tensor.name) })
    for (index, layer) in graph.layers.enumerated() where indices[index] == nil {
      known.formUnion(layer.parameters.lazy.flatMap(\.aliases).map { ByteString($0) })
    }
    otherTensors = graph.inventory.filter { !known.contains(ByteString($0.name)) }
  }
}
