import ModelReading

extension Tensor {
  /// Where in its file the first element lies, in bytes; `nil` if it must be decoded first.
  var fileOffset: Int? {
    storage.fileRange.map { $0.range.lowerBound + elementOffset * elementType.byteWidth }
  }
}
