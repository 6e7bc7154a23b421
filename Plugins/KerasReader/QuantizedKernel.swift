import ModelReading

/// A kernel of whole numbers and the scale that makes weights of them.
///
/// Keras multiplies by the scale to quantise, so a weight is the number
/// divided by it. There is one scale per output of a Dense layer and one per
/// row of an Embedding.
struct QuantizedKernel {
  let kernel: Tensor
  let scale: Tensor
  /// The kernel's axis that the scale runs along.
  let axis: Int

  /// `nil` unless both are stored as Keras stores 8-bit kernels.
  init?(_ kernel: Tensor, scale: Tensor, of kerasClass: KerasClass) {
    guard kernel.elementType == .int8, kernel.rank == 2, scale.elementType.isFloatingPoint else { return nil }
    switch kerasClass {
    case .dense: axis = 1
    case .embedding: axis = 0
    default: return nil
    }
    guard scale.shape == [kernel.shape[axis]] else { return nil }
    self.kernel = kernel
    self.scale = scale
  }

  /// The weights, computed when they are asked for.
  func weights() throws(ReadError) -> Tensor {
    let (kernel, scale, axis) = (kernel, scale, axis)
    let production = ProducedBytes(byteCount: kernel.elementCount * 4, label: kernel.storage.label) {
      () throws(ReadError) in
      var numbers = try kernel.values(as: Float.self)
      let scales = try scale.values(as: Float.self)
      let columns = kernel.shape[1]
      for position in numbers.indices {
        numbers[position] /= scales[axis == 0 ? position / columns : position % columns]
      }
      return numbers.littleEndianBytes
    }
    return try Tensor(
      name: kernel.name, elementType: .float32, shape: kernel.shape, axes: kernel.axes, storage: .produced(production))
  }
}
