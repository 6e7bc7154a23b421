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
}

/// Follows values back to the constants they are.
struct OriginTracer {
  let scopes: [Scope]
  let constants: [Constant]
  let limits: Limits

  /// Nodes between a constant and the operator that uses it.
  private static let maximumSteps = 64
  /// A shape or scale may itself lie behind such nodes, whose shapes may again.
  private static let maximumDepth = 3
  private static let transparent: Set<String> = [
    "Identity", "Cast", "CastLike", "Dropout", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
    "DequantizeLinear",
  ]

  /// - Returns: `nil` if the value is computed from the model's inputs, or in a way that is no view of a constant.
  func origin(of name: ByteString, in scope: Int, depth: Int = 0) throws(ReadError) -> Origin? {
    guard depth <= OriginTracer.maximumDepth, !name.bytes.isEmpty else { return nil }
    var steps: [(node: ONNXNode, scope: Int)] = []
    var name = name
    var scope = scope
    while steps.count <= OriginTracer.maximumSteps {
      switch scopes.definition(of: name, in: scope) {
      case .variable: return nil
      case .constant(let index): return try origin(of: index, through: steps.reversed(), depth)
      case .node(let node, let place):
        guard node.isStandard, OriginTracer.transparent.contains(node.operation), let input = node.inputs.first else {
          return nil
        }
        steps.append((node, place))
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

  private func origin(
    of constant: Int, through steps: [(node: ONNXNode, scope: Int)], _ depth: Int
  ) throws(ReadError) -> Origin? {
    guard let tensor = constants[constant].tensor else { return nil }
    var origin = Origin(
      constant: constant, tensor: tensor, aliases: [], isReal: tensor.elementType.isFloatingPoint)
    for step in steps {
      guard try apply(step.node, step.scope, depth, to: &origin) else { return nil }
    }
    return origin
  }

  /// What a transparent node makes of a constant.
  /// - Returns: whether the result is a view of it.
  private func apply(
    _ node: ONNXNode, _ scope: Int, _ depth: Int, to origin: inout Origin
  ) throws(ReadError) -> Bool {
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
    case "DequantizeLinear": return try dequantize(node, scope, depth, &origin)
    case "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten":
      guard let view = try view(node, scope, depth, origin.tensor) else { return false }
      origin.tensor = view
      return true
    default: return true
    }
  }

  private func dequantize(
    _ node: ONNXNode, _ scope: Int, _ depth: Int, _ origin: inout Origin
  ) throws(ReadError) -> Bool {
    guard node.inputs.count >= 2, let scale = try self.origin(of: node.inputs[1], in: scope, depth: depth + 1) else {
      return false
    }
    let zeroPoint = try node.inputs.dropFirst(2).first.flatMap { name throws(ReadError) in
      try self.origin(of: name, in: scope, depth: depth + 1)
    }
    let axis = scopes[scope].integer("axis", of: node) ?? 1
    let blockSize = scopes[scope].integer("block_size", of: node) ?? 0
    let quantization = Quantization(
      scale: scale.tensor, zeroPoint: zeroPoint?.tensor, axis: axis, blockSize: blockSize)
    guard let tensor = try quantization.dequantized(origin.tensor, limits: limits) else { return false }
    origin.tensor = tensor
    origin.isReal = true
    return true
  }

  // MARK: - Views

  private func view(
    _ node: ONNXNode, _ scope: Int, _ depth: Int, _ tensor: Tensor
  ) throws(ReadError) -> Tensor? {
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
    default: return nil
    }
  }

  /// Integers that are an attribute in old operator sets and the second input in new ones.
  private func arguments(
    _ name: String, _ node: ONNXNode, _ scope: Int, _ depth: Int
  ) throws(ReadError) -> [Int]? {
    if let attribute = scopes[scope].attribute(name, of: node) { return attribute.integers.map { Int($0) } }
    guard node.inputs.count > 1 else { return nil }
    return try integers(node.inputs[1], in: scope, depth: depth)
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
