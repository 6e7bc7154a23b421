import ModelReading

/// A tensor that is part of the model: an initializer, or the value of a `Constant` node.
struct Constant {
  var name: String
  /// `nil` if it cannot be read; a diagnostic says why.
  var tensor: Tensor?
  /// The format's number for the element type, which packed types share with others once they are decoded.
  var dataType: Int32 = 0
  /// Whether it is the value of a `Constant` node, not an initializer.
  var isInline = false
  /// Whether any layer has it as a parameter.
  var isParameter = false
  /// Whether an operator has it in an order that depends on the processor.
  var isPrepacked = false
  /// The first operator that uses it, for the report of what became of it.
  var consumer: String?
}

/// The names that the nodes of one graph, or of one call of a function, can see.
///
/// Scopes are numbered by depth: a scope only refers to scopes with smaller numbers.
struct Scope {
  /// A value of the scope that a function was called from.
  struct Binding {
    var scope: Int
    var name: ByteString
  }

  var nodes: [ONNXNode]
  /// Indices of constants.
  var constants: [ByteString: Int] = [:]
  /// The node that computes a value.
  var producers: [ByteString: Int] = [:]
  /// The only node that uses a value; -1 for several.
  var consumers: [ByteString: Int] = [:]
  /// The scope around a subgraph, whose names it sees.
  var parent: Int?
  /// What a function's inputs are in the scope it was called from.
  var bindings: [ByteString: Binding] = [:]
  /// What a function's attributes are in this call.
  var attributes: [String: ONNXAttribute] = [:]
  /// Set before names of nodes, with a slash: where the function was called.
  var path = ""
  /// The layers that a value comes from, with no other layer between.
  var upstream: [ByteString: [Int]] = [:]
  /// Values that an attention operator yields, and how many heads they are of.
  var attended: [ByteString: Int] = [:]

  init(nodes: [ONNXNode]) {
    self.nodes = nodes
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.bytes.isEmpty { producers[output] = index }
      for input in node.inputs { consumers[input] = consumers[input] == nil ? index : -1 }
    }
  }

  /// The attribute of a node, or what stands for it in this call of a function.
  func attribute(_ name: String, of node: ONNXNode) -> ONNXAttribute? {
    guard let attribute = node.attributes.first(where: { $0.name == name }) else { return nil }
    guard let reference = attribute.reference else { return attribute }
    return attributes[reference]
  }

  func integer(_ name: String, of node: ONNXNode) -> Int? {
    attribute(name, of: node)?.integer.flatMap { Int(exactly: $0) }
  }

  func flag(_ name: String, of node: ONNXNode) -> Bool { integer(name, of: node) ?? 0 != 0 }
}

/// What a name stands for.
enum Definition {
  case constant(Int)
  /// Computed by a node of a scope.
  case node(ONNXNode, scope: Int)
  /// An input of the model or of a loop.
  case variable
}

extension [Scope] {
  func definition(of name: ByteString, in scope: Int) -> Definition {
    var name = name
    var index = scope
    while true {
      let scope = self[index]
      if let constant = scope.constants[name] { return .constant(constant) }
      if let node = scope.producers[name] { return .node(scope.nodes[node], scope: index) }
      if let binding = scope.bindings[name] {
        (index, name) = (binding.scope, binding.name)
      } else if let parent = scope.parent {
        index = parent
      } else {
        return .variable
      }
    }
  }

  /// The layers that a value comes from.
  func upstream(of name: ByteString, in scope: Int) -> [Int] {
    var name = name
    var index = scope
    while true {
      if let layers = self[index].upstream[name] { return layers }
      if let binding = self[index].bindings[name] {
        (index, name) = (binding.scope, binding.name)
      } else if let parent = self[index].parent {
        index = parent
      } else {
        return []
      }
    }
  }
}
