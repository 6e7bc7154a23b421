import ModelReading

/// A walk from a model to one of its layers, along a path from a file and
/// along the configuration as far as that goes.
struct LayerPlace {
  /// Name of the layer reached: names of nested layers joined by `/`.
  private(set) var name: String
  private(set) var kerasClass: KerasClass?
  private(set) var config: KerasLayerConfig?
  /// Whether this is inside a stack of cells.
  private var isStack = false

  /// The layer `name` of a model.
  init(topLevel name: String, in model: KerasLayerConfig?) {
    self.name = name
    config = model?.layer(named: name)
    kerasClass = config?.kerasClass ?? KerasClass(automaticName: name)
  }

  /// The model itself.
  init(model: KerasLayerConfig?) {
    name = ""
    config = model
    kerasClass = .container
  }

  /// Goes to a layer inside: down a scope of a legacy weight name.
  /// - Parameter rank: of the weight; tells an attention's projections from plain ones.
  mutating func enter(_ scope: String, rank: Int) {
    if enterStack(scope) { return }
    if let config, config.isModel {
      guard let layer = config.layer(named: scope) else { return descend(scope) }
      return enter(layer)
    }
    if enterDirection(scope) || enterProjection(scope, rank: rank) || enterCell(scope) { return }
    if let config {
      // Inside a wrapper stands its layer; inside any other known layer, a scope says nothing.
      if let inner = config.inner.first {
        replace(by: inner)
      } else if case .other = kerasClass {
        descend(scope)
      } else if kerasClass == .container {
        descend(scope)
      }
      return
    }
    descend(scope)
  }

  /// Goes down an attribute of a layer object, as Keras 3 saves them.
  /// - Parameter savedName: what the file calls the object there.
  mutating func enter(attribute: String, savedName: String?) {
    let plain = attribute.hasPrefix("_") ? String(attribute.dropFirst()) : attribute
    if enterDirection(plain) { return }
    if kerasClass == .attention, let part = Self.savedProjections[plain] {
      name = join(name, part)
      config = nil
      return
    }
    let automatic = savedName.flatMap { KerasClass(automaticName: $0) }
    if plain == "cell" {
      if case .recurrent = kerasClass { return }
      kerasClass = config?.inner.first?.kerasClass ?? automatic ?? kerasClass
    } else if plain == "layer", kerasClass == .container {
      if let inner = config?.inner.first { replace(by: inner) } else { kerasClass = automatic }
    } else {
      name = join(name, attribute)
      kerasClass = automatic
      config = nil
    }
  }

  /// Goes to a layer of a model by the name it is saved under.
  mutating func enter(saved segment: String, savedName: String?) {
    let layer = config?.layer(savedAs: segment)
    name = join(name, savedName ?? layer?.name ?? segment)
    config = layer
    kerasClass = layer?.kerasClass ?? KerasClass(automaticName: segment)
  }

  private mutating func enter(_ layer: KerasLayerConfig) {
    name = join(name, layer.name)
    replace(by: layer)
  }

  private mutating func replace(by layer: KerasLayerConfig) {
    config = layer
    kerasClass = layer.kerasClass
  }

  private mutating func descend(_ scope: String) {
    name = join(name, scope)
    config = nil
    kerasClass = KerasClass(automaticName: scope)
  }

  /// `forward_lstm`, `backward_layer`: the halves of a Bidirectional.
  private mutating func enterDirection(_ scope: String) -> Bool {
    guard kerasClass == .container || kerasClass == nil || config == nil,
      let direction = ["forward", "backward"].first(where: { scope.hasPrefix($0 + "_") })
    else { return false }
    name = join(name, direction)
    let stem = String(scope.dropFirst(direction.count + 1))
    kerasClass = config?.inner.first?.kerasClass ?? KerasClass(automaticName: stem)
    config = config?.inner.first
    return true
  }

  private mutating func enterProjection(_ scope: String, rank: Int) -> Bool {
    guard kerasClass == .attention || (config == nil && rank >= 3), let part = Self.projections[scope] else {
      // A bias has fewer axes: it follows the kernel that came before it.
      return false
    }
    name = join(name, part)
    kerasClass = .attention
    config = nil
    return true
  }

  /// `stacked_rnn_cells/gru_cell`: cells one behind the other, each a layer of its own.
  private mutating func enterStack(_ scope: String) -> Bool {
    if withoutIndex(scope) == "stacked_rnn_cells" {
      descend("cells")
      isStack = true
      return true
    }
    if isStack { descend(scope) }
    return isStack
  }

  /// `lstm_cell`, `gru_cell_4`: what an RNN layer runs.
  private mutating func enterCell(_ scope: String) -> Bool {
    guard withoutIndex(scope).hasSuffix("cell"), let found = KerasClass(automaticName: scope) else { return false }
    if case .recurrent = kerasClass { return true }
    if case .convolutionalLSTM = kerasClass { return true }
    kerasClass = config?.inner.first?.kerasClass ?? found
    return true
  }

  private static let projections = [
    "query": "query", "key": "key", "value": "value", "attention_output": "output",
  ]
  private static let savedProjections = [
    "query_dense": "query", "key_dense": "key", "value_dense": "value", "output_dense": "output",
  ]
}
