import ModelReading

/// Tensors that a container lists by name, without a pickle.
struct ListedTensors {
  private(set) var tensors: [BuiltTensor] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// Of the tensors that are not read.
  private(set) var records: [TensorRecord] = []

  /// Adds a tensor, or says why there is none.
  mutating func add(_ name: String, shape: [Int], _ tensor: Result<BuiltTensor, ReadError>) {
    switch tensor {
    case .success(let tensor): tensors.append(tensor)
    case .failure(let error):
      diagnostics.append(Diagnostic(name, error))
      records.append(TensorRecord(name: name, elementType: "unknown", shape: shape))
    }
  }
}

extension Diagnostic {
  /// Why a tensor is not read.
  init(_ name: String, _ error: ReadError) {
    let code: Code =
      switch error.code {
      case .unsupported: .unsupportedTensor
      case .unsafeContent: .unsafeContent
      default: .unreadableTensor
      }
    self.init(code, name, error.message, hint: error.hint)
  }
}
