import ModelReading

/// Recognises, by types and shapes, how the kernel of a layer was quantised.
struct QuantizedLayout {
  let unit: WeightUnit
  let kerasClass: KerasClass
  let bias: [Int]?
  /// The layer's tensors by what they are.
  private let parts: [String: Tensor]

  init(unit: WeightUnit, kerasClass: KerasClass, bias: [Int]?, parts: [(name: String, tensor: Tensor)]) {
    self.unit = unit
    self.kerasClass = kerasClass
    self.bias = bias
    self.parts = Dictionary(parts.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  /// The kernel called `name` in `parts`; `nil` if the parts do not make one.
  func kernel(_ name: String) -> QuantizedKernel? {
    guard Self.kernels.contains(name), let numbers = parts[name],
      numbers.elementType == .int8 || numbers.elementType == .uint8, numbers.elementCount > 0,
      let scales = parts[name + "_scale"], scales.elementType.isFloatingPoint
    else { return nil }
    let offsets = parts[name + "_zero"]
    switch kerasClass {
    case .embedding where numbers.rank == 2:
      return name == "kernel" ? table(numbers, scales, offsets) : wayBack(numbers, scales, offsets)
    case .dense, .einsum, .attention:
      if numbers.elementType == .uint8 { return calibrated(numbers, scales, offsets) }
      if let offsets { return grouped(numbers, scales, offsets) }
      return packed(numbers, scales) ?? whole(numbers, scales)
    default: return nil
    }
  }

  private static let kernels = ["kernel", "reverse_embeddings"]

  /// Whether a tensor only says how the numbers of a kernel become weights.
  func isScaling(_ name: String) -> Bool {
    name == "g_idx" || name == "awq_scales"
      || Self.kernels.contains { parts[$0] != nil && (name == $0 + "_scale" || name == $0 + "_zero") }
  }

  /// What is not certain about the weights.
  var notes: [String] {
    guard unit.config?.quantization == nil, let kernel = kernel("kernel"), kernel.packing == nil, kernel.offsets == nil
    else { return [] }
    return ["its numbers are taken for 8-bit ones, which the file does not say"]
  }

  private var isFourBit: Bool { unit.config?.quantization == "int4" }

  // MARK: Tables

  /// `[vocabulary, width]`, with a scale per row, or per row and group of columns.
  private func table(_ numbers: Tensor, _ scales: Tensor, _ offsets: Tensor?) -> QuantizedKernel? {
    let axes: [Axis] = [.vocabulary, .input]
    if let offsets {
      guard let groups = parts["g_idx"], groups.rank == 1, scales.rank == 2 else { return nil }
      let count = scales.shape[1]
      return QuantizedKernel(
        numbers: numbers, packing: (1, groups.shape[0]), scales: scales, offsets: offsets,
        steps: [.by(count), .groups(groups, by: 1, count: count)], axes: axes)
    }
    let packing = isFourBit ? (1, unit.config?.outputs ?? numbers.shape[1] * 2) : nil
    return QuantizedKernel(numbers: numbers, packing: packing, scales: scales, steps: [.by(1), .by(0)], axes: axes)
  }

  /// `[width, vocabulary]`, with a scale per column, or per column and group of rows.
  private func wayBack(_ numbers: Tensor, _ scales: Tensor, _ offsets: Tensor?) -> QuantizedKernel? {
    let axes: [Axis] = [.input, .output]
    if let offsets {
      guard let groups = parts["g_idx"], groups.rank == 1, scales.rank == 2 else { return nil }
      return QuantizedKernel(
        numbers: numbers, packing: (0, groups.shape[0]), scales: scales, offsets: offsets,
        steps: [.groups(groups, by: scales.shape[1], count: scales.shape[0]), .by(1)], axes: axes)
    }
    let packing = isFourBit ? (0, unit.config?.outputs ?? numbers.shape[0] * 2) : nil
    return QuantizedKernel(numbers: numbers, packing: packing, scales: scales, steps: [.by(0), .by(1)], axes: axes)
  }

  // MARK: Matrices

  /// GPTQ and AWQ: `[outputs, inputs]`, packed along the outputs if they have four bits.
  private func calibrated(_ numbers: Tensor, _ scales: Tensor, _ offsets: Tensor?) -> QuantizedKernel? {
    guard numbers.rank == 2, scales.rank == 2, let offsets, offsets.rank == 2 else { return nil }
    var kernel = grouped(numbers.permuted([1, 0]), scales.permuted([1, 0]), offsets.permuted([1, 0]))
    kernel?.divisor = parts["awq_scales"]
    return kernel
  }

  /// `[inputs, outputs]`, packed along the outputs, with scales and offsets `[groups, outputs]`.
  private func grouped(_ numbers: Tensor, _ scales: Tensor, _ offsets: Tensor) -> QuantizedKernel? {
    guard numbers.rank == 2, scales.rank == 2, let groups = parts["g_idx"] else { return nil }
    let outputs = scales.shape[1]
    let packing = numbers.shape[1] == outputs && numbers.elementType == .uint8 ? nil : (1, outputs)
    guard let (shape, axes) = kernelShape(numbers.shape[0], outputs) else { return nil }
    return QuantizedKernel(
      numbers: numbers, packing: packing, scales: scales, offsets: offsets,
      steps: [.groups(groups, by: outputs, count: scales.shape[0]), .by(1)], shape: shape, axes: axes)
  }

  /// `[inputs, outputs]`, packed along the outputs, with a scale per output.
  private func packed(_ numbers: Tensor, _ scales: Tensor) -> QuantizedKernel? {
    guard numbers.rank == 2, scales.rank == 1 else { return nil }
    let outputs = scales.shape[0]
    guard numbers.shape[1] == outputs / 2 + outputs % 2 else { return nil }
    // With one output, either axis could be the packed one, or none.
    if outputs == 1, !isFourBit || unit.config?.inputs.last.flatMap({ $0 }).map({ $0 != numbers.shape[0] }) ?? false {
      return nil
    }
    guard let (shape, axes) = kernelShape(numbers.shape[0], outputs) else { return nil }
    return QuantizedKernel(
      numbers: numbers, packing: (1, outputs), scales: scales, steps: [.by(0), .by(1)], shape: shape, axes: axes)
  }

  /// The kernel in its own shape, with a scale per output. Until Keras 3.12, numbers of four bits were
  /// packed along the first of the inputs.
  private func whole(_ numbers: Tensor, _ scales: Tensor) -> QuantizedKernel? {
    let roles = KernelAxes(kerasClass: kerasClass, unit: unit, bias: bias, isKeras1: false)
    guard let labelled = roles.labelled(numbers, "kernel") else { return nil }
    let outputs = equation?.outputAxes ?? labelled.axes.indices.filter { labelled.axes[$0] != .input }
    var strides = [Int](repeating: 0, count: numbers.rank)
    var count = 1
    for axis in outputs.reversed() {
      strides[axis] = count
      count *= numbers.shape[axis]
    }
    guard count == scales.elementCount else { return nil }
    var packing: (Int, Int)?
    if isFourBit {
      guard let axis = labelled.axes.firstIndex(of: .input) else { return nil }
      packing = (axis, inputExtent(axis) ?? numbers.shape[axis] * 2)
    }
    return QuantizedKernel(
      numbers: numbers, packing: packing, scales: scales, steps: strides.map { .by($0) }, axes: labelled.axes)
  }

  // MARK: The configuration

  private var equation: EinsumEquation? { unit.config?.equation.flatMap { EinsumEquation($0) } }

  private func inputExtent(_ axis: Int) -> Int? {
    guard let config = unit.config else { return nil }
    return kerasClass == .dense
      ? config.inputs.last ?? nil
      : equation?.kernelShape(inputs: config.inputs, outputs: config.outputShape)?[axis]
  }

  /// The shape in which a kernel was before Keras made a matrix of it, or a matrix of inputs and outputs.
  private func kernelShape(_ inputs: Int, _ outputs: Int) -> (shape: [Int], axes: [Axis])? {
    if kerasClass == .dense { return ([inputs, outputs], [.input, .output]) }
    if let equation, let config = unit.config {
      if let shape = equation.kernelShape(inputs: config.inputs, outputs: config.outputShape) {
        return (shape, equation.axes)
      }
      // A kernel with its inputs first is that matrix.
      let axes = equation.axes
      guard axes == axes.filter({ $0 == .input }) + axes.filter({ $0 == .output }) else { return nil }
    }
    // GPTQ cuts the kernel of an attention's output where its longest axis is.
    guard let width = bias.flatMap(Tensor.elementCount), width > 0,
      let count = Tensor.elementCount([inputs, outputs]), count % width == 0
    else { return ([inputs, outputs], [.input, .output]) }
    return ([count / width, width], [.input, .output])
  }
}

extension QuantizedKernel {
  /// - Parameter shape: of the weights, if not that of the numbers.
  fileprivate init(
    numbers: Tensor, packing: (axis: Int, extent: Int)?, scales: Tensor, offsets: Tensor? = nil, steps: [Step],
    shape: [Int]? = nil, axes: [Axis]
  ) {
    self.numbers = numbers
    self.packing = packing
    self.scales = scales
    self.offsets = offsets
    self.steps = steps
    self.shape = shape ?? Self.extents(numbers, packing)
    self.axes = axes
  }
}
