/// Protobuf files that are no ONNX models, told by their first fields: the wire format has no magic number.
enum ProtobufImpostors {
  /// What the file is, and what to do.
  static func name(_ prefix: RawSpan) -> (name: String, hint: String)? {
    let fields = Array(fields(prefix, 0..<prefix.byteCount).prefix(40))
    if isTensor(fields) {
      return ("a single ONNX tensor (TensorProto), not a model", "give the model, or save the tensor as .npy")
    }
    if isSavedModel(fields, prefix) {
      return ("a TensorFlow SavedModel, which no reader here handles", tensorFlowHint)
    }
    if isGraph(fields, prefix) {
      return ("a TensorFlow graph (GraphDef), which no reader here handles", tensorFlowHint)
    }
    return nil
  }

  static let tensorFlowHint = "save it with Keras, or convert it to ONNX: python -m tf2onnx.convert"

  private struct Field {
    var number: UInt64
    /// As much of a length-delimited value as the prefix holds; `nil` for a number.
    var contents: Range<Int>?
    /// A number's value, or a length.
    var value: UInt64
  }

  /// Dimensions, an element type, and a name or data behind them.
  private static func isTensor(_ fields: [Field]) -> Bool {
    guard let type = fields.firstIndex(where: { $0.number != 1 }), type > 0, fields.indices.contains(type + 1) else {
      return false
    }
    return fields[type].number == 2 && fields[type].contents == nil && (1...26).contains(fields[type].value)
      && fields[..<type].allSatisfy { $0.contents == nil } && (4...14).contains(fields[type + 1].number)
  }

  /// Version 1 of the schema, then a message that begins with a message.
  private static func isSavedModel(_ fields: [Field], _ prefix: RawSpan) -> Bool {
    guard fields.count >= 2, fields[0].number == 1, fields[0].contents == nil, fields[0].value == 1,
      fields[1].number == 2, let inner = fields[1].contents, let first = self.fields(prefix, inner).first
    else { return false }
    return first.contents != nil && (1...2).contains(first.number)
  }

  /// A node that has a name and, as second field, the name of an operation.
  private static func isGraph(_ fields: [Field], _ prefix: RawSpan) -> Bool {
    guard let first = fields.first, first.number == 1, let node = first.contents else { return false }
    let inner = self.fields(prefix, node)
    guard inner.count >= 2, inner[0].number == 1, inner[1].number == 2, let name = inner[0].contents,
      let operation = inner[1].contents, !name.isEmpty, let start = prefix.byte(at: operation.lowerBound)
    else { return false }
    return (0x41...0x5A).contains(start) && isWord(prefix, name) && isWord(prefix, operation)
  }

  private static func isWord(_ prefix: RawSpan, _ range: Range<Int>) -> Bool {
    range.allSatisfy { prefix.byte(at: $0).map { (0x21...0x7E).contains($0) } ?? false }
  }

  /// The fields of a message up to the first that is damaged or of a rarer kind.
  private static func fields(_ prefix: RawSpan, _ range: Range<Int>) -> [Field] {
    var result: [Field] = []
    var offset = range.lowerBound
    while offset < range.upperBound, result.count < 64 {
      guard let key = number(prefix, &offset, range.upperBound), key >> 3 > 0, [0, 2].contains(key & 7),
        let value = number(prefix, &offset, range.upperBound)
      else { break }
      var field = Field(number: key >> 3, contents: nil, value: value)
      if key & 7 == 2 {
        let end = offset + min(range.upperBound - offset, Int(clamping: value))
        field.contents = offset..<end
        offset = end
      }
      result.append(field)
    }
    return result
  }

  private static func number(_ prefix: RawSpan, _ offset: inout Int, _ end: Int) -> UInt64? {
    var value: UInt64 = 0
    for index in 0..<10 {
      guard offset < end, let byte = prefix.byte(at: offset) else { return nil }
      offset += 1
      value |= UInt64(byte & 0x7F) << UInt64(7 * index)
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}
