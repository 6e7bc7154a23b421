/// What the walker does with a field.
enum FieldRule {
  /// Passed over, whatever its wire type.
  case ignored
  case integer
  case float
  /// Names and other short text, kept; too long is an error.
  case text
  /// Text that nothing depends on, dropped when longer than so many bytes, or than a name may be.
  case remark(Int)
  /// Integers, one per field or packed.
  case integers
  case message(MessageKind, repeated: Bool)
  /// Weights: their place is noted, their bytes are not read.
  case payload(PayloadField)
}

/// The messages of an ONNX model that hold something worth reading.
enum MessageKind: String {
  case model, operatorSet, entry, training, graph, value, node, nodeEntry, attribute, tensor, sparseTensor, function

  /// The rule for field `number`; the same fields as `onnx_skeleton.proto` has, and the payloads.
  func rule(_ number: Int) -> FieldRule {
    switch self {
    case .model: modelRule(number)
    case .graph: graphRule(number)
    case .node: nodeRule(number)
    case .attribute: attributeRule(number)
    case .tensor: tensorRule(number)
    case .function: functionRule(number)
    case .operatorSet: number == 1 ? .text : number == 2 ? .integer : .ignored
    case .entry: number == 1 ? .text : number == 2 ? .remark(Int.max) : .ignored
    // Exporters attach whole stack traces; only the short notes are of use.
    case .nodeEntry: number == 1 ? .text : number == 2 ? .remark(512) : .ignored
    case .training: number <= 2 ? .message(.graph, repeated: false) : .ignored
    case .value: number == 1 ? .text : .ignored
    case .sparseTensor:
      number <= 2 ? .message(.tensor, repeated: false) : number == 3 ? .integers : .ignored
    }
  }

  private func modelRule(_ number: Int) -> FieldRule {
    switch number {
    case 1: .integer
    case 2, 3: .text
    case 7: .message(.graph, repeated: false)
    case 8: .message(.operatorSet, repeated: true)
    case 14: .message(.entry, repeated: true)
    case 20: .message(.training, repeated: true)
    case 25: .message(.function, repeated: true)
    default: .ignored
    }
  }

  private func graphRule(_ number: Int) -> FieldRule {
    switch number {
    case 1: .message(.node, repeated: true)
    case 2: .text
    case 5: .message(.tensor, repeated: true)
    case 11, 12: .message(.value, repeated: true)
    case 15: .message(.sparseTensor, repeated: true)
    default: .ignored
    }
  }

  private func nodeRule(_ number: Int) -> FieldRule {
    switch number {
    case 1, 2, 3, 4, 7, 8: .text
    case 5: .message(.attribute, repeated: true)
    case 9: .message(.nodeEntry, repeated: true)
    default: .ignored
    }
  }

  private func attributeRule(_ number: Int) -> FieldRule {
    switch number {
    case 1, 21: .text
    case 2: .float
    case 3: .integer
    case 4: .remark(Int.max)
    case 5: .message(.tensor, repeated: false)
    case 6: .message(.graph, repeated: false)
    case 7: .payload(.attributeFloats)
    case 8: .integers
    case 10: .message(.tensor, repeated: true)
    case 11: .message(.graph, repeated: true)
    case 22: .message(.sparseTensor, repeated: false)
    case 23: .message(.sparseTensor, repeated: true)
    default: .ignored
    }
  }

  private func tensorRule(_ number: Int) -> FieldRule {
    switch number {
    case 1: .integers
    case 2, 14: .integer
    case 8: .text
    case 13: .message(.entry, repeated: true)
    default: PayloadField.ofTensor(number).map { .payload($0) } ?? .ignored
    }
  }

  private func functionRule(_ number: Int) -> FieldRule {
    switch number {
    case 1, 4, 5, 6, 10, 13: .text
    case 7: .message(.node, repeated: true)
    case 9: .message(.operatorSet, repeated: true)
    case 11: .message(.attribute, repeated: true)
    default: .ignored
    }
  }
}
