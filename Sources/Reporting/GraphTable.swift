public import ModelReading

/// A layer graph for people: one line per parameter.
/// - Parameter width: columns of the terminal, or `nil` for no limit.
public func graphTable(_ graph: LayerGraph, path: String, width: Int?) -> String {
  let headings: [TextTable.Heading] = [
    .init(title: "layer", isNumeric: false, isFlexible: true), .init(title: "kind", isNumeric: false),
    .init(title: "role", isNumeric: false, expendability: 2), .init(title: "type", isNumeric: false),
    .init(title: "shape", isNumeric: false), .init(title: "axes", isNumeric: false, expendability: 3),
    .init(title: "size", isNumeric: true, expendability: 1), .init(title: "offset", isNumeric: true, expendability: 4),
    .init(title: "tensor", isNumeric: false, isFlexible: true, expendability: 5),
  ]
  let rows = graph.layers.flatMap { layer in layer.parameters.map { cells(layer, $0) } }
  let producer = graph.producer.map { ", " + printable($0) } ?? ""
  var lines = ["\(printable(path))  (\(graph.format), \(graph.variant)\(producer))"]
  lines += graph.metadata.map { "  \(printable($0.key)): \(printable($0.value))" }
  if !rows.isEmpty { lines += TextTable(headings: headings, rows: rows).lines(width: width) }
  for tensor in graph.otherTensors {
    lines.append(
      "  tensor of no layer: \(printable(tensor.name)) \(printable(tensor.elementType)) \(shapeText(tensor.shape))")
  }
  for diagnostic in graph.diagnostics {
    lines.append("  \(diagnostic.code.rawValue): \(printable(diagnostic.subject)) \(printable(diagnostic.message))")
  }
  let counts = "\(grouped(graph.parameterCount)) parameters · \(graph.inventory.count) tensors"
  lines.append("\(graph.layers.count) layer\(graph.layers.count == 1 ? "" : "s") · " + counts)
  return lines.flatMap { wrapped($0, width: width, indent: 4) }.joined(separator: "\n") + "\n"
}

private func cells(_ layer: Layer, _ parameter: Parameter) -> [String] {
  let tensor = parameter.tensor
  let offset = tensor.fileOffset.map(String.init) ?? "decoded"
  let aliases = parameter.aliases.isEmpty ? "" : " = " + parameter.aliases.joined(separator: " = ")
  return [
    layer.name, layer.kind.label, parameter.role.label, tensor.elementType.rawValue, shapeText(tensor.shape),
    tensor.axes.map(\.label).joined(separator: ","), byteCountText(tensor.byteCount), offset, tensor.name + aliases,
  ]
}
