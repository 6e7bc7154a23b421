import ModelReading
import NumPyFormat
import Pickle

extension TensorBuilder {
  /// A NumPy array as a tensor.
  /// - Throws: `.unsupported` for arrays of anything but numbers.
  mutating func arrayTensor(_ id: Pickle.ID, named name: String) throws(ReadError) -> BuiltTensor {
    try spend(0)
    guard let array = try PickledArray(id, in: pickle) else {
      throw pickle.source.error(.malformed, "is a NumPy array without its state", subject: name)
    }
    let contents = try array.contents(named: name, limits: limits)
    guard let tensor = contents.tensors.first, contents.inventory.count == 1 else {
      throw pickle.source.error(
        .unsupported, "is a NumPy array of \(array.layout.type.spelling), which is not read", subject: name)
    }
    // Bytes that older protocols spell as text have been decoded into memory.
    if tensor.storage.fileRange == nil { try spend(array.layout.byteCount) }
    return BuiltTensor(tensor: tensor)
  }
}

extension TensorForms {
  /// The shape that an array announces.
  func arrayShape(_ id: Pickle.ID) -> [Int] {
    // (version, shape, type, order, data), or (data, type, shape, order) as arguments
    if let state = pickle.state(of: id).flatMap(pickle.tuple) {
      return state.count >= 4 ? size(state[state.count - 4]) ?? [] : []
    }
    guard let arguments = pickle.arguments(of: id), arguments.count > 2 else { return [] }
    return size(arguments[2]) ?? []
  }
}
