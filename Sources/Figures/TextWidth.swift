/// How wide a line of text is at most, in pixels.
///
/// Nobody knows the font that will be there. The widths are those of DejaVu Sans, the widest in common use; text in
/// Helvetica, Arial or Liberation Sans takes less.
func textWidth(_ text: String, size: Double, isBold: Bool = false) -> Double {
  let hundredths = text.unicodeScalars.reduce(0) { $0 + hundredthsOfSize($1) }
  return Double(hundredths) * size / 100 * (isBold ? 1.13 : 1)
}

private func hundredthsOfSize(_ scalar: Unicode.Scalar) -> Int {
  if let index = Int(exactly: scalar.value).map({ $0 - 32 }), latinWidths.indices.contains(index) {
    return latinWidths[index]
  }
  switch scalar {
  case "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "ᵀ": return 43
  case "·": return 34
  case "α", "β", "λ", "Λ", "σ", "μ", "κ", "–", "‖", "₊", "₋", "⁻": return 68
  case _ where scalar.properties.generalCategory == .nonspacingMark: return 0
  // Signs, arrows, wide letters; then those of East Asia and pictures.
  default: return scalar.value < 0x1100 || (0x2000..<0x2300).contains(scalar.value) ? 100 : 120
  }
}

/// From the space to the tilde, in hundredths of the size.
private let latinWidths = [
  32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
  84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 30, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61,
  69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59,
  82, 59, 59, 52, 64, 34, 64, 84,
]

/// `text`, or as much of its beginning and end as fits into `width` pixels.
func fitted(_ text: String, width: Double, size: Double, isBold: Bool = false) -> String {
  guard textWidth(text, size: size, isBold: isBold) > width else { return text }
  let characters = Array(text)
  var kept = characters.count - 1
  while kept > 1 {
    let candidate = String(characters.prefix((kept + 1) / 2)) + "…" + String(characters.suffix(kept / 2))
    if textWidth(candidate, size: size, isBold: isBold) <= width { return candidate }
    // Long names shrink fast, near the goal by single characters.
    kept -= max(1, Int((textWidth(candidate, size: size, isBold: isBold) - width) / (1.3 * size)))
  }
  return "…"
}

/// `text` in lines of at most `width` pixels, broken at spaces.
func wrapped(_ text: String, width: Double, size: Double) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    let longer = line.isEmpty ? String(word) : line + " " + word
    if textWidth(longer, size: size) <= width {
      line = longer
    } else {
      if !line.isEmpty { lines.append(line) }
      line = fitted(String(word), width: width, size: size)
    }
  }
  return line.isEmpty ? lines : lines + [line]
}
