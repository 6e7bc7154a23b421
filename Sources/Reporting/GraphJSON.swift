public import ModelReading
import StrictJSON

/// Layer graphs as one JSON document, schema `heavytail.graph/1`.
public func graphJSON(
  _ models: [(path: String, graph: LayerGraph)], errors: [(path: String, error: ReadError)] = [],
  version: String = heavyTailVersion
) -> String {
  var writer = JSONWriter(indented: true)
  writer.object { writer in
    writer.member("schema", "heavytail.graph/1")
    writer.writeTool(version: version)
    writer.key("models")
    writer.array { for model in models { $0.write(model.graph, path: model.path) } }
    writer.key("errors")
    writer.array { for error in errors { $0.write(error) } }
  }
  return writer.text + "\n"
}

extension JSONWriter {
  fileprivate mutating func write(_ graph: LayerGraph, path: String) {
    object { writer in
      writer.writeHeader(of: graph, path: path)
      writer.member("topology", graph.topology.rawValue)
      writer.key("layers")
      writer.array { writer in
        for (index, layer) in graph.layers.enumerated() { writer.write(layer, index) }
      }
      writer.key("edges")
      writer.array { for edge in graph.edges { $0.value([edge.source, edge.target]) } }
      writer.key("other_tensors")
      writer.array { for tensor in graph.otherTensors { $0.write(tensor) } }
      writer.writeDiagnostics(of: graph)
    }
  }

  private mutating func write(_ layer: Layer, _ index: Int) {
    object { writer in
      writer.member("layer_id", index)
      writer.member("name", layer.name)
      writer.member("kind", layer.kind.label)
      writer.member("groups", layer.groups)
      writer.member("note", layer.note)
      writer.key("parameters")
      writer.array { for parameter in layer.parameters { $0.write(parameter) } }
    }
  }

  private mutating func write(_ parameter: Parameter) {
    let tensor = parameter.tensor
    let place = tensor.storage.fileRange
    object { writer in
      writer.member("role", parameter.role.label)
      writer.member("name", tensor.name)
      writer.member("aliases", parameter.aliases)
      writer.member("element_type", tensor.elementType.rawValue)
      writer.member("shape", tensor.shape)
      writer.member("axes", tensor.axes.map(\.label))
      writer.member("strides", tensor.strides)
      writer.member("file", place?.file.path)
      writer.member("offset", tensor.fileOffset)
      writer.member("byte_count", tensor.byteCount)
    }
  }
}
