import ModelReading
import StateDictionary

/// Layers of an HDF5 file that Keras did not write: Caffe, Chainer, tensors by name, a table of numbers.
///
/// Names, shapes and the lengths of biases tell what is what, as in any list of
/// named tensors. Caffe numbers the tensors of a layer: `conv1/0`, `conv1/1`.
struct PlainWeights {
  private(set) var layers: [Layer] = []
  private(set) var diagnostics: [Diagnostic] = []
  private let limits: Limits

  init(_ arrays: [StoredArray], _ limits: Limits) {
    self.limits = limits
    let renamed = Self.caffeNames(arrays)
    var tensors: [Tensor] = []
    var names: [ByteString: String] = [:]
    for array in arrays {
      do throws(ReadError) {
        let tensor = try array.tensor()
        let name = renamed[array.path] ?? tensor.name
        names[ByteString(name)] = tensor.name
        tensors.append(try tensor.named(name, limits))
      } catch { diagnostics.append(.unusable(array, error)) }
    }
    var result = StateDictionary.layers(from: tensors, convention: .undetermined, order: .natural, limits: limits)
    for layer in result.layers.indices {
      for index in result.layers[layer].parameters.indices {
        let tensor = result.layers[layer].parameters[index].tensor
        guard let name = names[ByteString(tensor.name)], let original = try? tensor.named(name, limits) else {
          continue
        }
        result.layers[layer].parameters[index].tensor = original
      }
    }
    layers = result.layers
    diagnostics += result.diagnostics
  }

  /// `conv1/0` and `conv1/1` by the names that others give a kernel and its bias, unless something has them.
  private static func caffeNames(_ arrays: [StoredArray]) -> [ByteString: String] {
    let ranks = Dictionary(arrays.map { ($0.path, $0.shape.count) }) { first, _ in first }
    var names: [ByteString: String] = [:]
    for array in arrays where array.shape.count >= 2 {
      let path = array.path.description
      guard path.hasSuffix("/0") else { continue }
      let owner = String(path.dropLast(2))
      let (kernel, bias) = (owner + "/weight", owner + "/bias")
      guard ranks[ByteString(kernel)] == nil, ranks[ByteString(bias)] == nil, ranks[ByteString(owner + "/2")] == nil
      else { continue }
      names[array.path] = kernel
      if ranks[ByteString(owner + "/1")] == 1 { names[ByteString(owner + "/1")] = bias }
    }
    return names
  }
}

extension Tensor {
  fileprivate func named(_ name: String, _ limits: Limits) throws(ReadError) -> Tensor {
    try Tensor(
      name: name, elementType: elementType, byteOrder: byteOrder, shape: shape, strides: strides,
      elementOffset: elementOffset, axes: axes, storage: storage, limits: limits)
  }
}
