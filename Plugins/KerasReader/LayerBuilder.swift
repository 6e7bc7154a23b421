import ModelReading
import StateDictionary

/// Makes layers of units of weights.
struct LayerBuilder {
  private let isKeras1: Bool
  private let limits: Limits
  private(set) var layers: [Layer] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// How many layers have a class that the file does not say.
  private(set) var inferredCount = 0
  private var names: Set<ByteString> = []
  /// For each name, how many layers asked for it.
  private var requests: [ByteString: Int] = [:]

  init(isKeras1: Bool, _ limits: Limits) {
    self.limits = limits
    self.isKeras1 = isKeras1
  }

  mutating func add(_ unit: WeightUnit) {
    let variables = VariableName.names(of: unit)
    let known = unit.kerasClass.flatMap { $0.isTelling ? $0 : nil }
    let kerasClass = known ?? ClassInference.infer(unit, names: variables)
    let tensors = tensors(of: unit, variables)
    let bias = variables.firstIndex(of: "bias").map { unit.variables[$0].array.shape }
    let quantized = kerasClass.map { QuantizedLayout(unit: unit, kerasClass: $0, bias: bias, parts: tensors) }
    let axes = kerasClass.map { KernelAxes(kerasClass: $0, unit: unit, bias: bias, isKeras1: isKeras1) }
    let parameters = parameters(of: unit, tensors, axes, quantized)
    guard !parameters.isEmpty, unit.isWorthALayer else { return }
    var notes = quantized?.notes ?? []
    if known == nil, kerasClass?.isGuess != false {
      notes.append("kind told from the names and shapes of its weights")
      inferredCount += 1
    }
    let note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    guard case .separable(let rank) = kerasClass else {
      let kind = kerasClass?.kind ?? unit.kerasClass?.kind ?? .other("unknown")
      return append(
        Layer(
          name: unit.name, kind: kind, parameters: parameters.map(\.parameter).kernelsFirst,
          groups: unit.groups(kerasClass),
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
    var layer = layer.withAttentionHeads()
    let name = layer.name
    var count = requests[ByteString(name), default: 0]
    repeat {
      count += 1
      layer.name = count == 1 ? name : "\(name)#\(count)"
    } while !names.insert(ByteString(layer.name)).inserted
    requests[ByteString(name)] = count
    layers.append(layer)
  }

  private mutating func tensors(of unit: WeightUnit, _ names: [String]) -> [(name: String, tensor: Tensor)] {
    var tensors: [(name: String, tensor: Tensor)] = []
    for (name, variable) in zip(names, unit.variables) {
      if let tensor = tensor(variable.array, unit.config) { tensors.append((name, tensor)) }
    }
    return tensors
  }

  private mutating func parameters(
    of unit: WeightUnit, _ tensors: [(name: String, tensor: Tensor)], _ axes: KernelAxes?, _ quantized: QuantizedLayout?
  ) -> [(name: String, parameter: Parameter)] {
    var result: [(name: String, parameter: Parameter)] = []
    for (name, tensor) in tensors {
      if let kernel = quantized?.kernel(name) {
        if let weights = dequantized(kernel) { result.append((name, Parameter(VariableName.role(name), weights))) }
        continue
      }
      let role = VariableName.role(name)
      if let labelled = axes?.labelled(tensor, name) {
        guard accept(labelled, role, unit) else { continue }
        result.append((name, Parameter(name.isGate ? .weight(name.gateLabel) : role, labelled)))
      } else if quantized?.isScaling(name) == true {
        result.append((name, Parameter(.part(name), tensor)))
      } else if tensor.rank < 2 {
        result.append((name, Parameter(role.isWeight ? .other(name) : role, tensor)))
      } else {
        unexplained(tensor, name, unit)
      }
    }
    return result
  }

  private mutating func tensor(_ array: StoredArray, _ config: KerasLayerConfig?) -> Tensor? {
    do throws(ReadError) {
      return try array.tensor(of: array.type(by: config))
    } catch {
      diagnostics.append(.unusable(array, error))
      return nil
    }
  }

  /// The weights that a kernel of whole numbers stands for.
  private mutating func dequantized(_ kernel: QuantizedKernel) -> Tensor? {
    do throws(ReadError) {
      return try kernel.weights(limits)
    } catch {
      diagnostics.append(Diagnostic(.unsupportedTensor, kernel.numbers.name, error.message, hint: error.hint))
      return nil
    }
  }

  /// Whether the weight's elements are numbers with a fraction.
  private mutating func accept(_ tensor: Tensor, _ role: Role, _ unit: WeightUnit) -> Bool {
    guard role.isWeight, !tensor.elementType.isFloatingPoint else { return true }
    let mode = unit.config?.quantization
    let hint =
      mode == "gptq" || mode == "awq" ? "some versions of Keras do not write the zero points that they read" : nil
    diagnostics.append(
      Diagnostic(
        .unsupportedTensor, tensor.name,
        "holds \(tensor.elementType.rawValue) numbers\(mode.map { " (\($0))" } ?? ""), "
          + "which are no weights before they are scaled", hint: hint))
    return false
  }

  private mutating func unexplained(_ tensor: Tensor, _ name: String, _ unit: WeightUnit) {
    // SpectralNormalization keeps what it wraps a second time, and the vector of its power iteration.
    if unit.kerasClass == .container, unit.variables.count == 2, unit.variables[1].array.shape.first == 1 {
      let what = name == "0" ? "the kernel of the layer inside once more" : "the vector of a power iteration"
      diagnostics.append(Diagnostic(.leftOut, tensor.name, "is \(what)"))
      return
    }
    if name == "vector_u" {
      diagnostics.append(Diagnostic(.leftOut, tensor.name, "is the vector of a power iteration"))
      return
    }
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
    return variables.contains { $0.array.shape.count >= 2 || $0.name == "gamma" }
  }

  func groups(_ kerasClass: KerasClass?) -> Int {
    guard case .depthwise = kerasClass, let shape = variables.first?.array.shape, shape.count >= 2 else {
      return config?.groups ?? 1
    }
    return shape[shape.count - 2]
  }
}

extension [Parameter] {
  /// Weights before all else, which GPTQ's files have behind the bias.
  fileprivate var kernelsFirst: [Parameter] { filter(\.isWeight) + filter { !$0.isWeight } }
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

extension StoredArray {
  /// Legacy files store bfloat16 as two opaque bytes and say only in the configuration what they are.
  fileprivate func type(by config: KerasLayerConfig?) -> ElementType? {
    typeName == "opaque of 2 bytes" && config?.variableType == "bfloat16" ? .bfloat16 : nil
  }
}

extension Diagnostic {
  /// An array that no tensor can be made of.
  static func unusable(_ array: StoredArray, _ error: ReadError) -> Diagnostic {
    let code: Code =
      switch error.code {
      case .unsupported: .unsupportedTensor
      case .unsafeContent: .unsafeContent
      default: .unreadableTensor
      }
    return Diagnostic(code, array.path.description, error.message, hint: error.hint)
  }
}
