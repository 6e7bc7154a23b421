// Lists the layers of a model in any format:  list-layers MODEL
import Glibc
import ModelReaders
import ModelReading

guard CommandLine.arguments.count == 2 else { exit(64) }
do {
  // Reads the index of the file or folder; weights stay where they are until someone asks for values.
  let graph = try ReaderRegistry.builtIn.open(CommandLine.arguments[1])
  print("\(graph.format), \(graph.layers.count) layers, \(graph.parameterCount) parameters")
  for layer in graph.layers {
    for parameter in layer.parameters {
      let (role, tensor) = (parameter.role.label, parameter.tensor)
      print("\(layer.name) (\(layer.kind.label)): \(role) \(tensor.canonicalShape) \(tensor.elementType)")
    }
  }
  // What the file holds and no layer has is named, never dropped.
  for diagnostic in graph.diagnostics { print("note: \(diagnostic.subject) \(diagnostic.message)") }

  // Values: in the order [output, input, spatial…], whatever the order in the file.
  if let weight = graph.weights.first {
    let values = try weight.parameter.tensor.canonical.values(as: Float.self)
    print("\(weight.name) begins with \(values.prefix(3).map(\.description).joined(separator: " "))")
  }
} catch {
  // A ReadError: says what was found, where in the file, and what can be done.
  print("error: \(error)")
  exit(1)
}
