import DumpFormat
import MatrixSlicing
import ModelReading

/// A model's dump before its values are written: the document without digests, and where each value comes from.
struct DumpPlan {
  private(set) var document: DumpDocument
  /// In the order of `document.layers`.
  private(set) var tensors: [StoredTensor] = []
  private let options: DumpOptions
  /// The header of safetensors files has an entry of this name.
  private var names = UniqueNames(reserved: ["__metadata__"])
  private var stored: [StoredPlace: String] = [:]
  private var sourceCount = 0

  init(_ graph: LayerGraph, _ options: DumpOptions, version: String) {
    self.options = options
    document = DumpDocument(
      version: version, layout: options.layout,
      source: DumpDocument.Source(
        format: graph.format, variant: graph.variant, producer: graph.producer, files: graph.files.map(lastComponent),
        metadata: graph.metadata.map { DumpDocument.Fact(key: $0.key, value: $0.value) }),
      topology: graph.topology)
    let chosen = LayerSelection(graph, options.layerPatterns)
    for layer in chosen.layers { append(layer) }
    document.edges = chosen.edges
    document.otherTensors = chosen.otherTensors
    document.diagnostics = graph.diagnostics + document.diagnostics
  }

  private mutating func append(_ layer: Layer) {
    var result = DumpLayer(
      name: layer.name, kind: layer.kind, groups: layer.groups, note: layer.note, parameters: [], parts: [])
    for parameter in layer.parameters {
      if case .part = parameter.role {
        result.parts.append(TensorRecord(parameter.tensor))
      } else if let values = values(of: parameter, in: layer) {
        result.parameters.append(
          DumpParameter(
            role: parameter.role, name: parameter.tensor.name, aliases: parameter.aliases,
            axes: parameter.tensor.canonical.namedAxes, heads: parameter.heads, values: values))
      }
    }
    document.layers.append(result)
  }

  /// `nil` for what is left out: anything but weights where matrices are wanted.
  private mutating func values(of parameter: Parameter, in layer: Layer) -> DumpParameter.Values? {
    let name = "\(layer.name).\(parameter.role.label)"
    if let matrices = options.matrices {
      return parameter.isWeight ? self.matrices(of: parameter, in: layer, name, matrices) : nil
    }
    if options.layout == .weightwatcher { return flatValues(of: parameter, in: layer, name) }
    if let factors = parameter.factors {
      return .product(
        left: store(name + ".left", factors.left, factors.left.shape),
        right: store(name + ".right", factors.right, factors.right.shape), scale: factors.scale)
    }
    return .tensor(store(name, parameter))
  }

  /// As WeightWatcher takes them: matrices and kernels of four axes.
  private mutating func flatValues(of parameter: Parameter, in layer: Layer, _ name: String) -> DumpParameter.Values? {
    let shape = parameter.tensor.canonicalShape
    guard parameter.isWeight, shape.count != 2, !layer.isPlainConvolution || shape.count != 4 else {
      return .tensor(store(name, parameter))
    }
    return matrices(of: parameter, in: layer, name, DumpOptions.Matrices())
  }

  private mutating func matrices(
    of parameter: Parameter, in layer: Layer, _ name: String, _ matrices: DumpOptions.Matrices
  ) -> DumpParameter.Values? {
    let parameter = parameter.assuming(headWidth: matrices.headWidth)
    do throws(ReadError) {
      let sliced = try matrices.slicing.matrices(of: parameter, in: layer, perHead: matrices.perHead)
      var result: [DumpMatrix] = []
      sourceCount += 1
      for matrix in sliced.matrices {
        let origin = matrix.origin.map { ".\($0.axis).\($0.index.map(String.init).joined(separator: "."))" }.joined()
        let tensor = store(
          name + origin, try matrix.view(limits: options.limits), [matrix.rows, matrix.columns], source: sourceCount)
        result.append(DumpMatrix(matrix, tensor: tensor))
      }
      return .matrices(result)
    } catch {
      document.diagnostics.append(
        Diagnostic(.unsupportedTensor, parameter.tensor.name, error.message, hint: error.hint))
      return nil
    }
  }

  private mutating func store(_ name: String, _ parameter: Parameter) -> String {
    let tensor = parameter.tensor
    return store(name, tensor.canonical, parameter.role.isWeight ? tensor.canonicalShape : tensor.canonical.shape)
  }

  private mutating func store(_ name: String, _ view: Tensor, _ shape: [Int]) -> String {
    sourceCount += 1
    return store(name, view, shape, source: sourceCount)
  }

  /// The name under which the values are in the dump, that of an earlier tensor if they are the same.
  private mutating func store(_ name: String, _ view: Tensor, _ shape: [Int], source: Int) -> String {
    let elementType = options.elementType(of: view.elementType)
    let place = StoredPlace(view, shape, elementType)
    if let place, let known = stored[place] { return known }
    let unique = names.next(name)
    tensors.append(StoredTensor(name: unique, view: view, shape: shape, elementType: elementType, source: source))
    document.tensors.append(DumpTensor(name: unique, file: "", elementType: elementType, shape: shape, sha256: ""))
    if let place { stored[place] = unique }
    return unique
  }
}

extension DumpOptions {
  /// What elements of a type are written as.
  fileprivate func elementType(of type: ElementType) -> ElementType {
    guard type.isFloatingPoint else { return type }
    if let elementType { return layout == .safetensors || elementType != .bfloat16 ? elementType : .float32 }
    switch layout {
    case .safetensors, .ranges: return type
    // NumPy has no name for the others; every one of their values is a float.
    case .npy: return [.float16, .float32, .float64].contains(type) ? type : .float32
    // That tool computes in the precision of the file.
    case .weightwatcher: return type == .float64 ? .float64 : .float32
    }
  }
}

extension Tensor {
  fileprivate var namedAxes: [DumpAxis] { zip(axes, shape).map { DumpAxis($0, $1) } }
}

extension Layer {
  fileprivate var isPlainConvolution: Bool { if case .convolution = kind { groups == 1 } else { false } }
}

extension DumpMatrix {
  fileprivate init(_ matrix: WeightMatrix, tensor: String) {
    self.init(
      tensor: tensor, rows: matrix.rows, columns: matrix.columns, isTransposed: matrix.isTransposed,
      origin: matrix.origin.map { Origin(axis: $0.axis, index: $0.index) })
  }
}

private func lastComponent(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
