// Writes the layers of a model in one form, whatever its format:  export-layers MODEL FOLDER
import Glibc
import LayerDump
import ModelReaders
import ModelReading

guard CommandLine.arguments.count == 3 else { exit(64) }
let (path, folder) = (CommandLine.arguments[1], CommandLine.arguments[2])
do {
  let graph = try ReaderRegistry.builtIn.open(path)
  var options = DumpOptions()
  options.elementType = .float32
  options.layerPatterns = ["fc*"]  // shell patterns; all layers without it

  // The folder appears when it is whole and on the disk, and not before.
  let dump = LayerDump(graph, options: options)
  try dump.write(to: folder, replacing: false)
  print("\(dump.layerCount) of \(graph.layers.count) layers, \(dump.byteCount) bytes")

  // It is a model like any other.
  let copy = try ReaderRegistry.builtIn.open(folder)
  for weight in copy.weights { print("\(weight.name) \(weight.parameter.tensor.shape)") }
} catch {
  // ReadError: the model; DumpError: either that or the folder, which exists or cannot be written.
  print("error: \(error)")
  exit(1)
}
