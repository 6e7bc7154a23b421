import MatrixSlicing
import ModelReaders
public import ModelReading

extension ReaderRegistry {
  /// The built-in reader of the format `name`; `nil` if there is none.
  public static func reader(named name: String) -> (any ModelReader)? {
    builtIn.readers.first { $0.format.name == name }
  }
}

/// Does with a file what an analysis would, short of decomposing anything.
///
/// - Returns: whether it was read, or the code of the error.
public func exercise(_ reader: any ModelReader, _ file: MappedFile, _ limits: Limits) -> String {
  do throws(ReadError) {
    let probe = reader.probe(file.bytes.extracting(first: Format.probeLength))
    let graph = try reader.open(.file(file), limits: limits).accountingForEveryTensor()
    for layer in graph.layers {
      for parameter in layer.parameters { touch(parameter, layer) }
    }
    return probe == .no ? "read unprobed" : "read"
  } catch {
    precondition(!error.message.isEmpty && !error.description.isEmpty, "an error says something")
    return error.code.rawValue
  }
}

/// Reads values of small tensors and matrices; what cannot be read must say so.
private func touch(_ parameter: Parameter, _ layer: Layer) {
  guard parameter.tensor.byteCount <= 1 << 20 else { return }
  _ = try? parameter.tensor.littleEndianBytes()
  guard parameter.isWeight, let sliced = try? Slicing.positions.matrices(of: parameter, in: layer),
    let matrix = sliced.matrices.last, let data = try? parameter.tensor.load()
  else { return }
  var block = [Double](repeating: 0, count: matrix.outputCount * matrix.inputCount)
  var span = block.mutableSpan
  matrix.decode(outputs: 0..<matrix.outputCount, inputs: 0..<matrix.inputCount, from: data, into: &span)
}
