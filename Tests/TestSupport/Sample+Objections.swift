public import ModelReading

extension Sample {
  /// What the manifest has against the way in which this model is read: nothing, if the answer is right.
  ///
  /// A good model has the manifest's weights, all of them and no others; a broken one is refused, or diagnosed, in the
  /// manifest's words.
  public func objections(_ open: () throws(ReadError) -> LayerGraph) -> [String] {
    do throws(ReadError) {
      let graph = try open()
      return isBad ? objections(toDiagnosing: graph) : try objections(toReading: graph)
    } catch {
      return isBad ? objections(toRefusing: error) : ["\(error)"]
    }
  }

  // MARK: Broken

  private func objections(toDiagnosing graph: LayerGraph) -> [String] {
    guard expectation == "diagnosed" else { return ["is accepted, and should be refused: \(message ?? "")"] }
    if graph.layers.contains(where: { $0.parameters.contains(where: \.isWeight) }) { return ["has a weight"] }
    let messages = graph.diagnostics.map(\.message)
    return messages.contains { $0 == message } ? [] : ["says \(messages), and should say: \(message ?? "")"]
  }

  private func objections(toRefusing error: ReadError) -> [String] {
    guard expectation == "error", error.message == message else {
      return ["says: \(error), and should say: \(message ?? "")"]
    }
    guard error.file.contains(path) else { return ["names another file: \(error)"] }
    return (error.offset ?? 0) <= byteCount ? [] : ["names a place behind the \(byteCount) bytes of the file: \(error)"]
  }

  // MARK: Good

  private func objections(toReading graph: LayerGraph) throws(ReadError) -> [String] {
    var objections: [String] = []
    if graph.format != format { objections.append("is read as \(graph.format), and should be as \(format)") }
    if graph.variant.isEmpty { objections.append("has no variant") }
    if graph.files.first?.contains(path) != true { objections.append("is said to be in the files \(graph.files)") }
    var found = weights(in: graph)
    for weight in weights {
      let key = "\(weight.name) \(weight.role)"
      guard let (layer, tensor) = found.removeValue(forKey: key) else {
        objections.append("has no \(key)")
        continue
      }
      objections += try weight.objections(to: tensor, in: layer).map { "\(key) has \($0)" }
    }
    return objections + found.keys.sorted().map { "has \($0), which the manifest has not" }
  }

  /// Every weight, by the name of its layer and its role.
  private func weights(in graph: LayerGraph) -> [String: (Layer, Tensor)] {
    var found: [String: (Layer, Tensor)] = [:]
    for layer in graph.layers {
      for parameter in layer.parameters where parameter.isWeight {
        for (suffix, tensor) in Sample.directions(of: parameter.tensor) {
          found["\(layer.name)\(suffix) \(parameter.role.label)"] = (layer, tensor)
        }
      }
    }
    return found
  }

  /// The two halves of a bidirectional layer, which the manifest lists apart.
  private static func directions(of tensor: Tensor) -> [(suffix: String, part: Tensor)] {
    guard let axis = tensor.axes.firstIndex(of: .direction), tensor.shape[axis] == 2 else { return [("", tensor)] }
    return ["/forward", "/backward"].enumerated().map { ($1, tensor.selected(axis: axis, index: $0)) }
  }
}

extension Sample.Weight {
  fileprivate func objections(to tensor: Tensor, in layer: Layer) throws(ReadError) -> [String] {
    var objections: [String] = []
    func compare(_ what: String, _ isRight: Bool, _ found: String, _ expected: String) {
      if !isRight { objections.append("the \(what) \(found), and should have \(expected)") }
    }
    let kind = layer.kind.label
    compare("kind", kinds.contains(kind), kind, kinds.joined(separator: " or "))
    let type = tensor.elementType.rawValue
    compare("element type", type == elementType, type, elementType)
    let shape = tensor.canonicalShape
    compare("shape", shape == self.shape, "\(shape)", "\(self.shape)")
    let digest = SHA256.hexadecimal(try tensor.canonical.littleEndianBytes())
    compare("SHA-256", digest == sha256, digest, sha256)
    return objections
  }
}
