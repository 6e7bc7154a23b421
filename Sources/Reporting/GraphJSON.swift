public import ModelReading

/// Layer graphs as one JSON document, schema `heavytail.graph/1`.
public func graphJSON(
  _ models: [(path: String, graph: LayerGraph)], errors: [(path: String, error: ReadError)], version: String
) -> String {
  var writer = JSONWriter(indented: true)
  writer.object { writer in
    writer.key("schema")
    writer.value("heavytail.graph/1")
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
      writer.key("topology")
      writer.value(graph.topology.rawValue)
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
      writer.key("layer_id")
      writer.value(index)
      writer.key("name")
      writer.value(layer.name)
      writer.key("kind")
      writer.value(layer.kind.label)
      writer.key("groups")
      writer.value(layer.groups)
      writer.key("note")
      writer.value(layer.note)
      writer.key("parameters")
      writer.array { for parameter in layer.parameters { $0.write(parameter) } }
    }
  }

  private mutating func write(_ tensor: TensorRecord) {
    object { writer in
      writer.key("name")
      writer.value(tensor.name)
      writer.key("element_type")
      writer.value(tensor.elementType)
      writer.key("shape")
      writer.value(tensor.shape)
    }
  }

  private mutating func write(_ parameter: Parameter) {
    let tensor = parameter.tensor
    let place = tensor.storage.fileRange
    object { writer in
      writer.key("role")
      writer.value(parameter.role.label)
      writer.key("name")
      writer.value(tensor.name)
      writer.key("aliases")
      writer.value(parameter.aliases)
      writer.key("element_type")
      writer.value(tensor.elementType.rawValue)
      writer.key("shape")
      writer.value(tensor.shape)
      writer.key("axes")
      writer.value(tensor.axes.map(\.label))
      writer.key("strides")
      writer.value(tensor.strides)
      writer.key("file")
      writer.value(place?.file.path)
      writer.key("offset")
      writer.value(tensor.fileOffset)
      writer.key("byte_count")
      writer.value(tensor.byteCount)
    }
  }
}
