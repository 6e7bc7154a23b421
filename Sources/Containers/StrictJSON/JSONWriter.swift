/// Writes JSON with keys in the order they are given.
///
/// The order of a report's fields is part of its schema, and an absent value is
/// `null`; the standard encoders keep neither.
public struct JSONWriter {
  public private(set) var text = ""
  private var depth = 0
  private var needsComma = false
  /// Whether containers are spread over lines; rows of tables are not.
  private let isIndented: Bool

  public init(indented: Bool) { isIndented = indented }

  public mutating func object(_ members: (inout JSONWriter) -> Void) { container("{", "}", members) }
  public mutating func array(_ elements: (inout JSONWriter) -> Void) { container("[", "]", elements) }

  /// The key of the next value.
  public mutating func key(_ name: String) {
    separate()
    appendString(name)
    text += isIndented ? ": " : ":"
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
    text += literal
    needsComma = true
  }

  private mutating func container(_ open: String, _ close: String, _ body: (inout JSONWriter) -> Void) {
    separate()
    text += open
    depth += 1
    needsComma = false
    let start = text.utf8.count
    body(&self)
    depth -= 1
    if text.utf8.count > start { breakLine() }
    text += close
    needsComma = true
  }

  private mutating func separate() {
    if afterKey {
      afterKey = false
      return
    }
    if needsComma { text += isIndented || depth == 0 ? "," : ", " }
    if depth > 0 { breakLine() }
  }

  private mutating func breakLine() {
    guard isIndented else { return }
    text += "\n" + String(repeating: "  ", count: depth)
  }

  private mutating func appendString(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
