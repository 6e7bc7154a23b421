import KerasReader
import ModelReading
import TestSupport

/// One line per weight: `name kind role shape`.
func rows(_ graph: LayerGraph) -> [String] {
  graph.layers.flatMap { layer in
    layer.parameters.filter(\.isWeight).map { parameter in
      "\(layer.name) \(layer.kind.label) \(parameter.role.label) \(parameter.tensor.canonicalShape)"
    }
  }
}

func open(_ path: String, limits: Limits = Limits()) throws -> LayerGraph {
  try ReaderRegistry([.keras]).open(path, limits: limits)
}

func open(_ bytes: [UInt8], named name: String = "model.h5", limits: Limits = Limits()) throws -> LayerGraph {
  try Fixtures.withFile(bytes, named: name) { try open($0, limits: limits) }
}
