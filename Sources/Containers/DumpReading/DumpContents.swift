public import DumpFormat
public import ModelReading

/// A dump whose document and values agree.
public struct DumpContents {
  private let document: DumpDocument
  private let path: String
  private let folder: ModelDirectory
  private let values: TensorFiles
  /// The stored values by their names.
  private let tensors: [ByteString: Tensor]
  private let limits: Limits

  /// Finds the values of a document.
  ///
  /// - Parameters:
  ///   - path: what errors call the document.
  ///   - folder: the only place where its files are looked for.
  ///   - model: the file that it describes, if that is open already.
  ///   - stream: what stands behind the document: the tensors that are in no file, as a safetensors text.
  /// - Throws: `.malformed` where document and values contradict each other, `.unsafeContent` for a file outside the
  ///   folder, and what is wrong with the files.
  public init(
    _ document: DumpDocument, path: String, folder: ModelDirectory, model: MappedFile? = nil,
    stream: ByteSource? = nil, limits: Limits
  ) throws(ReadError) {
    var values = TensorFiles(folder, document, index: path, model: model, stream: stream, limits)
    var tensors: [ByteString: Tensor] = [:]
    for tensor in document.tensors { tensors[ByteString(tensor.name)] = try values.tensor(tensor) }
    self.document = document
    self.path = path
    self.folder = folder
    self.values = values
    self.tensors = tensors
    self.limits = limits
  }

  /// The stored tensors with their digests, in the order of the document; none of the layout `ranges`.
  public var digests: [(tensor: Tensor, sha256: String)] {
    document.tensors.compactMap { entry in
      guard let tensor = tensors[ByteString(entry.name)], let digest = entry.sha256 else { return nil }
      return (tensor, digest)
    }
  }

  /// Paths of the files with values, in the order of their first use, then of the others that the document lists.
  public var files: [String] {
    let names = values.names
    return values.paths
      + document.files.filter { !names.contains(ByteString($0)) && folder.contains($0) }.map { folder.path + "/" + $0 }
  }

  /// - Parameters:
  ///   - format: name of the reader's format.
  ///   - files: what the graph is to list.
  /// - Throws: `.malformed` where layers and tensors contradict each other.
  public func graph(format: String, variant: String, files: [String]) throws(ReadError) -> LayerGraph {
    var layers: [Layer] = []
    var inventory: [TensorRecord] = []
    var diagnostics = document.diagnostics
    for layer in document.layers {
      let parts = try self.layers(layer)
      layers += parts
      inventory += parts.flatMap(\.parameters).map { TensorRecord($0.tensor) } + layer.parts
      diagnostics += layer.parts.map {
        Diagnostic(.leftOut, $0.name, "is a piece that a weight of '\(layer.name)' was decoded from")
      }
    }
    // Several parameters may be parts of one tensor.
    var names = Set<ByteString>()
    inventory = (inventory + unused + document.otherTensors + values.strays)
      .filter { names.insert(ByteString($0.name)).inserted }
    let isWhole = layers.count == document.layers.count
    return LayerGraph(
      format: format, variant: variant, producer: document.source.producer, files: files,
      metadata: document.source.metadata.map { ($0.key, $0.value) }, layers: layers,
      edges: isWhole ? document.edges : [], topology: isWhole ? document.topology : .order,
      inventory: inventory, diagnostics: diagnostics + strayDiagnostics)
  }

  /// Tensors of the document that no layer refers to.
  private var unused: [TensorRecord] {
    let used = Set(document.layers.flatMap(\.parameters).flatMap(\.values.tensors).map { ByteString($0) })
    return document.tensors.filter { !used.contains(ByteString($0.name)) }.map {
      TensorRecord(name: $0.name, elementType: $0.elementType.rawValue, shape: $0.shape)
    }
  }

  private var strayDiagnostics: [Diagnostic] {
    values.strays.map {
      Diagnostic(.leftOut, $0.name, "is in the files of the dump and not in its \(DumpDocument.fileName)")
    }
  }

  /// The layer, or one for each of its matrices.
  private func layers(_ layer: DumpLayer) throws(ReadError) -> [Layer] {
    var whole = Layer(name: layer.name, kind: layer.kind, parameters: [], groups: layer.groups, note: layer.note)
    var matrices: [Layer] = []
    for parameter in layer.parameters {
      switch parameter.values {
      case .matrices(let parts):
        let name = layer.weightCount == 1 ? layer.name : "\(layer.name).\(parameter.role.label)"
        for part in parts { matrices.append(try self.layer(part, of: parameter, layer, name)) }
      case .tensor(let name): whole.parameters.append(try self.parameter(parameter, stored: name, layer))
      case .product(let left, let right, let scale):
        whole.parameters.append(try product(parameter, left, right, scale, layer))
      }
    }
    return whole.parameters.isEmpty && !matrices.isEmpty ? matrices : [whole] + matrices
  }

  private func parameter(_ parameter: DumpParameter, stored name: String, _ layer: DumpLayer) throws(ReadError)
    -> Parameter
  {
    let stored = try tensor(name)
    let tensor = try Tensor(
      name: parameter.name, elementType: stored.elementType, byteOrder: stored.byteOrder,
      shape: parameter.axes.map(\.extent), axes: parameter.axes.map(\.axis), storage: stored.storage, limits: limits)
    let isCanonical = document.layout != .ranges
    if isCanonical { try check(parameter, tensor, layer) }
    let shape = parameter.role.isWeight && isCanonical ? tensor.canonicalShape : tensor.shape
    guard shape == stored.shape else {
      throw error("has axes of the shape \(shape) and a tensor '\(name)' of \(stored.shape)", layer)
    }
    return Parameter(parameter.role, tensor, aliases: parameter.aliases, heads: parameter.heads)
  }

  private func product(
    _ parameter: DumpParameter, _ left: String, _ right: String, _ scale: Double, _ layer: DumpLayer
  ) throws(ReadError) -> Parameter {
    guard let factors = LowRankFactors(left: try tensor(left), right: try tensor(right), scale: scale) else {
      throw error("has factors '\(left)' and '\(right)' that cannot be multiplied", layer)
    }
    let product = try factors.product(named: parameter.name, limits: limits)
    guard product.shape == parameter.axes.map(\.extent) else {
      throw error("has a product of \(product.shape) where its axes are \(parameter.axes.map(\.extent))", layer)
    }
    return Parameter(
      parameter.role, product.labelled(parameter.axes.map(\.axis)), aliases: parameter.aliases, factors: factors,
      heads: parameter.heads)
  }

  /// A matrix as a layer of its own, named as analyses name the rows of matrices.
  private func layer(
    _ matrix: DumpMatrix, of parameter: DumpParameter, _ layer: DumpLayer, _ name: String
  ) throws(ReadError) -> Layer {
    let stored = try tensor(matrix.tensor)
    guard stored.shape == [matrix.rows, matrix.columns] else {
      throw error("has a matrix of \(matrix.rows)×\(matrix.columns) and a tensor of \(stored.shape)", layer)
    }
    let origin = matrix.origin.map { "[\($0.axis) \($0.index.map(String.init).joined(separator: ","))]" }.joined()
    return Layer(
      name: name + origin, kind: layer.kind,
      parameters: [
        Parameter(parameter.role, stored.labelled(matrix.isTransposed ? [.input, .output] : [.output, .input]))
      ],
      note: layer.note)
  }

  private func tensor(_ name: String) throws(ReadError) -> Tensor {
    guard let tensor = tensors[ByteString(name)] else {
      throw ReadError(.malformed, "has no tensor of this name", file: path, subject: name)
    }
    return tensor
  }

  /// The axes are in the order in which the values lie, and groups and heads divide them.
  private func check(_ parameter: DumpParameter, _ tensor: Tensor, _ layer: DumpLayer) throws(ReadError) {
    guard tensor.canonical.axes == tensor.axes else {
      throw error("has axes in another order than the canonical one: \(tensor.axes.map(\.label))", layer)
    }
  }

  private func error(_ message: String, _ layer: DumpLayer) -> ReadError {
    ReadError(.malformed, message, file: path, subject: layer.name)
  }
}

extension DumpLayer {
  fileprivate var weightCount: Int { parameters.count { $0.role.isWeight } }
}
