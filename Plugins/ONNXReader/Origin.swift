import ModelReading

/// A constant as an operator sees it: through the nodes that only rename, reorder or rescale it.
struct Origin {
  /// Index of the constant.
  var constant: Int
  /// A view of its tensor, or what it is dequantised to.
  var tensor: Tensor
  /// Names that the value has on the way.
  var aliases: [String]
  /// Whether the values are meant as real numbers, whatever their type.
  var isReal: Bool
  /// The constants that are joined to the first one, if the value is made of several.
  var joined: [Int] = []
  /// Whether the value is a piece of the constant.
  var isPart = false

  /// What tells the parts of a constant from each other, in whatever order or shape they are seen.
  var part: Part {
    let last = zip(tensor.shape, tensor.strides).reduce(tensor.elementOffset) { $0 + max($1.0 - 1, 0) * $1.1 }
    return Part(constant: constant, first: tensor.elementOffset, last: last, count: tensor.elementCount)
  }

  /// A constant, or the elements of it that a view has.
  struct Part: Hashable {
    var constant: Int
    var first: Int
    var last: Int
    var count: Int
  }
}

/// Follows values back to the constants they are.
struct OriginTracer {
  /// A node on the way, and which of its outputs is on it.
  private struct Step {
    var node: ONNXNode
    var scope: Int
    var output: Int
  }

  let scopes: [Scope]
  let constants: [Constant]
  let limits: Limits

  /// Nodes between a constant and the operator that uses it.
  private static let maximumSteps = 64
  /// Constants that one node may join.
  private static let maximumParts = 16
  /// A shape or scale may itself lie behind such nodes, whose shapes may again.
  private static let maximumDepth = 3
  private static let transparent: Set<String> = [
    "Identity", "Cast", "CastLike", "Dropout", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Split",
    "Slice", "QuantizeLinear", "DequantizeLinear",
  ]

  /// - Returns: `nil` if the value is computed from the model's inputs, or in a way that is no view of a constant.
  func origin(of name: ByteString, in scope: Int, depth: Int = 0) throws(ReadError) -> Origin? {
    guard depth <= OriginTracer.maximumDepth, !name.bytes.isEmpty else { return nil }
    var steps: [Step] = []
    var name = name
    var scope = scope
    while steps.count <= OriginTracer.maximumSteps {
      switch scopes.definition(of: name, in: scope) {
      case .variable: return nil
      case .constant(let index): return try result(of: steps, on: origin(of: index), depth)
      case .node(let node, let place):
        guard node.isStandard, let input = node.inputs.first else { return nil }
        if node.operation == "Concat", depth == 0 {
          return try result(of: steps, on: joined(node, place), depth)
        }
        guard OriginTracer.transparent.contains(node.operation) else { return nil }
        steps.append(Step(node: node, scope: place, output: node.outputs.firstIndex(of: name) ?? 0))
        (name, scope) = (input, place)
      }
    }
    return nil
  }

  /// The constant integers that a value is, such as a shape.
  func integers(_ name: ByteString, in scope: Int, depth: Int = 0) throws(ReadError) -> [Int]? {
    guard let tensor = try origin(of: name, in: scope, depth: depth + 1)?.tensor, tensor.rank <= 1,
      tensor.elementCount <= limits.maximumRank, tensor.elementType.isInteger
    else { return nil }
    var result: [Int] = []
    for value in try tensor.values(as: Double.self) {
      guard let integer = Int(exactly: value) else { return nil }
      result.append(integer)
    }
    return result
  }

  private func origin(of constant: Int) -> Origin? {
    constants[constant].tensor.map {
      Origin(constant: constant, tensor: $0, aliases: [], isReal: $0.elementType.isFloatingPoint)
    }
  }

  /// What the nodes, the last one first, make of a constant.
  private func result(of steps: [Step], on origin: Origin?, _ depth: Int) throws(ReadError) -> Origin? {
    guard var origin else { return nil }
    for step in steps.reversed() {
      guard try apply(step, depth, to: &origin) else { return nil }
    }
    return origin
  }

  /// The constants that a `Concat` joins, as one. Such nodes are not followed further: their number could multiply.
  private func joined(_ node: ONNXNode, _ scope: Int) throws(ReadError) -> Origin? {
    guard (1...OriginTracer.maximumParts).contains(node.inputs.count) else { return nil }
    var parts: [Origin] = []
    for input in node.inputs {
      guard let part = try origin(of: input, in: scope, depth: 1) else { return nil }
      parts.append(part)
    }
    guard let axis = scopes[scope].integer("axis", of: node), parts.allSatisfy({ $0.isReal == parts[0].isReal }),
      let tensor = try Tensor(joining: parts.map(\.tensor), along: axis, limits)
    else { return nil }
    var result = parts[0]
    result.tensor = tensor
    result.joined = parts.dropFirst().map(\.constant)
    return result
  }

  /// What a transparent node makes of a constant.
  /// - Returns: whether the result is a view of it.
  private func apply(_ step: Step, _ depth: Int, to origin: inout Origin) throws(ReadError) -> Bool {
    let (node, scope) = (step.node, step.scope)
    switch node.operation {
    case "Identity":
      if let output = node.outputs.first { origin.aliases.append(output.description) }
      return true
    case "Cast":
      guard let code = scopes[scope].integer("to", of: node), let code = Int32(exactly: code),
        let type = TensorElements(code: code)?.type, type.isFloatingPoint, !origin.tensor.elementType.isComplex
      else { return false }
      origin.isReal = true
      return true
    case "QuantizeLinear":
      guard let tensor = try quantized(origin, step, depth) else { return false }
      origin.tensor = tensor
      origin.isReal = false
      return true
    case "DequantizeLinear":
      guard let tensor = try quantization(step, depth)?.dequantized(origin.tensor, limits: limits) else { return false }
      origin.tensor = tensor
      origin.isReal = true
      return true
    case "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Split", "Slice":
      guard let view = try view(step, depth, origin.tensor) else { return false }
      origin.isPart = origin.isPart || view.elementCount < origin.tensor.elementCount
      origin.tensor = view
      return true
    default: return true
    }
  }

  /// Scale and zero point of `QuantizeLinear` and `DequantizeLinear`.
  private func quantization(_ step: Step, _ depth: Int) throws(ReadError) -> Quantization? {
    let (node, scope) = (step.node, step.scope)
    guard node.inputs.count >= 2, let scale = try self.origin(of: node.inputs[1], in: scope, depth: depth + 1) else {
      return nil
    }
    let zeroPoint = try node.inputs.dropFirst(2).first.flatMap { name throws(ReadError) in
      try self.origin(of: name, in: scope, depth: depth + 1)
    }
    return Quantization(
      scale: scale.tensor, zeroPoint: zeroPoint?.tensor, axis: scopes[scope].integer("axis", of: node) ?? 1,
      blockSize: scopes[scope].integer("block_size", of: node) ?? 0)
  }

  /// Real values as the whole numbers that `QuantizeLinear` makes of them.
  private func quantized(_ origin: Origin, _ step: Step, _ depth: Int) throws(ReadError) -> Tensor? {
    guard origin.isReal, let quantization = try quantization(step, depth) else { return nil }
    var type = scopes[step.scope].integer("output_dtype", of: step.node) ?? 0
    if let name = step.node.inputs.dropFirst(2).first,
      let zeroPoint = try self.origin(of: name, in: step.scope, depth: depth + 1)
    {
      type = Int(constants[zeroPoint.constant].dataType)
    }
    guard let range = OriginTracer.range(ofType: type) else { return nil }
    return try quantization.quantized(origin.tensor, to: range, limits: limits)
  }

  /// The numbers that an integer type of the format has, `uint8` where none is named.
  private static func range(ofType code: Int) -> ClosedRange<Float>? {
    switch code {
    case 0, 2: 0...255
    case 3: -128...127
    case 4: 0...65_535
    case 5: -32_768...32_767
    case 21: 0...15
    case 22: -8...7
    case 25: 0...3
    case 26: -2...1
    default: nil
    }
  }

  // MARK: - Views

  private func view(_ step: Step, _ depth: Int, _ tensor: Tensor) throws(ReadError) -> Tensor? {
    let (node, scope) = (step.node, step.scope)
    switch node.operation {
    case "Transpose":
      let order =
        scopes[scope].attribute("perm", of: node)?.integers.map { Int($0) } ?? Array(tensor.axes.indices.reversed())
      return order.sorted() == Array(0..<tensor.rank) ? tensor.permuted(order) : nil
    case "Flatten":
      guard let axis = normalized(scopes[scope].integer("axis", of: node) ?? 1, tensor.rank + 1) else { return nil }
      let outer = tensor.shape[..<axis].reduce(1, *)
      return try tensor.reshaped([outer, tensor.shape[axis...].reduce(1, *)], limits)
    case "Reshape":
      guard let target = try arguments("shape", node, scope, depth) else { return nil }
      return try tensor.reshaped(resolving: target, limits)
    case "Squeeze":
      let axes = try arguments("axes", node, scope, depth)
      let dropped =
        axes.map { $0.map { normalized($0, tensor.rank) ?? -1 } }
        ?? tensor.shape.indices.filter { tensor.shape[$0] == 1 }
      guard dropped.allSatisfy({ $0 >= 0 && tensor.shape[$0] == 1 }) else { return nil }
      return try tensor.reshaped(tensor.shape.indices.filter { !dropped.contains($0) }.map { tensor.shape[$0] }, limits)
    case "Unsqueeze":
      guard let axes = try arguments("axes", node, scope, depth) else { return nil }
      return try tensor.unsqueezed(axes, limits)
    case "Split": return try piece(step, depth, tensor)
    case "Slice": return try slice(step, depth, tensor)
    default: return nil
    }
  }

  /// The piece of a tensor that one output of `Split` is.
  private func piece(_ step: Step, _ depth: Int, _ tensor: Tensor) throws(ReadError) -> Tensor? {
    let scope = scopes[step.scope]
    guard let axis = normalized(scope.integer("axis", of: step.node) ?? 0, tensor.rank) else { return nil }
    let extent = tensor.shape[axis]
    if let sizes = try arguments("split", step.node, step.scope, depth) {
      guard sizes.indices.contains(step.output), sizes.allSatisfy({ (0...extent).contains($0) }) else { return nil }
      var start = 0
      for size in sizes[..<step.output] {
        guard size <= extent - start else { return nil }
        start += size
      }
      guard sizes[step.output] <= extent - start else { return nil }
      return tensor.sliced(axis: axis, start..<start + sizes[step.output])
    }
    let count = scope.integer("num_outputs", of: step.node) ?? step.node.outputs.count
    guard count > step.output else { return nil }
    let size = extent / count + (extent % count == 0 ? 0 : 1)
    let start = min(size * step.output, extent)
    return tensor.sliced(axis: axis, start..<start + min(size, extent - start))
  }

  /// The range of a tensor that `Slice` takes, if it takes every element of it.
  private func slice(_ step: Step, _ depth: Int, _ tensor: Tensor) throws(ReadError) -> Tensor? {
    guard let starts = try arguments("starts", step.node, step.scope, depth),
      let ends = try arguments("ends", step.node, step.scope, depth, input: 2), starts.count == ends.count
    else { return nil }
    let axes = try arguments("axes", step.node, step.scope, depth, input: 3) ?? Array(starts.indices)
    let steps = try arguments("steps", step.node, step.scope, depth, input: 4) ?? []
    guard axes.count == starts.count, steps.allSatisfy({ $0 == 1 }) else { return nil }
    var result = tensor
    for (axis, (start, end)) in zip(axes, zip(starts, ends)) {
      guard let axis = normalized(axis, tensor.rank) else { return nil }
      let extent = tensor.shape[axis]
      func clamped(_ position: Int) -> Int { min(max(position < 0 ? position + extent : position, 0), extent) }
      guard clamped(start) <= clamped(end), result.shape[axis] == extent else { return nil }
      result = result.sliced(axis: axis, clamped(start)..<clamped(end))
    }
    return result
  }

  /// Integers that are an attribute in old operator sets and an input, mostly the second, in new ones.
  private func arguments(
    _ name: String, _ node: ONNXNode, _ scope: Int, _ depth: Int, input: Int = 1
  ) throws(ReadError) -> [Int]? {
    if let attribute = scopes[scope].attribute(name, of: node) { return attribute.integers.map { Int($0) } }
    guard node.inputs.count > input else { return nil }
    return try integers(node.inputs[input], in: scope, depth: depth)
  }
}

/// An axis counted from either end, as one from the start; `nil` if there is none such.
func normalized(_ axis: Int, _ rank: Int) -> Int? {
  let index = axis < 0 ? axis &+ rank : axis
  return (0..<rank).contains(index) ? index : nil
}

extension ONNXNode {
  /// Whether the operator is one of the standard's own.
  var isStandard: Bool { domain.isEmpty || domain == "ai.onnx" }
  /// Whether the operator is one of ONNX Runtime's.
  var isContributed: Bool { domain.hasPrefix("com.microsoft") || domain.hasPrefix("com.ms.") }
}
