import ModelReading
import StrictJSON

extension DumpDocument {
  /// The text of `graph.json`. The same document gives the same text.
  public var json: String {
    var writer = JSONWriter(indented: true)
    writer.object { writer in
      writer.member("schema", DumpDocument.schema)
      writer.key("tool")
      writer.object { writer in
        writer.member("name", "heavytail")
        writer.member("version", version)
      }
      writer.member("layout", layout.rawValue)
      writer.key("source")
      writer.write(source)
      writer.member("files", files)
      writer.member("topology", topology.rawValue)
      writer.key("layers")
      writer.array { for layer in layers { $0.write(layer) } }
      writer.key("edges")
      writer.array { for edge in edges { $0.value([edge.source, edge.target]) } }
      writer.key("tensors")
      writer.array { for tensor in tensors { $0.write(tensor, layout) } }
      writer.key("other_tensors")
      writer.array { for tensor in otherTensors { $0.write(tensor) } }
      writer.key("diagnostics")
      writer.array { for diagnostic in diagnostics { $0.write(diagnostic) } }
    }
    return writer.text + "\n"
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ source: DumpDocument.Source) {
    object { writer in
      writer.member("format", source.format)
      writer.member("variant", source.variant)
      writer.member("producer", source.producer)
      writer.member("files", source.files)
      writer.key("metadata")
      // A list, since a key may be there twice.
      writer.array { for fact in source.metadata { $0.value([fact.key, fact.value]) } }
    }
  }

  fileprivate mutating func write(_ layer: DumpLayer) {
    object { writer in
      writer.member("name", layer.name)
      writer.member("kind", layer.kind.label)
      writer.member("groups", layer.groups)
      writer.member("note", layer.note)
      writer.key("parameters")
      writer.array { for parameter in layer.parameters { $0.write(parameter) } }
      writer.key("parts")
      writer.array { for part in layer.parts { $0.write(part) } }
    }
  }

  private mutating func write(_ parameter: DumpParameter) {
    object { writer in
      writer.member("role", parameter.role.label)
      writer.member("is_weight", parameter.role.isWeight)
      writer.member("source_name", parameter.name)
      writer.member("aliases", parameter.aliases)
      writer.member("axes", parameter.axes.map(\.axis.label))
      writer.member("extents", parameter.axes.map(\.extent))
      writer.key("heads")
      if let heads = parameter.heads { writer.write(heads) } else { writer.null() }
      writer.write(parameter.values)
    }
  }

  private mutating func write(_ heads: AttentionHeads) {
    object { writer in
      writer.member("side", heads.side == .outputs ? "outputs" : "inputs")
      writer.member("count", heads.count)
    }
  }

  private mutating func write(_ values: DumpParameter.Values) {
    switch values {
    case .tensor(let name): member("tensor", name)
    case .product(let left, let right, let scale):
      key("product")
      object { writer in
        writer.member("left", left)
        writer.member("right", right)
        // JSON has no infinity and no NaN.
        if scale.isFinite { writer.member("scale", scale) } else { writer.member("scale", "\(scale)") }
      }
    case .matrices(let matrices):
      key("matrices")
      array { for matrix in matrices { $0.write(matrix) } }
    }
  }

  private mutating func write(_ matrix: DumpMatrix) {
    object { writer in
      writer.member("tensor", matrix.tensor)
      writer.member("N", matrix.rows)
      writer.member("M", matrix.columns)
      writer.member("Q", Double(matrix.rows) / Double(matrix.columns))
      writer.member("is_transposed", matrix.isTransposed)
      writer.key("origin")
      writer.object { for origin in matrix.origin { $0.member(origin.axis, origin.index) } }
    }
  }

  fileprivate mutating func write(_ tensor: DumpTensor, _ layout: DumpDocument.Layout) {
    object { writer in
      writer.member("name", tensor.name)
      writer.member("file", tensor.file)
      writer.member("element_type", tensor.elementType.rawValue)
      writer.member("shape", tensor.shape)
      guard layout == .ranges else { return writer.member("sha256", tensor.sha256) }
      writer.member("offset", tensor.offset)
      writer.member("byte_order", tensor.byteOrder == .big ? "big" : "little")
    }
  }
}
