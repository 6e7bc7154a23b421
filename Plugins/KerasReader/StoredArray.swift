import HDF5
import ModelReading

/// An array among a model's weights, in whichever container it lies.
struct StoredArray: Sendable {
  /// Names from the root, joined by `/`; unique in the model.
  let path: ByteString
  /// `nil` for a type that has no counterpart; `typeName` says which it is.
  let elementType: ElementType?
  /// The type in words, for messages.
  let typeName: String
  let shape: [Int]
  /// Position in the order of saving.
  let order: Int
  private let origin: Origin

  private enum Origin: Sendable {
    case dataset(HDF5Index.Dataset, HDF5File)
    case array(Tensor)
  }

  init(_ dataset: HDF5Index.Dataset, in file: HDF5File, order: Int) {
    path = dataset.path
    elementType = dataset.elementType
    typeName = dataset.typeName
    shape = dataset.shape
    self.order = order
    origin = .dataset(dataset, file)
  }

  init(_ tensor: Tensor, order: Int) {
    path = ByteString(tensor.name)
    elementType = tensor.elementType
    typeName = tensor.elementType.rawValue
    shape = tensor.shape
    self.order = order
    origin = .array(tensor)
  }

  /// The array as a tensor named by its path.
  /// - Parameter type: what the elements are, where the file itself does not say.
  /// - Throws: as `HDF5File.tensor`.
  func tensor(of type: ElementType? = nil) throws(ReadError) -> Tensor {
    switch origin {
    case .array(let tensor): return tensor
    case .dataset(var dataset, let file):
      if dataset.elementType == nil { dataset.elementType = type }
      return try file.tensor(dataset)
    }
  }

  var record: TensorRecord {
    TensorRecord(name: path.description, elementType: elementType?.rawValue ?? typeName, shape: shape)
  }
}
