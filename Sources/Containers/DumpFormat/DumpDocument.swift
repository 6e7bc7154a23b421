public import ModelReading

/// What `graph.json` of a canonical layer dump says, schema `heavytail.dump/1`.
///
/// The fields and their order in the file are described in `docs/layer-dump.md`.
public struct DumpDocument: Sendable {
  /// Name and version of the schema.
  public static let schema = "heavytail.dump/1"
  /// What schemas of all versions begin with.
  public static let schemaPrefix = "heavytail.dump/"
  /// The file that holds the document.
  public static let fileName = "graph.json"

  /// How the values lie in files.
  public enum Layout: String, Sendable, CaseIterable {
    /// `weights.safetensors`, or several such files and their index.
    case safetensors
    /// One array in numpy's format per tensor.
    case npy
    /// The same, with the index that WeightWatcher reads.
    case weightwatcher
    /// Ranges of the model's own files; or, where a program prints the document, a safetensors text behind it.
    case ranges
  }

  /// The model that was dumped.
  public struct Source: Sendable, Equatable {
    public var format: String
    public var variant: String
    public var producer: String?
    /// Names of its files, the main one first, without their folders.
    public var files: [String]
    /// Facts that the files tell about themselves, in order.
    public var metadata: [Fact]

    public init(format: String, variant: String, producer: String?, files: [String], metadata: [Fact]) {
      self.format = format
      self.variant = variant
      self.producer = producer
      self.files = files
      self.metadata = metadata
    }
  }

  /// One entry of the metadata.
  public struct Fact: Sendable, Equatable {
    public var key: String
    public var value: String
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// Version of the program that wrote the dump.
  public var version: String
  public var layout: Layout
  public var source: Source
  /// Every file of the dump beside `graph.json`.
  public var files: [String]
  public var topology: LayerGraph.Topology
  public var layers: [DumpLayer]
  /// Indices into `layers`.
  public var edges: [LayerGraph.Edge]
  /// What is stored, in the order of the layers.
  public var tensors: [DumpTensor]
  /// What else the source lists: tensors in no layer, whose values are not in the dump, and other names of those in one.
  public var otherTensors: [TensorRecord]
  public var diagnostics: [Diagnostic]

  public init(
    version: String, layout: Layout, source: Source, files: [String] = [],
    topology: LayerGraph.Topology, layers: [DumpLayer] = [], edges: [LayerGraph.Edge] = [],
    tensors: [DumpTensor] = [], otherTensors: [TensorRecord] = [], diagnostics: [Diagnostic] = []
  ) {
    self.version = version
    self.layout = layout
    self.source = source
    self.files = files
    self.topology = topology
    self.layers = layers
    self.edges = edges
    self.tensors = tensors
    self.otherTensors = otherTensors
    self.diagnostics = diagnostics
  }
}

/// Values in one of the dump's files, or, with the layout `ranges`, of the model's.
public struct DumpTensor: Sendable, Equatable {
  /// Unique in the dump; its name in the safetensors file.
  public var name: String
  /// `nil` for a tensor behind the document.
  public var file: String?
  /// Position of its first byte in `file`; with the layout `ranges` only.
  public var offset: Int?
  /// Of each element.
  public var byteOrder: ByteOrder
  public var elementType: ElementType
  /// Canonical, `[output, input, spatial…]` for weights; with the layout `ranges` as stored.
  public var shape: [Int]
  /// Of the stored bytes: 64 lower-case hexadecimal digits. `nil` with the layout `ranges`.
  public var sha256: String?

  public init(
    name: String, file: String?, offset: Int? = nil, byteOrder: ByteOrder = .little, elementType: ElementType,
    shape: [Int], sha256: String?
  ) {
    self.name = name
    self.file = file
    self.offset = offset
    self.byteOrder = byteOrder
    self.elementType = elementType
    self.shape = shape
    self.sha256 = sha256
  }
}

/// A layer of a dump.
public struct DumpLayer: Sendable {
  public var name: String
  public var kind: LayerKind
  public var groups: Int
  public var note: String?
  public var parameters: [DumpParameter]
  /// What its weights were decoded from in the source; not in the dump.
  public var parts: [TensorRecord]

  public init(
    name: String, kind: LayerKind, groups: Int, note: String?, parameters: [DumpParameter], parts: [TensorRecord]
  ) {
    self.name = name
    self.kind = kind
    self.groups = groups
    self.note = note
    self.parameters = parameters
    self.parts = parts
  }
}

/// A tensor in its role.
public struct DumpParameter: Sendable {
  /// Where its values are.
  public enum Values: Sendable, Equatable {
    /// In the tensor of this name.
    case tensor(String)
    /// scale · left · right: `[output, rank]` times `[rank, input, spatial…]`.
    case product(left: String, right: String, scale: Double)
    /// Cut into matrices.
    case matrices([DumpMatrix])
  }

  public var role: Role
  /// Its name in the source.
  public var name: String
  /// Other names of the same tensor there.
  public var aliases: [String]
  /// What the axes are, in canonical order, with the layout `ranges` in that of the stored values; those that stack over the output are apart here and one in the tensor.
  public var axes: [DumpAxis]
  public var heads: AttentionHeads?
  public var values: Values

  public init(
    role: Role, name: String, aliases: [String], axes: [DumpAxis], heads: AttentionHeads?, values: Values
  ) {
    self.role = role
    self.name = name
    self.aliases = aliases
    self.axes = axes
    self.heads = heads
    self.values = values
  }
}

/// One axis and its extent.
public struct DumpAxis: Sendable, Equatable {
  public var axis: Axis
  public var extent: Int

  public init(_ axis: Axis, _ extent: Int) {
    self.axis = axis
    self.extent = extent
  }
}

/// A matrix N×M, N ≥ M, cut from a weight.
public struct DumpMatrix: Sendable, Equatable {
  /// Which of several it is: `("gate", [1])`, `("position", [0, 2])`.
  public struct Origin: Sendable, Equatable {
    public var axis: String
    public var index: [Int]
    public init(axis: String, index: [Int]) {
      self.axis = axis
      self.index = index
    }
  }

  /// Name of the tensor `[N, M]`.
  public var tensor: String
  public var rows: Int
  public var columns: Int
  /// Whether its rows are inputs.
  public var isTransposed: Bool
  /// Empty for a weight that is one matrix.
  public var origin: [Origin]

  public init(tensor: String, rows: Int, columns: Int, isTransposed: Bool, origin: [Origin]) {
    self.tensor = tensor
    self.rows = rows
    self.columns = columns
    self.isTransposed = isTransposed
    self.origin = origin
  }
}
