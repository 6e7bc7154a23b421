import ModelReading

extension LayerGraph {
  /// Tensors that the reader met and that are no layer's parameter.
  var otherTensors: [TensorRecord] {
    var known = Set<ByteString>()
    for parameter in layers.lazy.flatMap(\.parameters) {
      known.insert(ByteString(parameter.tensor.name))
      known.formUnion(parameter.aliases.map { ByteString($0) })
    }
    return inventory.filter { !known.contains(ByteString($0.name)) }
  }
}

extension Tensor {
  /// Where in its file the first element lies, in bytes; `nil` if it must be decoded first.
  var fileOffset: Int? {
    storage.fileRange.map { $0.range.lowerBound + elementOffset * elementType.byteWidth }
  }
}
