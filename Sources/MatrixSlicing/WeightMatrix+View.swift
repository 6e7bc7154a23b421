public import ModelReading

extension WeightMatrix {
  /// The N×M matrix as a view of its tensor: the axes of the longer side, slowest first, then those of the other.
  ///
  /// In C order its elements are those of the matrix; a side of extent 1 has no axis.
  public func view(limits: Limits) throws(ReadError) -> Tensor {
    let (longer, shorter) = isTransposed ? (inputs, outputs) : (outputs, inputs)
    let (first, second): (Axis, Axis) = isTransposed ? (.input, .output) : (.output, .input)
    return try Tensor(
      name: tensor.name, elementType: tensor.elementType, byteOrder: tensor.byteOrder,
      shape: (longer + shorter).map(\.extent), strides: (longer + shorter).map(\.stride),
      elementOffset: elementOffset, axes: longer.map { _ in first } + shorter.map { _ in second },
      storage: tensor.storage, limits: limits)
  }
}
