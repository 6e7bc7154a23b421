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
    let production = ProducedBytes(byteCount: kernel.elementCount * 4, label: label) { () throws(ReadError) in
      let numbers = try kernel.values(as: Float.self)
      let scales = try scale.values(as: Float.self)
      let columns = kernel.shape[1]
      var bytes: [UInt8] = []
      bytes.reserveCapacity(numbers.count * 4)
      for (position, number) in numbers.enumerated() {
        let weight = number / scales[axis == 0 ? position / columns : position % columns]
        let bits = weight.bitPattern
        for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
      }
      return bytes
    }
    return try Tensor(
      name: kernel.name, elementType: .float32, shape: kernel.shape, axes: kernel.axes, storage: .produced(production))
  }

  private var label: String {
    if case .bytes(let source) = kernel.storage { source.label } else { kernel.name }
  }
}
