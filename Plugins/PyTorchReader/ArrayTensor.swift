import ModelReading
import Pickle

extension TensorBuilder {
  func arrayTensor(_ id: Pickle.ID, named name: String) throws(ReadError) -> BuiltTensor {
    throw pickle.source.error(.unsupported, "is a NumPy array", subject: name)
  }
}
