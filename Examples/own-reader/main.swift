// Reads a format of one's own beside the built-in ones:  own-reader MODEL
import Glibc
import ModelReaders
import ModelReading

/// Reads `.foo` files: "FOO1", rows and columns as 32-bit integers, float32 values row by row.
struct FooReader: ModelReader {
  let format = Format(name: "foo", summary: "one matrix in foo", fileExtensions: ["foo"])

  func probe(_ prefix: RawSpan) -> Match { prefix.starts(with: "FOO1") ? .certain : .no }

  func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    guard case .file(let file) = input else { throw ReadError(.unrecognized, "is a folder", file: input.path) }
    let source = ByteSource(file)
    var reader = source.reader
    try reader.skip(4, "signature")
    let shape = [try reader.length(UInt32.self, "row count"), try reader.length(UInt32.self, "column count")]
    let values = try source.slice(at: reader.offset, count: reader.remaining, "values")
    let tensor = try Tensor(
      name: "weight", elementType: .float32, shape: shape, axes: [.output, .input], storage: .bytes(values),
      limits: limits)
    let layer = Layer(name: "matrix", kind: .dense, parameters: [Parameter(.kernel, tensor)])
    return LayerGraph(
      format: format.name, variant: "version 1", files: [file.path], layers: [layer], inventory: [TensorRecord(tensor)])
  }
}

let registry = ReaderRegistry(ReaderRegistry.builtIn.readers + [FooReader()])
for path in CommandLine.arguments.dropFirst() {
  do throws(ReadError) {
    let graph = try registry.open(path)
    print("\(graph.format): \(graph.weights.map { "\($0.name) \($0.parameter.tensor.shape)" }.joined(separator: ", "))")
  } catch {
    print("error: \(error)")
    exit(1)
  }
}
