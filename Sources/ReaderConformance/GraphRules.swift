import MatrixSlicing
public import ModelReading

/// What holds for the graph of every good file. Each rule says how it is broken, or `nil`.
extension Conformance {
  public static func weightlessness(_ graph: LayerGraph) -> String? {
    graph.layers.contains { $0.parameters.contains(where: \.isWeight) } ? nil : "no layer has a weight"
  }

  /// Layers and tensors are told apart by their names, edges join layers, and every axis of a weight is known.
  public static func inconsistency(_ graph: LayerGraph) -> String? {
    if let name = repeated(graph.layers.map(\.name)) { return "two layers are called '\(name)'" }
    if let name = repeated(graph.inventory.map(\.name)) { return "two tensors are called '\(name)'" }
    if graph.layers.contains(where: \.name.isEmpty) { return "a layer has no name" }
    for edge in graph.edges where !(graph.layers.indices ~= edge.source && graph.layers.indices ~= edge.target) {
      return "an edge leads from \(edge.source) to \(edge.target) among \(graph.layers.count) layers"
    }
    for parameter in graph.layers.flatMap(\.parameters) where parameter.isWeight {
      if parameter.tensor.axes.contains(.other) {
        return "'\(parameter.tensor.name)' has axes \(parameter.tensor.axes.map(\.label))"
      }
    }
    return nil
  }

  /// - Parameter graph: after `accountingForEveryTensor()`: what had to be added there, the reader lost sight of.
  public static func hole(_ graph: LayerGraph) -> String? {
    graph.diagnostics.first { $0.code == .notAWeight && $0.message.hasSuffix("and no layer's weight") }
      .map { "'\($0.subject)' \($0.message)" }
  }

  public static func unreadable(_ graph: LayerGraph) -> String? {
    for tensor in graph.layers.flatMap(\.parameters).map(\.tensor) {
      do throws(ReadError) {
        let count = try tensor.littleEndianBytes().count
        guard count == tensor.byteCount else { return "'\(tensor.name)' has \(count) of \(tensor.byteCount) bytes" }
      } catch { return error.description }
    }
    return nil
  }

  public static func unsliceable(_ graph: LayerGraph) -> String? {
    for layer in graph.layers {
      for parameter in layer.parameters where parameter.isWeight {
        do throws(ReadError) {
          _ = try Slicing.positions.matrices(of: parameter, in: layer)
        } catch { return error.description }
      }
    }
    return nil
  }

  /// Two graphs of one file have the same layers with the same values.
  public static func difference(_ first: LayerGraph, _ second: LayerGraph) -> String? {
    if first.layers.map(\.name) != second.layers.map(\.name) { return "its layers have other names" }
    if first.layers.map(\.kind) != second.layers.map(\.kind) { return "its layers are of other kinds" }
    if first.edges != second.edges { return "it has other edges" }
    if first.diagnostics != second.diagnostics { return "it has other diagnostics" }
    for (one, other) in zip(first.layers.flatMap(\.parameters), second.layers.flatMap(\.parameters)) {
      let (tensor, copy) = (one.tensor, other.tensor)
      guard tensor.name == copy.name, tensor.shape == copy.shape, tensor.axes == copy.axes, one.role == other.role,
        (try? tensor.littleEndianBytes()) == (try? copy.littleEndianBytes())
      else { return "'\(tensor.name)' differs" }
    }
    return nil
  }

  private static func repeated(_ names: [String]) -> String? {
    var known = Set<ByteString>()
    return names.first { !known.insert(ByteString($0)).inserted }
  }
}
