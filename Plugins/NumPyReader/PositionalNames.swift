import ModelReading

/// Arrays whose names are numbers: `arr_0`, `arr_1`, … in an archive, or `W1` and `b1`.
///
/// Lasagne and many scripts save a list of parameters like that, kernels and
/// biases in turn. For the inference of layers a kernel `arr_0` and the vector
/// behind it go by the names `arr_0.weights` and `arr_0.biases`; `W1` and `b1`,
/// of lessons and MATLAB, by `W1.weights` and `W1.biases`.
struct PositionalNames {
  /// The tensors under the names for the inference.
  private(set) var tensors: [Tensor]
  private var originals: [ByteString: Tensor] = [:]

  /// Does nothing to tensors of which one has a name.
  init(_ tensors: [Tensor]) {
    self.tensors = tensors
    if tensors.count >= 2, tensors.allSatisfy({ PositionalNames.number($0.name, after: "arr_") != nil }) {
      for (position, bias) in tensors.enumerated().dropFirst() { pair(position - 1, position, bias.shape) }
    } else {
      pairNumbered()
    }
  }

  /// `W1` and `b1`, wherever they stand. The vector of a MATLAB file is a matrix of one column.
  private mutating func pairNumbered() {
    var kernels: [String: Int] = [:]
    for (position, tensor) in tensors.enumerated() {
      if let number = PositionalNames.number(tensor.name, after: "W") { kernels[number] = position }
    }
    for (position, tensor) in tensors.enumerated() {
      guard let number = PositionalNames.number(tensor.name, after: "b"), let kernel = kernels[number] else { continue }
      pair(kernel, position, tensor.shape.filter { $0 != 1 })
    }
  }

  /// Names a kernel and its bias as a layer's, if their sizes fit.
  private mutating func pair(_ position: Int, _ biasPosition: Int, _ bias: [Int]) {
    let kernel = tensors[position]
    guard bias.count == 1, kernel.rank >= 2, kernel.shape.contains(bias[0]),
      let vector = tensors[biasPosition].squeezed(to: bias)
    else { return }
    rename(position, "\(kernel.name).weights", kernel)
    rename(biasPosition, "\(kernel.name).biases", vector)
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

  /// The digits behind a prefix, if the name is nothing else.
  private static func number(_ name: String, after prefix: String) -> String? {
    guard name.utf8.starts(with: prefix.utf8) else { return nil }
    let digits = name.utf8.dropFirst(prefix.utf8.count)
    let isNumber = !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return isNumber ? String(Substring(digits)) : nil
  }

  private mutating func rename(_ position: Int, _ name: String, _ tensor: Tensor) {
    guard let renamed = tensor.named(name) else { return }
    originals[ByteString(name)] = tensors[position]
    tensors[position] = renamed
  }
}

extension Tensor {
  /// Without its axes of extent 1, if that leaves `shape`.
  fileprivate func squeezed(to shape: [Int]) -> Tensor? {
    var result = self
    while let axis = result.shape.firstIndex(of: 1), result.rank > shape.count {
      result = result.selected(axis: axis, index: 0)
    }
    return result.shape == shape ? result : nil
  }

  /// The same view under another name.
  fileprivate func named(_ name: String) -> Tensor? {
    try? Tensor(
      name: name, elementType: elementType, byteOrder: byteOrder, shape: shape, strides: strides,
      elementOffset: elementOffset, axes: axes, storage: storage)
  }
}
