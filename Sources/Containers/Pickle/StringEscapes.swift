// The two ways in which protocol 0 writes strings on one line.

/// The bytes of a Python string literal without its quotes; `nil` for a broken escape.
func pythonString(_ literal: [UInt8]) -> [UInt8]? {
  var result: [UInt8] = []
  result.reserveCapacity(literal.count)
  var rest = literal[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "\\") else {
      result.append(byte)
      continue
    }
    guard let kind = rest.popFirst() else { return nil }
    switch kind {
    case UInt8(ascii: "x"):
      guard let value = popHexadecimal(&rest, 2) else { return nil }
      result.append(UInt8(truncatingIfNeeded: value))
    case UInt8(ascii: "0")...UInt8(ascii: "7"): result.append(popOctal(&rest, first: kind))
    default:
      if let plain = simpleEscapes[kind] { result.append(plain) } else { result += [byte, kind] }
    }
  }
  return result
}

/// The UTF-8 of raw-unicode-escape: Latin-1, with `\u` and `\U` for what lies beyond; `nil` for a broken escape.
func rawUnicode(_ line: [UInt8]) -> [UInt8]? {
  var result: [UInt8] = []
  result.reserveCapacity(line.count)
  var rest = line[...]
  while let byte = rest.popFirst() {
    var value = UInt32(byte)
    if byte == UInt8(ascii: "\\"), let kind = rest.first, kind == UInt8(ascii: "u") || kind == UInt8(ascii: "U") {
      rest.removeFirst()
      guard let code = popHexadecimal(&rest, kind == UInt8(ascii: "u") ? 4 : 8) else { return nil }
      value = code
    }
    // A lone surrogate has no UTF-8; it is shown as what it is, a broken character.
    result += Array(String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
  }
  return result
}

private let simpleEscapes: [UInt8: UInt8] = [
  UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "'"): UInt8(ascii: "'"), UInt8(ascii: "\""): UInt8(ascii: "\""),
  UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "t"): 0x09, UInt8(ascii: "n"): 0x0A,
  UInt8(ascii: "v"): 0x0B, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "r"): 0x0D,
]

private func popHexadecimal(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> UInt32? {
  guard rest.count >= count else { return nil }
  var value: UInt32 = 0
  for _ in 0..<count {
    guard let digit = rest.popFirst(), let number = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
    value = value << 4 | UInt32(number)
  }
  return value
}

private func popOctal(_ rest: inout ArraySlice<UInt8>, first: UInt8) -> UInt8 {
  var value = Int(first - UInt8(ascii: "0"))
  for _ in 0..<2 {
    guard let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { break }
    value = value << 3 | Int(digit - UInt8(ascii: "0"))
    rest.removeFirst()
  }
  return UInt8(truncatingIfNeeded: value)
}
