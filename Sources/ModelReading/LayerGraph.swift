/// A model as every reader hands it over: layers, where they come from, and
/// what could not be turned into one.
public struct LayerGraph: Sendable {
  /// How `layers` are ordered, and whether `edges` mean anything.
  public enum Topology: String, Sendable {
    /// `edges` holds the dataflow that the format records.
    case dataflow
    /// The order of `layers` is all there is.
    case order
  }

  /// From layer `source` to layer `target`, both indices into `layers`.
  public struct Edge: Sendable, Hashable {
    public var source: Int
    public var target: Int
    public init(from source: Int, to target: Int) {
      self.source = source
      self.target = target
    }
  }

  /// Name of the format: that of the reader.
  public var format: String
  /// Which of the format's containers it is, in a few words: "zip", "legacy", "sharded".
  public var variant: String
  /// The program that wrote the file, with its version, if the file says.
  public var producer: String?
  /// Every file that was opened, the main one first.
  public var files: [String]
  /// Facts for a report's header, in the order to show them.
  public var metadata: [(key: String, value: String)]
  /// Forward order where the format records it, file order otherwise.
  public var layers: [Layer]
  public var edges: [Edge]
  public var topology: Topology
  /// Every tensor the reader met, whatever became of it.
  public var inventory: [TensorRecord]
  public var diagnostics: [Diagnostic]

  public init(
    format: String, variant: String, producer: String? = nil, files: [String],
    metadata: [(key: String, value: String)] = [], layers: [Layer], edges: [Edge] = [], topology: Topology = .order,
    inventory: [TensorRecord], diagnostics: [Diagnostic] = []
  ) {
    self.format = format
    self.variant = variant
    self.producer = producer
    self.files = files
    self.metadata = metadata
    self.layers = layers
    self.edges = edges
    self.topology = topology
    self.inventory = inventory
    self.diagnostics = diagnostics
  }
}

extension LayerGraph {
  /// Elements of all parameters of all layers, tied ones once. The stored parts of a dequantised
  /// weight count as the weight they make, a product of low rank as its factors.
  public var parameterCount: Int {
    layers.lazy.flatMap(\.parameters).reduce(0) { sum, parameter in
      if parameter.factors != nil { return sum }
      if case .part = parameter.role { return sum }
      return sum.addingReportingOverflow(parameter.tensor.elementCount).partialValue
    }
  }
}

extension LayerGraph {
  /// The weights of all layers as (index of the layer, row name, parameter), in order.
  ///
  /// A layer with one weight gives its name to the row; others add the role.
  public var weights: [(layerID: Int, name: String, parameter: Parameter)] {
    layers.enumerated().flatMap { index, layer in
      let weights = layer.parameters.filter(\.isWeight)
      return weights.map { weight in
        (index, weights.count == 1 ? layer.name : "\(layer.name).\(weight.role.label)", weight)
      }
    }
  }
}

extension LayerGraph {
  /// Tensors that the reader met and that are no layer's parameter.
  public var otherTensors: [TensorRecord] {
    var known = Set<ByteString>()
    for parameter in layers.lazy.flatMap(\.parameters) {
      known.insert(ByteString(parameter.tensor.name))
      known.formUnion(parameter.aliases.map { ByteString($0) })
    }
    return inventory.filter { !known.contains(ByteString($0.name)) }
  }
}

/// A tensor as the file lists it.
public struct TensorRecord: Sendable {
  public var name: String
  /// As the file spells it, when no `ElementType` fits.
  public var elementType: String
  public var shape: [Int]
  public init(name: String, elementType: String, shape: [Int]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }
  public init(_ tensor: Tensor) {
    self.init(name: tensor.name, elementType: tensor.elementType.rawValue, shape: tensor.shape)
  }
}

/// Something worth telling about a model that is not an error: what was left
/// out and why, what was inferred, what looks suspicious.
public struct Diagnostic: Sendable, Equatable {
  public enum Code: String, Sendable {
    /// A tensor of two axes or more that is no layer's weight.
    case notAWeight = "not_a_weight"
    /// A tensor stored in a way that is not read.
    case unsupportedTensor = "unsupported_tensor"
    /// A tensor that could not be read.
    case unreadableTensor = "unreadable_tensor"
    /// Something in the file that was left out on purpose: optimizer state, a training copy.
    /// A subject that ends in `/` stands for every tensor below it.
    case leftOut = "left_out"
    /// Something that a framework's own loader would have executed or fetched.
    case unsafeContent = "unsafe_content"
    /// A statement that rests on names or shapes alone.
    case inferred
    /// A weight without a partner in the model it is compared with, or no weight to be combined with.
    case unmatched
    /// Part of the model is missing: a shard, an external file.
    case incomplete
  }

  public var code: Code
  /// The tensor, layer or file it is about.
  public var subject: String
  /// Present tense, no full stop.
  public var message: String
  public var hint: String?

  public init(_ code: Code, _ subject: String, _ message: String, hint: String? = nil) {
    self.code = code
    self.subject = subject
    self.message = message
    self.hint = hint
  }
}

extension LayerGraph {
  /// The same graph, with a diagnostic for every tensor of two axes or more
  /// that is neither a parameter of a layer nor mentioned already: no silent holes.
  public func accountingForEveryTensor() -> LayerGraph {
    var known = Set<ByteString>()
    for parameter in layers.lazy.flatMap(\.parameters) {
      known.insert(ByteString(parameter.tensor.name))
      for alias in parameter.aliases { known.insert(ByteString(alias)) }
    }
    var scopes: [String] = []
    for diagnostic in diagnostics {
      known.insert(ByteString(diagnostic.subject))
      if diagnostic.code == .leftOut, diagnostic.subject.hasSuffix("/") { scopes.append(diagnostic.subject) }
    }
    var copy = self
    for record in inventory where record.shape.count >= 2 && !known.contains(ByteString(record.name)) {
      if scopes.contains(where: { record.name.utf8.starts(with: $0.utf8) }) { continue }
      copy.diagnostics.append(
        Diagnostic(.notAWeight, record.name, "is \(record.elementType) \(record.shape) and no layer's weight"))
    }
    return copy
  }
}
