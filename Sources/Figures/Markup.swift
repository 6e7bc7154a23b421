/// `text` as the contents of an element or of a quoted attribute.
///
/// What XML cannot say, and what would turn the direction of the text around it, is written out: `\u{1b}`.
public func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case _ where isInvisible(scalar): result += named(scalar)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// `text` with what `escaped` writes out written out, and nothing else changed.
public func visible(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isInvisible) else { return text }
  return text.unicodeScalars.reduce(into: "") { result, scalar in
    if isInvisible(scalar) { result += named(scalar) } else { result.unicodeScalars.append(scalar) }
  }
}

private func named(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFFE, 0xFFFF: true
  default: false
  }
}
