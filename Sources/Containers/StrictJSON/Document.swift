import ModelReading

/// The values of a text, in one array: a deeply nested text makes no deeply nested objects,
/// whose release would be recursive.
struct Document: Sendable {
  let source: ByteSource
  /// In the order of the text. A container stands before its children, a member's key before its value.
  let nodes: [Node]

  /// The bytes of a node as written; of a string, those between its quotes.
  func raw(_ index: Int) -> [UInt8] {
    let start = Int(nodes[index].start)
    return source.bytes.extracting(start..<start + Int(nodes[index].length)).copy()
  }

  /// The bytes of a string, escapes decoded.
  func stringBytes(_ index: Int) -> [UInt8] {
    let bytes = raw(index)
    // The parser has seen every escape: none can fail.
    return nodes[index].isEscaped ? unescaped(bytes).bytes : bytes
  }

  func string(_ index: Int, equals key: [UInt8]) -> Bool {
    if nodes[index].isEscaped { return stringBytes(index) == key }
    guard Int(nodes[index].length) == key.count else { return false }
    let start = Int(nodes[index].start)
    return unsafe source.bytes.extracting(start..<start + key.count).withUnsafeBytes { unsafe $0.elementsEqual(key) }
  }
}

/// One value or key.
struct Node: Sendable {
  /// Position of the first byte; that after the quote of a string.
  var start: UInt32
  /// In bytes; of a container, the number of elements or members.
  var length: UInt32
  /// Index of the first node that is no part of this one.
  var end: UInt32
  var kind: JSON.Kind
  /// Whether a string contains escapes.
  var isEscaped: Bool
}
