import ModelReading

extension GraphBuilder {
  mutating func registerConstants(of graph: ONNXGraph, in scope: inout Scope) throws(ReadError) {
    for tensor in graph.initializers {
      scope.constants[tensor.name] = try register(tensor, as: tensor.name)
    }
    for tensor in graph.sparseInitializers {
      guard let name = tensor.values?.name else { continue }
      scope.constants[name] = try register(tensor, as: name)
    }
    try registerConstantNodes(in: &scope)
  }

  mutating func registerConstantNodes(in scope: inout Scope) throws(ReadError) {
    for node in scope.nodes where node.operation == "Constant" && node.isStandard {
      guard let output = node.outputs.first else { continue }
      guard let index = try registerConstant(node, output, scope) else { continue }
      constants[index].isInline = true
      scope.constants[output] = index
    }
    for node in scope.nodes where node.operation != "Constant" {
      // Tensors among the attributes of other operators are no inputs, but they are there.
      for tensor in node.attributes.lazy.flatMap(\.tensors) {
        let name = tensor.name.bytes.isEmpty ? ByteString("\(node.name)/\(node.operation)") : tensor.name
        let index = try register(tensor, as: name)
        constants[index].consumer = constants[index].consumer ?? describe(node)
      }
    }
  }

  private mutating func registerConstant(
    _ node: ONNXNode, _ output: ByteString, _ scope: Scope
  ) throws(ReadError) -> Int? {
    if let tensor = scope.attribute("value", of: node)?.tensors.first { return try register(tensor, as: output) }
    if let sparse = scope.attribute("sparse_value", of: node)?.sparseTensors.first {
      return try register(sparse, as: output)
    }
    if let floats = scope.attribute("value_floats", of: node) {
      if let first = floats.payloads.first, let known = constantOfPayload[first] { return known }
      let name = unique(output)
      return add(try resolver.floats(floats.payloads, named: name), name, floats.payloads)
    } else if let integers = scope.attribute("value_ints", of: node)?.integers {
      return add(try vector(integers, named: unique(output)), output.description, [])
    } else if let integer = scope.attribute("value_int", of: node)?.integer {
      return add(try vector([integer], named: unique(output)), output.description, [])
    }
    return nil
  }

  /// The number of a tensor among the constants; the same for the same data.
  private mutating func register(_ message: ONNXTensor, as name: ByteString) throws(ReadError) -> Int {
    if let first = message.payloads.first, let known = constantOfPayload[first] { return known }
    let name = note(message.dataType, message.dimensions, name)
    return add(try resolver.resolve(message, named: name), name, message.dataType, message.payloads)
  }

  /// The same for a sparse tensor, which is called as its values are.
  private mutating func register(_ sparse: ONNXSparseTensor, as name: ByteString) throws(ReadError) -> Int {
    let payloads = sparse.values?.payloads ?? []
    if let first = payloads.first, let known = constantOfPayload[first] { return known }
    let type = sparse.values?.dataType ?? 0
    let name = note(type, sparse.dimensions, name)
    return add(try resolver.resolve(sparse, named: name), name, type, payloads)
  }

  /// Lists a tensor under a name that no other has.
  private mutating func note(_ type: Int32, _ dimensions: [Int64], _ name: ByteString) -> String {
    let name = unique(name.bytes.isEmpty ? ByteString("unnamed") : name)
    inventory.append(
      TensorRecord(
        name: name, elementType: TensorElements.spelling(type), shape: dimensions.map { Int(clamping: $0) }))
    return name
  }

  private mutating func add(
    _ resolution: TensorResolver.Resolution, _ name: String, _ type: Int32, _ payloads: [Int]
  ) -> Int {
    switch resolution {
    case .tensor(let tensor): return add(tensor, name, payloads, type: type)
    case .unusable(let diagnostic):
      // Text is no hole in a report on weights.
      if type != 8 { diagnostics.append(diagnostic) }
      return add(nil, name, payloads, type: type)
    }
  }

  private mutating func add(_ tensor: Tensor?, _ name: String, _ payloads: [Int], type: Int32 = 0) -> Int {
    constants.append(Constant(name: name, tensor: tensor, dataType: type))
    for payload in payloads { constantOfPayload[payload] = constants.count - 1 }
    return constants.count - 1
  }

  private func vector(_ values: [Int64], named name: String) throws(ReadError) -> Tensor {
    let bytes = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) } }
    return try Tensor(
      name: name, elementType: .int64, shape: [values.count],
      storage: .bytes(ByteSource(owned: bytes, label: path)), limits: limits)
  }

  /// `name`, or with a number added if another graph of the model has it already.
  private mutating func unique(_ name: ByteString) -> String {
    if tensorNames.insert(name).inserted { return name.description }
    var number = 2
    while !tensorNames.insert(ByteString(name.bytes + Array("#\(number)".utf8))).inserted { number += 1 }
    return "\(name)#\(number)"
  }

  /// Tensors of functions that nothing calls are in the file all the same.
  mutating func registerUncalled(_ function: ONNXFunction) throws(ReadError) {
    try registerNodes(function.nodes)
  }

  /// The constants among nodes that are not gone through, and in their subgraphs.
  private mutating func registerNodes(_ nodes: [ONNXNode]) throws(ReadError) {
    var scope = Scope(nodes: nodes)
    try registerConstantNodes(in: &scope)
    for graph in nodes.lazy.flatMap(\.attributes).flatMap(\.graphs) {
      var inner = Scope(nodes: [])
      try registerConstants(of: graph, in: &inner)
      try registerNodes(graph.nodes)
    }
  }

  /// Tensors that only initialise or train the model.
  mutating func leaveOut(_ graph: ONNXGraph) throws(ReadError) {
    let before = inventory.count
    var scope = Scope(nodes: [])
    try registerConstants(of: graph, in: &scope)
    try registerNodes(graph.nodes)
    for record in inventory[before...] where record.shape.count >= 2 {
      diagnostics.append(
        Diagnostic(.leftOut, record.name, "belongs to the training of the model, not to its inference"))
    }
  }

  /// Notes that a node which is no layer uses constants.
  mutating func noteConsumer(_ node: ONNXNode, _ scope: Int) {
    let isPrepacked = ["weight_prepacked", "weights_prepacked"].contains {
      (scopes[scope].integer($0, of: node) ?? 0) > 0
    }
    for input in node.inputs where !input.bytes.isEmpty {
      guard case .constant(let index) = scopes.definition(of: input, in: scope), constants[index].consumer == nil else {
        continue
      }
      constants[index].consumer = describe(node)
      constants[index].isPrepacked = isPrepacked
    }
  }

  /// - Parameter short: only the first name of a node that was fused from several.
  func describe(_ node: ONNXNode, short: Bool = false) -> String {
    let name = short ? node.name.split(separator: ";").first.map(String.init) ?? "" : node.name
    return name.isEmpty ? node.operation : "\(node.operation) '\(name)'"
  }
}
