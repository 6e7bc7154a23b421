/// Writes JSON with keys in the order they are given.
///
/// The order of a report's fields is part of its schema, and an absent value is
/// `null`; the standard encoders keep neither.
public struct JSONWriter {
  private var bytes: [UInt8] = []
  private var depth = 0
  private var needsComma = false
  /// Whether containers are spread over lines; rows of tables are not.
  private let isIndented: Bool

  public init(indented: Bool) { isIndented = indented }

  /// What has been written so far.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public mutating func object(_ members: (inout JSONWriter) -> Void) { container("{", "}", members) }
  public mutating func array(_ elements: (inout JSONWriter) -> Void) { container("[", "]", elements) }

  /// The key of the next value.
  public mutating func key(_ name: String) {
    separate()
    appendString(name)
    append(isIndented ? ": " : ":")
    needsComma = false
    afterKey = true
  }

  /// A key and its value; `nil` is `null`.
  public mutating func member(_ name: String, _ value: String?) {
    key(name)
    self.value(value)
  }

  public mutating func member(_ name: String, _ value: Int?) {
    key(name)
    self.value(value)
  }

  public mutating func member(_ name: String, _ value: Double?) {
    key(name)
    self.value(value)
  }

  public mutating func member(_ name: String, _ value: Bool) {
    key(name)
    self.value(value)
  }

  public mutating func member(_ name: String, _ value: [Int]) {
    key(name)
    self.value(value)
  }

  public mutating func member(_ name: String, _ value: [String]) {
    key(name)
    self.value(value)
  }

  public mutating func value(_ string: String?) {
    guard let string else { return null() }
    separate()
    appendString(string)
    needsComma = true
  }

  public mutating func value(_ integer: Int?) { literal(integer.map(String.init) ?? "null") }

  /// The shortest digits that give the same number back; `null` for what JSON cannot say.
  public mutating func value(_ number: Double?) {
    guard let number, number.isFinite else { return null() }
    literal("\(number)")
  }

  public mutating func value(_ integers: [Int]) {
    literal("[" + integers.map(String.init).joined(separator: ", ") + "]")
  }
  public mutating func value(_ strings: [String]) { array { for string in strings { $0.value(string) } } }
  public mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }
  public mutating func null() { literal("null") }

  private var afterKey = false

  private mutating func literal(_ literal: String) {
    separate()
    append(literal)
    needsComma = true
  }

  private mutating func container(_ open: String, _ close: String, _ body: (inout JSONWriter) -> Void) {
    separate()
    append(open)
    depth += 1
    needsComma = false
    let start = bytes.count
    body(&self)
    depth -= 1
    if bytes.count > start { breakLine() }
    append(close)
    needsComma = true
  }

  private mutating func separate() {
    if afterKey {
      afterKey = false
      return
    }
    if needsComma { append(isIndented || depth == 0 ? "," : ", ") }
    if depth > 0 { breakLine() }
  }

  private mutating func breakLine() {
    guard isIndented else { return }
    append("\n")
    for _ in 0..<depth { append("  ") }
  }

  private mutating func append(_ string: String) { bytes.append(contentsOf: string.utf8) }

  private mutating func appendString(_ string: String) {
    append("\"")
    if string.utf8.allSatisfy(JSONWriter.isPlain) { append(string) } else { appendEscaped(string) }
    append("\"")
  }

  /// Bytes of characters beyond ASCII are written as they are.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7F
  }

  private mutating func appendEscaped(_ string: String) {
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\r"): append("\\r")
      case UInt8(ascii: "\t"): append("\\t")
      case _ where JSONWriter.isPlain(byte): bytes.append(byte)
      default:
        append("\\u00")
        append(String(byte / 16, radix: 16))
        append(String(byte % 16, radix: 16))
      }
    }
  }
}
