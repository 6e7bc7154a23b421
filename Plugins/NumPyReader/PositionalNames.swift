import ModelReading

/// Arrays that were saved without names: `arr_0`, `arr_1`, … in an archive.
///
/// Lasagne and many scripts save a list of parameters like that, kernels and
/// biases in turn. For the inference of layers a kernel `arr_0` and the vector
/// behind it go by the names `arr_0.weights` and `arr_0.biases`.
struct PositionalNames {
  /// The tensors under the names for the inference.
  private(set) var tensors: [Tensor]
  private var originals: [ByteString: Tensor] = [:]

  /// Does nothing to tensors of which one has a name.
  init(_ tensors: [Tensor]) {
    self.tensors = tensors
    guard tensors.count >= 2, tensors.allSatisfy({ PositionalNames.isPositional($0.name) }) else { return }
    for (position, bias) in tensors.enumerated().dropFirst() {
      let kernel = tensors[position - 1]
      guard bias.rank == 1, kernel.rank >= 2, kernel.shape.contains(bias.shape[0]) else { continue }
      rename(position - 1, "\(kernel.name).weights")
      rename(position, "\(kernel.name).biases")
    }
  }

  /// Gives the tensors in the layers the names they have in the file.
  func restoreNames(in layers: inout [Layer]) {
    guard !originals.isEmpty else { return }
    for layer in layers.indices {
      for index in layers[layer].parameters.indices {
        let tensor = layers[layer].parameters[index].tensor
        guard let original = originals[ByteString(tensor.name)],
          let restored = tensor.named(original.name)
        else { continue }
        layers[layer].parameters[index].tensor = restored
      }
    }
  }

  private static func isPositional(_ name: String) -> Bool {
    let bytes = name.utf8
    return bytes.starts(with: "arr_".utf8) && bytes.count > 4
      && bytes.dropFirst(4).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private mutating func rename(_ position: Int, _ name: String) {
    guard let renamed = tensors[position].named(name) else { return }
    originals[ByteString(name)] = tensors[position]
    tensors[position] = renamed
  }
}

extension Tensor {
  /// The same view under another name.
  fileprivate func named(_ name: String) -> Tensor? {
    try? Tensor(
      name: name, elementType: elementType, byteOrder: byteOrder, shape: shape, strides: strides,
      elementOffset: elementOffset, axes: axes, storage: storage)
  }
}
