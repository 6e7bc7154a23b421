import ModelReading

extension Document {
  static func parse(
    _ source: ByteSource, _ limits: Limits, _ leniency: JSON.Leniency
  ) throws(ReadError) -> Document {
    guard source.byteCount <= min(limits.maximumIndexBytes, Int(UInt32.max) - 1) else {
      throw source.error(
        .limitExceeded, "has \(source.byteCount) bytes of JSON, the limit is \(limits.maximumIndexBytes)", at: 0)
    }
    var parser = Parser(source.bytes, source, limits, leniency)
    return Document(source: source, nodes: try parser.parsed())
  }
}

/// A parser without recursion: its stack is an array, whose depth is limited.
private struct Parser: ~Copyable, ~Escapable {
  /// Values of one text; they take 16 bytes each.
  private static let maximumNodeCount = 20_000_000

  private let bytes: RawSpan
  private let source: ByteSource
  private let limits: Limits
  private let leniency: JSON.Leniency
  private var position = 0
  private var nodes: [Node] = []
  /// The open containers, as indices of nodes.
  private var open: [Int] = []

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, _ source: ByteSource, _ limits: Limits, _ leniency: JSON.Leniency) {
    self.bytes = bytes
    self.source = source
    self.limits = limits
    self.leniency = leniency
  }

  mutating func parsed() throws(ReadError) -> [Node] {
    skipSpace()
    try value()
    while let container = open.last {
      if nodes[container].kind == .object { try member(of: container) } else { try element(of: container) }
    }
    skipSpace()
    guard position == bytes.byteCount else { throw unexpected("the end of the text") }
    return nodes
  }

  // MARK: Containers

  private mutating func element(of array: Int) throws(ReadError) {
    guard try next(in: array, closing: UInt8(ascii: "]")) else { return }
    try value()
  }

  private mutating func member(of object: Int) throws(ReadError) {
    guard try next(in: object, closing: UInt8(ascii: "}")) else { return try checkKeys(of: object) }
    guard byte == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
    try string()
    skipSpace()
    guard byte == UInt8(ascii: ":") else { throw unexpected("':' after a key") }
    position += 1
    skipSpace()
    try value()
  }

  /// Moves to the next child of a container and counts it; `false` if the container ends instead.
  private mutating func next(in container: Int, closing: UInt8) throws(ReadError) -> Bool {
    skipSpace()
    if byte == closing {
      position += 1
      nodes[container].end = UInt32(nodes.count)
      open.removeLast()
      return false
    }
    if nodes[container].length > 0 {
      guard byte == UInt8(ascii: ",") else { throw unexpected("',' or '\(Character(Unicode.Scalar(closing)))'") }
      position += 1
      skipSpace()
    }
    nodes[container].length += 1
    return true
  }

  private mutating func openContainer(_ kind: JSON.Kind) throws(ReadError) {
    guard open.count < limits.maximumNesting else {
      throw error(.limitExceeded, "nests JSON values deeper than \(limits.maximumNesting), the limit")
    }
    open.append(nodes.count)
    try append(kind, from: position, length: 0)
    position += 1
  }

  // MARK: Values

  private mutating func value() throws(ReadError) {
    switch byte {
    case UInt8(ascii: "{"): try openContainer(.object)
    case UInt8(ascii: "["): try openContainer(.array)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true", .bool)
    case UInt8(ascii: "f"): try word("false", .bool)
    case UInt8(ascii: "n"): try word("null", .null)
    case UInt8(ascii: "N") where leniency.contains(.nonFiniteNumbers): try word("NaN", .number)
    case UInt8(ascii: "I") where leniency.contains(.nonFiniteNumbers): try word("Infinity", .number)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func word(_ word: StaticString, _ kind: JSON.Kind) throws(ReadError) {
    guard bytes.starts(with: word, at: position) else { throw unexpected("a value") }
    try append(kind, from: position, length: word.utf8CodeUnitCount)
    position += word.utf8CodeUnitCount
  }

  private mutating func number() throws(ReadError) {
    let start = position
    if byte == UInt8(ascii: "-") { position += 1 }
    if leniency.contains(.nonFiniteNumbers), bytes.starts(with: "Infinity", at: position) {
      position += 8
    } else {
      if byte == UInt8(ascii: "0") { position += 1 } else { try digits() }
      if byte == UInt8(ascii: ".") {
        position += 1
        try digits()
      }
      if byte | 0x20 == UInt8(ascii: "e") {
        position += 1
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
        try digits()
      }
    }
    try append(.number, from: start, length: position - start)
  }

  private mutating func digits() throws(ReadError) {
    guard isDigit(byte) else { throw unexpected("a digit") }
    repeat { position += 1 } while isDigit(byte)
  }

  private mutating func string() throws(ReadError) {
    let start = position + 1
    var isEscaped = false
    var all: UInt8 = 0
    position = start
    while true {
      let byte = byte
      if byte == UInt8(ascii: "\"") { break }
      guard byte >= 0x20 else {
        throw position < bytes.byteCount ? error(.malformed, "has a control character in a JSON string") : ended
      }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        position += 1
      }
      all |= byte
      position += 1
    }
    try checkText(start..<position, isASCII: all < 0x80, isEscaped: isEscaped)
    try append(.string, from: start, length: position - start, isEscaped: isEscaped)
    position += 1
  }

  private func checkText(_ range: Range<Int>, isASCII: Bool, isEscaped: Bool) throws(ReadError) {
    let text = bytes.extracting(range)
    guard isASCII || text.utf8Text() != nil else {
      throw error(.malformed, "has a JSON string that is not UTF-8", at: range.lowerBound)
    }
    guard isEscaped, let failure = unescaped(text.copy()).failure else { return }
    throw error(.malformed, "has a bad escape or half a surrogate pair in a string", at: range.lowerBound + failure)
  }

  // MARK: Duplicate keys

  private func checkKeys(of object: Int) throws(ReadError) {
    let count = Int(nodes[object].length)
    guard count > 1, !leniency.contains(.duplicateKeys) else { return }
    // By hash, with a seed nobody knows: equal keys end up as neighbours.
    var keys: [(hash: Int, node: Int)] = []
    keys.reserveCapacity(count)
    var child = object + 1
    for _ in 0..<count {
      keys.append((hash(child), child))
      child = Int(nodes[child + 1].end)
    }
    keys.sort { ($0.hash, $0.node) < ($1.hash, $1.node) }
    for (left, right) in zip(keys, keys.dropFirst()) where left.hash == right.hash && key(left.node) == key(right.node)
    {
      throw error(
        .malformed, "has the JSON key '\(ByteString(key(right.node)))' twice in one object",
        at: Int(nodes[right.node].start) - 1)
    }
  }

  private func hash(_ index: Int) -> Int {
    var hasher = Hasher()
    if nodes[index].isEscaped {
      unsafe hasher.combine(bytes: key(index).span.bytes)
    } else {
      let start = Int(nodes[index].start)
      hasher.combine(bytes: bytes.extracting(start..<start + Int(nodes[index].length)))
    }
    return hasher.finalize()
  }

  private func key(_ index: Int) -> [UInt8] {
    let start = Int(nodes[index].start)
    let text = bytes.extracting(start..<start + Int(nodes[index].length)).copy()
    return nodes[index].isEscaped ? unescaped(text).bytes : text
  }

  // MARK: Bytes

  /// The byte at the cursor; 0, which no JSON text contains, at the end.
  private var byte: UInt8 {
    position < bytes.byteCount ? unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self) : 0
  }

  private mutating func skipSpace() {
    while byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func append(
    _ kind: JSON.Kind, from start: Int, length: Int, isEscaped: Bool = false
  ) throws(ReadError) {
    guard nodes.count < Parser.maximumNodeCount else {
      throw error(.limitExceeded, "has more than \(Parser.maximumNodeCount) JSON values, the limit")
    }
    nodes.append(
      Node(
        start: UInt32(start), length: UInt32(length), end: UInt32(nodes.count + 1), kind: kind,
        isEscaped: isEscaped))
  }

  // MARK: Errors

  private func error(_ code: ReadError.Code, _ message: String, at place: Int? = nil) -> ReadError {
    source.error(code, message, at: place ?? position)
  }

  private var ended: ReadError {
    source.error(.truncated, "has JSON that ends inside a value, after \(bytes.byteCount) bytes", at: bytes.byteCount)
  }

  private func unexpected(_ expected: String) -> ReadError {
    guard position < bytes.byteCount else { return ended }
    if position == 0, bytes.starts(with: "\u{FEFF}") {
      return error(.malformed, "begins with a byte order mark where JSON allows none")
    }
    let found = byte >= 0x21 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    return error(.malformed, "has \(found) in its JSON where \(expected) is due")
  }
}

extension Hasher {
  fileprivate mutating func combine(bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe combine(bytes: $0) }
  }
}
