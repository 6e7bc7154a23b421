import ModelReading

// Numbers and strings. Strings stay in the source unless they are escaped.

extension PickleMachine {
  /// Longest integer written in decimal digits.
  private static let maximumDigits = 128
  /// Longest binary integer, in bytes.
  private static let maximumLongBytes = 1024
  /// Longest line that is not a string.
  private static let maximumLineBytes = 4096

  /// An unsigned little-endian number of `width` bytes.
  mutating func unsigned(_ width: Int) throws(ReadError) -> Int {
    Int(truncatingIfNeeded: try bits(width))
  }

  private mutating func bits(_ width: Int) throws(ReadError) -> UInt64 {
    let range = try take(width)
    let bytes = source.bytes
    return range.reversed().reduce(0) { $0 << 8 | UInt64(bytes.byte(at: $1) ?? 0) }
  }

  /// Moves past `count` bytes.
  private mutating func take(_ count: Int) throws(ReadError) -> Range<Int> {
    let remaining = source.byteCount - offset
    guard count >= 0, count <= remaining else {
      throw error(
        .truncated, "\(opcode.name) needs \(count) bytes, \(remaining) remain", hint: "the download may be incomplete")
    }
    defer { offset += count }
    return offset..<offset + count
  }

  /// A length of `width` bytes, and that many bytes.
  private mutating func counted(_ width: Int, signed: Bool = false) throws(ReadError) -> Range<Int> {
    let raw = try bits(width)
    guard let count = signed ? Int(Int32(truncatingIfNeeded: raw)) : Int(exactly: raw), count >= 0 else {
      throw error(
        .malformed, "\(opcode.name) has the length \(signed ? String(Int32(truncatingIfNeeded: raw)) : String(raw))")
    }
    return try take(count)
  }

  /// The bytes up to the next line feed.
  mutating func line() throws(ReadError) -> Range<Int> {
    let bytes = source.bytes
    var end = offset
    while let byte = bytes.byte(at: end), byte != UInt8(ascii: "\n") { end += 1 }
    guard end < source.byteCount else {
      throw error(
        .truncated, "\(opcode.name) needs a line, the file ends within it", hint: "the download may be incomplete")
    }
    defer { offset = end + 1 }
    return offset..<end
  }

  /// A line that is a name or number.
  mutating func shortLine() throws(ReadError) -> String {
    let range = try line()
    guard range.count <= Self.maximumLineBytes else {
      throw error(
        .limitExceeded, "\(opcode.name) has a line of \(range.count) bytes, the limit is \(Self.maximumLineBytes)")
    }
    return String(decoding: try copy(range), as: UTF8.self)
  }

  private func copy(_ range: Range<Int>) throws(ReadError) -> [UInt8] {
    try source.slice(at: range.lowerBound, count: range.count, "a line").copy()
  }

  mutating func checkFrame() throws(ReadError) {
    let length = try bits(8)
    let remaining = source.byteCount - offset
    guard length <= UInt64(remaining) else {
      throw error(
        .truncated, "a frame needs \(length) bytes, \(remaining) remain", hint: "the download may be incomplete")
    }
  }
}

// MARK: - Numbers

extension PickleMachine {
  mutating func number(_ opcode: PickleOpcode) throws(ReadError) -> Pickle.Node {
    switch opcode {
    case .binaryInteger1: return .integer(try unsigned(1))
    case .binaryInteger2: return .integer(try unsigned(2))
    case .binaryInteger: return .integer(Int(Int32(truncatingIfNeeded: try bits(4))))
    case .long1: return try long(counted(1))
    case .long4: return try long(counted(4, signed: true))
    case .binaryFloat: return .float(Double(bitPattern: try bits(8).byteSwapped))
    case .float:
      let text = try shortLine()
      guard let value = Double(text) else { throw error(.malformed, "'\(text)' is no number") }
      return .float(value)
    default: return try decimal(shortLine())
    }
  }

  private func long(_ range: Range<Int>) throws(ReadError) -> Pickle.Node {
    guard range.count <= Self.maximumLongBytes else {
      throw error(.limitExceeded, "an integer has \(range.count) bytes, the limit is \(Self.maximumLongBytes)")
    }
    guard range.count <= 8 else { return .bigInteger(.stored(range)) }
    let bytes = source.bytes
    let negative = (range.last.flatMap { bytes.byte(at: $0) } ?? 0) >= 0x80
    let value = range.reversed().reduce(negative ? -1 : 0) { $0 << 8 | Int(bytes.byte(at: $1) ?? 0) }
    return .integer(value)
  }

  /// `INT` and `LONG`: digits, with an `L` behind them or not; `00` and `01` are booleans.
  private func decimal(_ line: String) throws(ReadError) -> Pickle.Node {
    if opcode == .integer, line == "00" || line == "01" { return .boolean(line == "01") }
    let digits = line.hasSuffix("L") ? String(line.dropLast()) : line
    if let value = Int(digits) { return .integer(value) }
    guard digits.utf8.count <= Self.maximumDigits else {
      throw error(.limitExceeded, "an integer has \(digits.utf8.count) digits, the limit is \(Self.maximumDigits)")
    }
    guard let bytes = littleEndianBytes(ofDecimal: digits) else {
      throw error(.malformed, "'\(line)' is no integer")
    }
    return .bigInteger(.decoded(bytes))
  }
}

/// Two's complement of an integer written in decimal digits.
private func littleEndianBytes(ofDecimal text: String) -> [UInt8]? {
  let negative = text.utf8.first == UInt8(ascii: "-")
  let digits = negative ? text.utf8.dropFirst() : text.utf8[...]
  guard !digits.isEmpty else { return nil }
  var bytes: [UInt8] = [0]
  for digit in digits {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
    var carry = Int(digit - UInt8(ascii: "0"))
    for i in bytes.indices {
      carry += Int(bytes[i]) * 10
      bytes[i] = UInt8(truncatingIfNeeded: carry)
      carry >>= 8
    }
    if carry > 0 { bytes.append(UInt8(truncatingIfNeeded: carry)) }
  }
  bytes.append(0)
  return negative ? negated(bytes) : bytes
}

private func negated(_ bytes: [UInt8]) -> [UInt8] {
  var carry: UInt16 = 1
  return bytes.map { byte in
    carry += UInt16(~byte)
    defer { carry >>= 8 }
    return UInt8(truncatingIfNeeded: carry)
  }
}

// MARK: - Strings

extension PickleMachine {
  mutating func string(_ opcode: PickleOpcode) throws(ReadError) -> Pickle.Node {
    switch opcode {
    case .shortBinaryUnicode: return .text(.stored(try counted(1)))
    case .binaryUnicode: return .text(.stored(try counted(4)))
    case .binaryUnicode8: return .text(.stored(try counted(8)))
    case .shortBinaryBytes: return .bytes(.stored(try counted(1)))
    case .binaryBytes: return .bytes(.stored(try counted(4)))
    case .binaryBytes8, .byteArray8: return .bytes(.stored(try counted(8)))
    case .shortBinaryString: return .string(.stored(try counted(1)))
    case .binaryString: return .string(.stored(try counted(4, signed: true)))
    case .unicode: return .text(try content(of: line(), unescape: rawUnicode))
    default: return .string(try content(of: quoted(line()), unescape: pythonString))
    }
  }

  /// The line without its quotes.
  private func quoted(_ line: Range<Int>) throws(ReadError) -> Range<Int> {
    let bytes = source.bytes
    guard line.count >= 2, let quote = bytes.byte(at: line.lowerBound), quote == bytes.byte(at: line.upperBound - 1),
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { throw error(.malformed, "STRING is not quoted") }
    return line.lowerBound + 1..<line.upperBound - 1
  }

  /// The range itself where it is plain ASCII, else what `unescape` makes of it.
  private mutating func content(
    of range: Range<Int>, unescape: ([UInt8]) -> [UInt8]?
  ) throws(ReadError) -> Pickle.Content {
    let bytes = source.bytes
    let isPlain = range.allSatisfy { position in
      let byte = bytes.byte(at: position) ?? 0
      return byte < 0x80 && byte != UInt8(ascii: "\\")
    }
    if isPlain { return .stored(range) }
    decodedByteCount += 2 * range.count
    guard decodedByteCount <= limits.maximumIndexBytes else {
      throw error(.limitExceeded, "the pickle's escaped strings exceed \(limits.maximumIndexBytes) bytes")
    }
    guard let text = unescape(try copy(range)) else {
      throw error(.malformed, "\(opcode.name) has an escape that is none")
    }
    return .decoded(text)
  }
}
