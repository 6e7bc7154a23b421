import HDF5
import ModelReading

/// Weights as Keras 1, 2 and 3 keep them in a "legacy" HDF5 file: a group per
/// layer, with the order of layers and weights in attributes.
struct LegacyWeights {
  private let file: HDF5File
  private let arrays: [ByteString: StoredArray]
  private let config: KerasLayerConfig?
  /// Path of the group that has the layers: `model_weights`, or the root.
  private let root: String
  private var result = WeightUnits()
  /// Scopes, of the layer being read, that hold a weight of three axes or more.
  private var highRankScopes: Set<String> = []

  private init(_ file: HDF5File, _ arrays: [StoredArray], root: String, config: KerasLayerConfig?) {
    self.file = file
    self.arrays = Dictionary(arrays.map { ($0.path, $0) }) { first, _ in first }
    self.root = root
    self.config = config
  }

  /// Whether the group at `path` lists layers.
  static func areIn(_ file: HDF5File, at path: String) -> Bool {
    guard let group = file.group(path) else { return false }
    return group.chunkedStrings("layer_names") != nil || group.attribute("nb_layers")?.integer != nil
  }

  /// The units in model order.
  static func units(
    _ file: HDF5File, _ arrays: [StoredArray], root: String, config: KerasLayerConfig?
  ) -> WeightUnits {
    var weights = LegacyWeights(file, arrays, root: root, config: config)
    weights.run()
    return weights.result
  }

  private mutating func run() {
    guard let group = file.group(root) else { return }
    if let names = group.chunkedStrings("layer_names") {
      var known = Set<ByteString>()
      for name in names {
        if known.insert(name).inserted {
          layer(name.description)
        } else {
          result.diagnostics.append(Diagnostic(.leftOut, name.description, "is listed twice among the layers"))
        }
      }
      layer("top_level_model_weights")
    } else {
      for index in 0..<numberedLayerCount(group) { numberedLayer(index) }
    }
  }

  private mutating func layer(_ name: String) {
    let path = join(root, name)
    guard let group = file.group(path) else {
      if name != "top_level_model_weights" {
        result.diagnostics.append(Diagnostic(.incomplete, name, "is listed among the layers and has no group"))
      }
      return
    }
    var builder = UnitBuilder()
    highRankScopes = []
    for weight in group.chunkedStrings("weight_names") ?? [] {
      guard let array = arrays[ByteString(join(path, weight.description))] else {
        result.diagnostics.append(
          Diagnostic(.incomplete, join(path, weight.description), "is listed among the weights and is not there"))
        continue
      }
      add(array, layer: name, weight: weight.description, to: &builder)
    }
    result.units += builder.units
  }

  private mutating func add(_ array: StoredArray, layer: String, weight: String, to builder: inout UnitBuilder) {
    let parts = LegacyWeightName(weight, layer: layer)
    var place = LayerPlace(topLevel: layer, in: config)
    let scopes = parts.scopes.joined(separator: "/")
    if array.shape.count >= 3 { highRankScopes.insert(scopes) }
    // A bias has fewer axes than its kernel, which stands before it.
    let rank = highRankScopes.contains(scopes) ? 3 : array.shape.count
    for scope in parts.scopes { place.enter(scope, rank: rank) }
    builder.add(.init(name: parts.variable, array: array), to: place)
  }

  // Keras 0.x: no names at all.

  private func numberedLayerCount(_ group: HDF5Index.Group) -> Int {
    min(group.attribute("nb_layers")?.integer ?? 0, file.index.groups.count)
  }

  private mutating func numberedLayer(_ index: Int) {
    let name = "layer_\(index)"
    var variables: [WeightUnit.Variable] = []
    while let array = arrays[ByteString(join(root, "\(name)/param_\(variables.count)"))] {
      variables.append(.init(name: String(variables.count), array: array))
    }
    guard !variables.isEmpty else { return }
    result.units.append(WeightUnit(name: name, kerasClass: nil, config: nil, variables: variables))
  }
}

/// Collects variables into units, in the order in which each unit is first met.
struct UnitBuilder {
  private(set) var units: [WeightUnit] = []
  private var positions: [ByteString: Int] = [:]

  mutating func add(_ variable: WeightUnit.Variable, to place: LayerPlace) {
    let key = ByteString(place.name)
    if let position = positions[key] {
      units[position].variables.append(variable)
    } else {
      positions[key] = units.count
      units.append(
        WeightUnit(name: place.name, kerasClass: place.kerasClass, config: place.config, variables: [variable]))
    }
  }
}

extension HDF5Index.Group {
  /// A list of strings, which Keras splits into `name0`, `name1`, … when it is long.
  func chunkedStrings(_ name: String) -> [ByteString]? {
    if let plain = attribute(name) { return plain.strings }
    var all: [ByteString] = []
    var count = 0
    while let part = attribute(name + String(count))?.strings {
      all += part
      count += 1
    }
    return count == 0 ? nil : all
  }
}

func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "/" + name }
