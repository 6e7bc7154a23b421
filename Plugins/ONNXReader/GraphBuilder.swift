import ModelReading

/// Goes through a model's nodes in order, and turns those with weights into layers.
struct GraphBuilder {
  /// Functions may call functions; subgraphs nest as deep as the walker allows.
  static let maximumScopeDepth = 64

  let path: String
  let limits: Limits
  var resolver: TensorResolver
  var functions: [String: ONNXFunction] = [:]
  var scopes: [Scope] = []
  var constants: [Constant] = []
  /// Constants by the place of their data, which no two tensors share.
  var constantOfPayload: [Int: Int] = [:]
  var tensorNames: Set<ByteString> = []
  var layers: [Layer] = []
  var layerNames: Set<ByteString> = []
  /// The layer that a constant, or a part of one, is the weight of.
  var layerOfPart: [Origin.Part: Int] = [:]
  /// For each layer, the other nodes that use its weight.
  var sharing: [[String]] = []
  var edges: [LayerGraph.Edge] = []
  var knownEdges: Set<LayerGraph.Edge> = []
  var diagnostics: [Diagnostic] = []
  var inventory: [TensorRecord] = []
  var customOperators: Set<String> = []
  /// Nodes gone through, those of a function once per call: bounded as tensors are.
  var visits = 0
  var dataflowCount = 0

  /// The layer graph of a model.
  static func graph(
    of model: ONNXModel, _ resolver: TensorResolver, path: String, limits: Limits
  ) throws(ReadError) -> LayerGraph {
    var builder = GraphBuilder(path: path, limits: limits, resolver: resolver)
    for function in model.functions {
      builder.functions[functionKey(function.domain, function.name, function.overload)] = function
    }
    if let graph = model.graph { try builder.visitGraph(graph, parent: nil, inputs: [:], path: "") }
    for graph in model.trainingGraphs { try builder.leaveOut(graph) }
    for function in model.functions { try builder.registerUncalled(function) }
    return builder.finished(model)
  }

  private init(path: String, limits: Limits, resolver: TensorResolver) {
    self.path = path
    self.limits = limits
    self.resolver = resolver
  }

  static func functionKey(_ domain: String, _ name: String, _ overload: String) -> String {
    [domain == "ai.onnx" ? "" : domain, name, overload].joined(separator: "\0")
  }

  // MARK: - Nodes

  /// - Parameter inputs: the layers that inputs come from, where that is known.
  /// - Returns: the layers that each output comes from.
  @discardableResult
  mutating func visitGraph(
    _ graph: ONNXGraph, parent: Int?, inputs: [ByteString: [Int]], path: String
  ) throws(ReadError) -> [[Int]] {
    var scope = Scope(nodes: graph.nodes)
    scope.parent = parent
    scope.upstream = inputs
    scope.path = path
    if let parent { scope.attributes = scopes[parent].attributes }
    try registerConstants(of: graph, in: &scope)
    return try visit(scope, outputs: graph.outputs)
  }

  private mutating func visit(_ scope: Scope, outputs: [ByteString]) throws(ReadError) -> [[Int]] {
    guard scopes.count < GraphBuilder.maximumScopeDepth else {
      throw ReadError(
        .limitExceeded, "functions and subgraphs nest deeper than \(GraphBuilder.maximumScopeDepth) levels", file: path)
    }
    let index = scopes.count
    scopes.append(scope)
    for node in scope.nodes { try visit(node, in: index) }
    let result = outputs.map { scopes.upstream(of: $0, in: index) }
    scopes.removeLast()
    return result
  }

  private mutating func visit(_ node: ONNXNode, in scope: Int) throws(ReadError) {
    visits += 1
    guard visits <= limits.maximumTensorCount else {
      throw ReadError(
        .limitExceeded, "has more than \(limits.maximumTensorCount) nodes, those of functions counted per call",
        file: path)
    }
    let sources = union(node.inputs.map { scopes.upstream(of: $0, in: scope) })
    if let function = functions[GraphBuilder.functionKey(node.domain, node.operation, node.overload)] {
      return setUpstream(try call(function, node, scope), of: node, scope)
    }
    noteCustomOperator(node)
    noteClassicalModel(node)
    let found = try layers(for: node, in: scope)
    noteHeads(node, scope, found)
    if !found.isEmpty {
      for layer in found { connect(sources, to: layer) }
      return setUpstream(node.outputs.map { _ in found }, of: node, scope)
    }
    noteConsumer(node, scope)
    let inner = try visitSubgraphs(of: node, in: scope)
    let result = inner.isEmpty ? sources : union([sources] + inner)
    setUpstream(node.outputs.map { _ in result }, of: node, scope)
  }

  private mutating func visitSubgraphs(of node: ONNXNode, in scope: Int) throws(ReadError) -> [[Int]] {
    var result: [[Int]] = []
    for attribute in node.attributes {
      for graph in attribute.graphs {
        var inputs: [ByteString: [Int]] = [:]
        // Loop and Scan hand their inputs to those of the body, in order.
        for (input, value) in zip(graph.inputs, node.inputs) {
          inputs[input] = scopes.upstream(of: value, in: scope)
        }
        result += try visitGraph(graph, parent: scope, inputs: inputs, path: scopes[scope].path)
      }
    }
    return result
  }

  private mutating func call(
    _ function: ONNXFunction, _ node: ONNXNode, _ caller: Int
  ) throws(ReadError) -> [[Int]] {
    var scope = Scope(nodes: function.nodes)
    for (input, value) in zip(function.inputs, node.inputs) where !value.bytes.isEmpty {
      scope.bindings[input] = Scope.Binding(scope: caller, name: value)
    }
    for attribute in function.defaults { scope.attributes[attribute.name] = attribute }
    for attribute in node.attributes {
      if let value = scopes[caller].attribute(attribute.name, of: node) { scope.attributes[attribute.name] = value }
    }
    let name = LayerNaming.nodeName(node.name.isEmpty ? node.operation : node.name)
    scope.path = scopes[caller].path.isEmpty ? name : scopes[caller].path + "/" + name
    try registerConstantNodes(in: &scope)
    return try visit(scope, outputs: function.outputs)
  }

  // MARK: - Dataflow

  /// The lists, each ascending, as one.
  private func union(_ lists: [[Int]]) -> [Int] {
    lists.reduce([]) { merged($0, $1) }
  }

  private func merged(_ a: [Int], _ b: [Int]) -> [Int] {
    if a.isEmpty || a == b { return b }
    if b.isEmpty { return a }
    var result: [Int] = []
    result.reserveCapacity(a.count + b.count)
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      let next = j == b.count ? a[i] : i == a.count ? b[j] : min(a[i], b[j])
      if i < a.count, a[i] == next { i += 1 }
      if j < b.count, b[j] == next { j += 1 }
      result.append(next)
    }
    return result
  }

  private mutating func setUpstream(_ layers: [[Int]], of node: ONNXNode, _ scope: Int) {
    for (output, list) in zip(node.outputs, layers) where !output.bytes.isEmpty {
      dataflowCount += list.count
      if dataflowCount <= limits.maximumDataflow { scopes[scope].upstream[output] = list }
    }
  }

  private mutating func connect(_ sources: [Int], to layer: Int) {
    guard dataflowCount <= limits.maximumDataflow else { return }
    for source in sources where source != layer {
      let edge = LayerGraph.Edge(from: source, to: layer)
      dataflowCount += 1
      if knownEdges.insert(edge).inserted { edges.append(edge) }
    }
  }

  private mutating func noteCustomOperator(_ node: ONNXNode) {
    guard !node.isStandard, !node.isContributed, !node.domain.hasPrefix("ai.onnx.") else { return }
    let name = node.domain + "." + node.operation
    guard customOperators.insert(name).inserted else { return }
    diagnostics.append(
      Diagnostic(
        .unsafeContent, name, "is a custom operator, for which a runtime would load code of its own",
        hint: "only run this model with the library it was made for"))
  }

  /// Linear models, trees and kernel machines have no tensors: their numbers are lists among the attributes.
  private mutating func noteClassicalModel(_ node: ONNXNode) {
    guard node.domain == "ai.onnx.ml", let numbers = node.attributes.first(where: { !$0.payloads.isEmpty }) else {
      return
    }
    let name = node.name.isEmpty ? node.operation : node.name
    diagnostics.append(
      Diagnostic(
        .notAWeight, name,
        "is a \(node.operation) of classical machine learning, whose numbers ('\(numbers.name)' and others) are "
          + "lists among its attributes and no matrices"))
  }
}
