import HDF5
import ModelReading

/// Makes layers of units of weights.
struct LayerBuilder {
  private let file: HDF5File
  private let isKeras1: Bool
  private(set) var layers: [Layer] = []
  private(set) var diagnostics: [Diagnostic] = []
  private var names: Set<ByteString> = []
  /// For each name, how many layers asked for it.
  private var requests: [ByteString: Int] = [:]

  init(_ file: HDF5File, isKeras1: Bool) {
    self.file = file
    self.isKeras1 = isKeras1
  }

  mutating func add(_ unit: WeightUnit) {
    let variables = VariableName.names(of: unit)
    let known = unit.kerasClass.flatMap { $0.isTelling ? $0 : nil }
    let kerasClass = known ?? ClassInference.infer(unit, names: variables)
    let parameters = parameters(of: unit, kerasClass, variables)
    guard !parameters.isEmpty, unit.isWorthALayer else { return }
    let note = known == nil && kerasClass?.isGuess != false ? "kind told from the names and shapes of its weights" : nil
    guard case .separable(let rank) = kerasClass else {
      let kind = kerasClass?.kind ?? unit.kerasClass?.kind ?? .other(unit.isPlain ? "matrix" : "unknown")
      return append(
        Layer(
          name: unit.name, kind: kind, parameters: parameters.map(\.parameter), groups: unit.groups(kerasClass),
          note: note))
    }
    appendSeparable(unit, rank, parameters, note)
  }

  /// A separable convolution is two layers; the bias belongs to the second.
  private mutating func appendSeparable(
    _ unit: WeightUnit, _ rank: Int, _ parameters: [(name: String, parameter: Parameter)], _ note: String?
  ) {
    func kernel(_ parameter: Parameter) -> Parameter { Parameter(.kernel, parameter.tensor) }
    let depthwise = parameters.filter { $0.name == "depthwise_kernel" }.map { kernel($0.parameter) }
    let pointwise = parameters.filter { $0.name == "pointwise_kernel" }.map { kernel($0.parameter) }
    let rest = parameters.filter { $0.name != "depthwise_kernel" && $0.name != "pointwise_kernel" }.map(\.parameter)
    if let tensor = depthwise.first?.tensor {
      append(
        Layer(
          name: unit.name + "/depthwise", kind: .depthwiseConvolution(rank: rank), parameters: depthwise,
          groups: tensor.extent(of: .group), note: note))
    }
    append(
      Layer(
        name: unit.name + "/pointwise", kind: .convolution(rank: rank), parameters: pointwise + rest, note: note))
  }

  private mutating func append(_ layer: Layer) {
    var layer = layer
    let name = layer.name
    var count = requests[ByteString(name), default: 0]
    repeat {
      count += 1
      layer.name = count == 1 ? name : "\(name)#\(count)"
    } while !names.insert(ByteString(layer.name)).inserted
    requests[ByteString(name)] = count
    layers.append(layer)
  }

  private mutating func parameters(
    of unit: WeightUnit, _ kerasClass: KerasClass?, _ names: [String]
  ) -> [(name: String, parameter: Parameter)] {
    let bias = names.firstIndex(of: "bias").map { unit.variables[$0].dataset.shape }
    var result: [(name: String, parameter: Parameter)] = []
    let scale = names.firstIndex(of: "kernel_scale").map { unit.variables[$0].dataset }
    for (name, variable) in zip(names, unit.variables) {
      guard var tensor = tensor(variable.dataset.typed(by: unit.config)) else { continue }
      if name == "kernel", let kerasClass, let scale, let weights = dequantized(tensor, scale, kerasClass) {
        tensor = weights
      }
      let role = VariableName.role(name)
      let axes = kerasClass.map { KernelAxes(kerasClass: $0, unit: unit, bias: bias, isKeras1: isKeras1) }
      if let labelled = axes?.labelled(tensor, name) {
        guard accept(labelled, role, unit) else { continue }
        result.append((name, Parameter(name.isGate ? .weight(name.gateLabel) : role, labelled)))
      } else if tensor.rank < 2 {
        result.append((name, Parameter(role.isWeight ? .other(name) : role, tensor)))
      } else if let matrix = plainMatrix(tensor, unit) {
        result.append((name, Parameter(.weight(name), matrix)))
      } else {
        unexplained(tensor, name, unit)
      }
    }
    return result
  }

  private mutating func tensor(_ dataset: HDF5Index.Dataset) -> Tensor? {
    do throws(ReadError) {
      return try file.tensor(dataset)
    } catch {
      diagnostics.append(.unusable(dataset, error))
      return nil
    }
  }

  /// The weights that a kernel of whole numbers stands for, or `nil`.
  private mutating func dequantized(
    _ kernel: Tensor, _ scale: HDF5Index.Dataset, _ kerasClass: KerasClass
  ) -> Tensor? {
    guard let scale = tensor(scale), let quantized = QuantizedKernel(kernel, scale: scale, of: kerasClass) else {
      return nil
    }
    return try? quantized.weights()
  }

  /// Whether the weight's elements are numbers with a fraction.
  private mutating func accept(_ tensor: Tensor, _ role: Role, _ unit: WeightUnit) -> Bool {
    guard role.isWeight, !tensor.elementType.isFloatingPoint else { return true }
    let mode = unit.config?.quantization.map { " (\($0))" } ?? ""
    diagnostics.append(
      Diagnostic(
        .unsupportedTensor, tensor.name,
        "holds \(tensor.elementType.rawValue) numbers\(mode), which are no weights before they are scaled"))
    return false
  }

  /// A matrix of a file that is not by Keras: its spectrum is the same whichever axis is which.
  private func plainMatrix(_ tensor: Tensor, _ unit: WeightUnit) -> Tensor? {
    guard unit.isPlain, tensor.rank == 2, tensor.elementType.isFloatingPoint else { return nil }
    return tensor.labelled([.output, .input])
  }

  private mutating func unexplained(_ tensor: Tensor, _ name: String, _ unit: WeightUnit) {
    let owner = unit.kerasClass?.kind.map { "of class \($0.label)" } ?? "of an unknown class"
    diagnostics.append(
      Diagnostic(
        .notAWeight, tensor.name,
        "is variable \(name) \(tensor.shape) of the layer '\(unit.name)' \(owner), and which axis is which is not known"
      ))
  }
}

extension KerasClass {
  /// Whether the class alone says what its weights are.
  var isTelling: Bool {
    switch self {
    case .container, .other: false
    default: true
    }
  }
}

extension KerasClass {
  /// Whether variables with plain names, `kernel` and `bias`, could also belong to another class.
  fileprivate var isGuess: Bool {
    switch self {
    case .normalization, .recurrent, .separable, .embedding: false
    default: true
    }
  }
}

extension WeightUnit {
  /// Whether it has weights, or is a layer that is known to have none of two axes.
  var isWorthALayer: Bool {
    if kerasClass?.isTelling == true { return true }
    return variables.contains { $0.dataset.shape.count >= 2 || $0.name == "gamma" }
  }

  func groups(_ kerasClass: KerasClass?) -> Int {
    guard case .depthwise = kerasClass, let shape = variables.first?.dataset.shape, shape.count >= 2 else {
      return config?.groups ?? 1
    }
    return shape[shape.count - 2]
  }
}

extension Tensor {
  /// Extent of the first axis with a role; 1 if there is none.
  func extent(of axis: Axis) -> Int { axes.firstIndex(of: axis).map { shape[$0] } ?? 1 }
}

extension String {
  /// Whether this is a variable of one gate, as Keras 1 has them: `W_i`, `U_f`.
  fileprivate var isGate: Bool { utf8.count == 3 && (hasPrefix("W_") || hasPrefix("U_")) }

  fileprivate var gateLabel: String { (hasPrefix("W_") ? "kernel_" : "recurrent_kernel_") + dropFirst(2) }
}

extension HDF5Index.Dataset {
  /// Legacy files store bfloat16 as two opaque bytes and say only in the configuration what they are.
  fileprivate func typed(by config: KerasLayerConfig?) -> HDF5Index.Dataset {
    guard elementType == nil, typeName == "opaque of 2 bytes", config?.variableType == "bfloat16" else { return self }
    var copy = self
    copy.elementType = .bfloat16
    return copy
  }
}

extension Diagnostic {
  /// A dataset that no tensor can be made of.
  static func unusable(_ dataset: HDF5Index.Dataset, _ error: ReadError) -> Diagnostic {
    let code: Code =
      switch error.code {
      case .unsupported: .unsupportedTensor
      case .unsafeContent: .unsafeContent
      default: .unreadableTensor
      }
    return Diagnostic(code, dataset.path.description, error.message, hint: error.hint)
  }
}
