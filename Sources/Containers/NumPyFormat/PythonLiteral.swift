import ModelReading

/// A value as Python source spells it: all that an array header may contain.
///
/// Containers nest a few levels at most, so that building, walking and freeing one may recurse.
enum PythonLiteral: Equatable {
  case none
  case boolean(Bool)
  case integer(Int)
  case text(String)
  /// A list or, with parentheses, a tuple.
  indirect case sequence([PythonLiteral], isTuple: Bool)
  indirect case dictionary([Entry])

  struct Entry: Equatable {
    var key: PythonLiteral
    var value: PythonLiteral
  }

  static let maximumDepth = 8

  /// Reads one literal with nothing but white space around it.
  /// - Throws: `.malformed`, with the position in the source.
  static func parse(_ source: ByteSource, isUTF8: Bool) throws(ReadError) -> PythonLiteral {
    var parser = LiteralParser(source, isUTF8)
    return try parser.parsed()
  }
}

private struct LiteralParser {
  private let source: ByteSource
  private let bytes: [UInt8]
  private let isUTF8: Bool
  private var position = 0

  init(_ source: ByteSource, _ isUTF8: Bool) {
    self.source = source
    self.isUTF8 = isUTF8
    bytes = source.copy()
  }

  mutating func parsed() throws(ReadError) -> PythonLiteral {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw unexpected("the end of the header") }
    return value
  }

  private mutating func value(depth: Int) throws(ReadError) -> PythonLiteral {
    guard depth < PythonLiteral.maximumDepth else {
      throw source.error(
        .limitExceeded, "nests its header deeper than \(PythonLiteral.maximumDepth), the limit", at: position)
    }
    skipSpace()
    switch byte {
    case UInt8(ascii: "{"): return try dictionary(depth)
    case UInt8(ascii: "["): return .sequence(try sequence(until: UInt8(ascii: "]"), depth).elements, isTuple: false)
    case UInt8(ascii: "("):
      let (elements, hasComma) = try sequence(until: UInt8(ascii: ")"), depth)
      return elements.count == 1 && !hasComma ? elements[0] : .sequence(elements, isTuple: true)
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "u") where isQuote(position + 1), UInt8(ascii: "b") where isQuote(position + 1):
      position += 1
      return .text(try text())
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .integer(try integer())
    default: return try word()
    }
  }

  private mutating func dictionary(_ depth: Int) throws(ReadError) -> PythonLiteral {
    position += 1
    var entries: [PythonLiteral.Entry] = []
    while try !ends(with: UInt8(ascii: "}"), first: entries.isEmpty) {
      let key = try value(depth: depth + 1)
      skipSpace()
      guard byte == UInt8(ascii: ":") else { throw unexpected("':'") }
      position += 1
      entries.append(PythonLiteral.Entry(key: key, value: try value(depth: depth + 1)))
    }
    return .dictionary(entries)
  }

  private mutating func sequence(
    until end: UInt8, _ depth: Int
  ) throws(ReadError) -> (elements: [PythonLiteral], hasComma: Bool) {
    position += 1
    var elements: [PythonLiteral] = []
    var last = position
    while try !ends(with: end, first: elements.isEmpty) {
      elements.append(try value(depth: depth + 1))
      last = position
    }
    return (elements, bytes[last..<position].contains(UInt8(ascii: ",")))
  }

  /// Moves over a comma, if one is due, and over the end of a container, if it is here.
  private mutating func ends(with end: UInt8, first: Bool) throws(ReadError) -> Bool {
    skipSpace()
    if !first, byte != end {
      guard byte == UInt8(ascii: ",") else { throw unexpected("','") }
      position += 1
      skipSpace()
    }
    guard byte == end else { return false }
    position += 1
    return true
  }

  private mutating func text() throws(ReadError) -> String {
    let quote = byte
    let start = position
    var content: [UInt8] = []
    position += 1
    while byte != quote {
      guard position < bytes.count else { throw unexpected("the end of a string") }
      if byte == UInt8(ascii: "\\") {
        position += 1
        guard byte == UInt8(ascii: "\\") || isQuote(position) else { throw unexpected("a quote or '\\'") }
      }
      content.append(byte ?? 0)
      position += 1
    }
    position += 1
    guard isUTF8 else { return String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) })) }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw source.error(.malformed, "has a string in its header that is not UTF-8", at: start)
    }
    return text
  }

  /// An integer, with the `L` that Python 2 puts after long ones.
  private mutating func integer() throws(ReadError) -> Int {
    let start = position
    if byte == UInt8(ascii: "-") { position += 1 }
    while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw source.error(.malformed, "has a number in its header that is no 64-bit integer", at: start)
    }
    if byte == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func word() throws(ReadError) -> PythonLiteral {
    let words: [(String, PythonLiteral)] = [("True", .boolean(true)), ("False", .boolean(false)), ("None", .none)]
    for (word, value) in words where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw unexpected("a value")
  }

  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func isQuote(_ position: Int) -> Bool {
    position < bytes.count && (bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\""))
  }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
  }

  private func unexpected(_ expected: String) -> ReadError {
    let found = byte.map { 0x20 < $0 && $0 < 0x7F ? "'\(Character(Unicode.Scalar($0)))'" : "byte \($0)" }
    return source.error(
      .malformed, "has \(found ?? "the end of its header") where \(expected) is due in the header", at: position)
  }
}
