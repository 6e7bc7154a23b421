public import ModelReading

/// The languages in which graphs are drawn.
public enum DrawingLanguage: String, Sendable, CaseIterable {
  /// Graphviz.
  case dot
  case mermaid
}

/// Layer graphs as a drawing: a box per layer, an arrow per edge, a frame per model.
///
/// Where a format records no dataflow, dashed lines join the layers in their order.
public func graphDrawing(_ models: [(path: String, graph: LayerGraph)], in language: DrawingLanguage) -> String {
  let drawing = Drawing(language: language)
  let frames = models.enumerated().flatMap { drawing.frame($0, path: $1.path, $1.graph) }
  let lines =
    switch language {
    case .dot: ["digraph {", "  node [shape=box, fontname=\"sans-serif\"];"] + frames + ["}"]
    case .mermaid: ["flowchart TD"] + frames
    }
  return lines.joined(separator: "\n") + "\n"
}

private struct Drawing {
  let language: DrawingLanguage

  func frame(_ number: Int, path: String, _ graph: LayerGraph) -> [String] {
    let isOrder = graph.topology == .order
    let note = isOrder ? ["in the order of the layers: the format records no dataflow"] : []
    let title = label(["\(path) (\(graph.format), \(graph.variant))"] + note)
    let boxes = graph.layers.enumerated().map { box("m\(number)_\($0)", $1) }
    let edges =
      isOrder ? graph.layers.indices.dropFirst().map { ($0 - 1, $0) } : graph.edges.map { ($0.source, $0.target) }
    let arrows = edges.map { arrow("m\(number)_\($0)", "m\(number)_\($1)", isDashed: isOrder) }
    let (start, end) =
      switch language {
      case .dot: (["  subgraph cluster\(number) {", "    label=\(title);"], "  }")
      case .mermaid: (["  subgraph m\(number)[\(title)]"], "  end")
      }
    return start + (boxes + arrows).map { "    " + $0 } + [end]
  }

  private func box(_ id: String, _ layer: Layer) -> String {
    let weights = layer.parameters.filter(\.isWeight).map { shapeText($0.tensor.canonicalShape) }
    let text = label([layer.name, ([layer.kind.label] + weights).joined(separator: " ")])
    return language == .dot ? "\(id) [label=\(text)];" : "\(id)[\(text)]"
  }

  private func arrow(_ source: String, _ target: String, isDashed: Bool) -> String {
    switch language {
    case .dot: "\(source) -> \(target)\(isDashed ? " [style=dashed, arrowhead=none]" : "");"
    case .mermaid: "\(source) \(isDashed ? "-.-" : "-->") \(target)"
    }
  }

  /// Lines of text in quotation marks, so that no name can end them.
  private func label(_ lines: [String]) -> String {
    let lines = lines.map { printable($0).unicodeScalars.map(escaped).joined() }
    return "\"" + lines.joined(separator: language == .dot ? "\\n" : "<br/>") + "\""
  }

  private func escaped(_ scalar: Unicode.Scalar) -> String {
    switch (language, scalar) {
    case (.dot, "\""): "\\\""
    case (.dot, "\\"): "\\\\"
    case (.dot, "&"): "&amp;"
    case (.mermaid, "\""): "#quot;"
    case (.mermaid, "&"), (.mermaid, "#"), (.mermaid, "<"), (.mermaid, ">"), (.mermaid, "`"): "#\(scalar.value);"
    default: String(scalar)
    }
  }
}
