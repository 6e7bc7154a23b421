/// Decodes the escapes of a string that has no control characters and no quote outside an escape.
/// - Returns: the bytes, and the position of the first bad escape if there is one.
func unescaped(_ text: [UInt8]) -> (bytes: [UInt8], failure: Int?) {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var position = 0
  while position < text.count {
    guard text[position] == UInt8(ascii: "\\") else {
      result.append(text[position])
      position += 1
      continue
    }
    guard let (scalar, length) = escape(text, at: position) else { return (result, position) }
    result.append(contentsOf: UTF8.encode(scalar)!)
    position += length
  }
  return (result, nil)
}

/// The character that an escape at `position` stands for, and the escape's length.
/// `nil` for unknown escapes, missing digits and lone surrogates.
private func escape(_ text: [UInt8], at position: Int) -> (Unicode.Scalar, Int)? {
  guard position + 1 < text.count else { return nil }
  switch text[position + 1] {
  case UInt8(ascii: "\""): return ("\"", 2)
  case UInt8(ascii: "\\"): return ("\\", 2)
  case UInt8(ascii: "/"): return ("/", 2)
  case UInt8(ascii: "b"): return ("\u{8}", 2)
  case UInt8(ascii: "f"): return ("\u{C}", 2)
  case UInt8(ascii: "n"): return ("\n", 2)
  case UInt8(ascii: "r"): return ("\r", 2)
  case UInt8(ascii: "t"): return ("\t", 2)
  case UInt8(ascii: "u"): return unicodeEscape(text, at: position)
  default: return nil
  }
}

private func unicodeEscape(_ text: [UInt8], at position: Int) -> (Unicode.Scalar, Int)? {
  guard let unit = codeUnit(text, at: position) else { return nil }
  guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit).map { ($0, 6) } }
  guard let trail = codeUnit(text, at: position + 6), UTF16.isTrailSurrogate(trail) else { return nil }
  let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
  return Unicode.Scalar(value).map { ($0, 12) }
}

/// The four digits of `\uXXXX`.
private func codeUnit(_ text: [UInt8], at position: Int) -> UInt16? {
  guard position + 6 <= text.count, text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u")
  else { return nil }
  var value: UInt16 = 0
  for byte in text[(position + 2)..<(position + 6)] {
    guard let digit = hexadecimalDigit(byte) else { return nil }
    value = value << 4 | digit
  }
  return value
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}
