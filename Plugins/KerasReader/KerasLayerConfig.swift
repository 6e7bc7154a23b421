import ModelReading

/// A layer as a model's configuration describes it, as far as weights need.
struct KerasLayerConfig: Sendable {
  var className: String
  /// The name it was given; unique among its siblings.
  var name: String
  /// Layers of a model that is used as a layer.
  var layers: [KerasLayerConfig] = [] {
    didSet {
      savedPositions = Self.savedPositions(of: layers)
      positions = Dictionary(layers.indices.map { (ByteString(layers[$0].name), $0) }) { first, _ in first }
    }
  }
  /// The layer inside a wrapper, or the cell inside an RNN; no more than one.
  var inner: [KerasLayerConfig] = []
  /// Names of the layers whose output it takes, in the same model.
  var inbound: [String] = []
  /// Of a model: its layers that take what feeds it, and those whose output is its own.
  var inputNames: [String] = []
  var outputNames: [String] = []

  var groups = 1
  /// Of an EinsumDense: `ab,bc->ac`.
  var equation: String?
  /// Of Keras 1: `th` or `tf`.
  var dimOrdering: String?
  /// Filters or units: how many outputs.
  var outputs: Int?
  /// Extents of its input, the batch first, and of an EinsumDense's output, without; `nil` for one that varies.
  var inputs: [Int?] = []
  var outputShape: [Int?] = []
  var hasScale = true
  var hasCenter = true
  /// What its variables are made of, where the configuration says so plainly: `bfloat16`.
  var variableType: String?
  /// `int8`, `int4`, `float8`, …, if its kernel was quantised.
  var quantization: String?

  private var savedPositions: [String: Int] = [:]
  private var positions: [ByteString: Int] = [:]

  init(className: String, name: String) {
    self.className = className
    self.name = name
  }

  var kerasClass: KerasClass { KerasClass(className: className) }
  var isModel: Bool { !layers.isEmpty }
}

extension KerasLayerConfig {
  func layer(named name: String) -> KerasLayerConfig? { positions[ByteString(name)].map { layers[$0] } }

  /// The layer that Keras 3 saves under `name`.
  func layer(savedAs name: String) -> KerasLayerConfig? { savedPositions[name].map { layers[$0] } }

  /// The names under which Keras 3 saves layers: class names in snake case,
  /// counted per class in order, whatever the layers are called.
  private static func savedPositions(of layers: [KerasLayerConfig]) -> [String: Int] {
    var counts: [String: Int] = [:]
    var result: [String: Int] = [:]
    for (position, layer) in layers.enumerated() {
      let stem = snakeCase(layer.className)
      let count = counts[stem, default: 0]
      counts[stem] = count + 1
      result[count == 0 ? stem : "\(stem)_\(count)"] = position
    }
    return result
  }
}
