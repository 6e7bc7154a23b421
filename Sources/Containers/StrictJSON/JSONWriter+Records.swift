public import ModelReading

extension JSONWriter {
  /// What a file lists of a tensor: `name`, `element_type`, `shape`.
  public mutating func write(_ tensor: TensorRecord) {
    object { writer in
      writer.member("name", tensor.name)
      writer.member("element_type", tensor.elementType)
      writer.member("shape", tensor.shape)
    }
  }

  /// `code`, `subject`, `message`, and `hint` or null.
  public mutating func write(_ diagnostic: Diagnostic) {
    object { writer in
      writer.member("code", diagnostic.code.rawValue)
      writer.member("subject", diagnostic.subject)
      writer.member("message", diagnostic.message)
      writer.member("hint", diagnostic.hint)
    }
  }
}
