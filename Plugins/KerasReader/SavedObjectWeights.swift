import ModelReading

/// Weights as Keras 3 keeps them: the tree of objects that the model is, each
/// with a group `vars` of numbered variables.
///
///     layers/conv2d_1/vars/0
///     layers/bidirectional/forward_layer/cell/vars/2
///
/// A path names classes, not layers: the true name is an attribute of `vars`,
/// or is found by counting the layers of the configuration as Keras counted.
struct SavedObjectWeights {
  private let store: WeightStore
  private let config: KerasLayerConfig?
  private var found: [(unit: WeightUnit, order: Int)] = []
  private var positions: [ByteString: Int] = [:]

  static func areIn(_ store: WeightStore) -> Bool {
    store.arrays.contains { isVariable(components(of: $0.path)) }
  }

  /// The units in the order in which they were saved: that of the model.
  static func units(_ store: WeightStore, config: KerasLayerConfig?) -> WeightUnits {
    var weights = SavedObjectWeights(store: store, config: config)
    var result = WeightUnits()
    for array in store.arrays { weights.add(array, &result) }
    result.units = weights.ordered.map(\.inPositionOrder)
    return result
  }

  /// Layers in the order in which they were saved. The parts of one layer are
  /// saved in the order of their names, and stand here in that of their use.
  private var ordered: [WeightUnit] {
    var starts: [ByteString: Int] = [:]
    for (unit, order) in found { starts[unit.owner, default: order] = min(starts[unit.owner] ?? order, order) }
    let keyed = found.enumerated().map { index, element in
      (key: (starts[element.unit.owner] ?? 0, element.unit.partRank, element.order, index), unit: element.unit)
    }
    return keyed.sorted { $0.key < $1.key }.map(\.unit)
  }

  private init(store: WeightStore, config: KerasLayerConfig?) {
    self.store = store
    self.config = config
  }

  private mutating func add(_ array: StoredArray, _ result: inout WeightUnits) {
    let path = Self.components(of: array.path)
    guard Self.isVariable(path) else { return }
    if path.contains(where: Self.optimizerScopes.contains) {
      result.leftOut.insert(array.path)
      return
    }
    let variable = WeightUnit.Variable(name: path[path.count - 1], array: array)
    let owner = ByteString(path.dropLast().joined(separator: "/"))
    if let position = positions[owner] {
      found[position].unit.variables.append(variable)
      found[position].order = min(found[position].order, array.order)
      return
    }
    let place = place(Array(path.dropLast(2)))
    positions[owner] = found.count
    found.append(
      (
        WeightUnit(name: place.name, kerasClass: place.kerasClass, config: place.config, variables: [variable]),
        array.order
      ))
  }

  /// The layer that owns `vars` below `path`.
  private func place(_ path: [String]) -> LayerPlace {
    var place = LayerPlace(model: config)
    var walked = ""
    var index = 0
    while index < path.count {
      let component = path[index]
      walked = join(walked, component)
      index += 1
      if Self.layerContainers.contains(component), index < path.count {
        let segment = path[index]
        walked = join(walked, segment)
        index += 1
        place.enter(saved: segment, savedName: store.savedName(at: walked))
      } else {
        place.enter(attribute: component, savedName: store.savedName(at: walked))
      }
    }
    return place
  }

  private static func isVariable(_ path: [String]) -> Bool { path.count >= 2 && path[path.count - 2] == "vars" }

  private static func components(of path: ByteString) -> [String] {
    path.description.split(separator: "/").map(String.init)
  }

  /// What Keras 3, and TensorFlow's Keras before it, call the list of a model's layers.
  private static let layerContainers: Set<String> = ["layers", "_layer_checkpoint_dependencies"]
  static let optimizerScopes: Set<String> = ["optimizer", "_optimizer"]
}

extension WeightUnit {
  private static let parts = ["forward", "backward", "query", "key", "value", "output"]

  /// Position among the parts of one layer; nothing else has one.
  fileprivate var partRank: Int {
    guard name.contains("/"), let last = name.split(separator: "/").last else { return 0 }
    return Self.parts.firstIndex(of: String(last)) ?? 0
  }

  /// The layer that this unit is, or is a part of.
  fileprivate var owner: ByteString {
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPart = components.count > 1 && Self.parts.contains(String(components[components.count - 1]))
    return ByteString(isPart ? components.dropLast().joined(separator: "/") : name)
  }

  /// Variables sorted by position; HDF5 lists 10 before 2.
  fileprivate var inPositionOrder: WeightUnit {
    var copy = self
    copy.variables.sort { a, b in
      switch (Int(a.name), Int(b.name)) {
      case (let x?, let y?): x < y
      case (nil, nil): false
      case (let x, _): x != nil
      }
    }
    return copy
  }
}
