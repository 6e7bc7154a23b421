import Glibc

/// `value` with so many digits that count, for people: `0.0512`, `17.9`, `2.10×10⁻⁷`.
func significant(_ value: Double, _ digits: Int = 3) -> String {
  guard value.isFinite else { return "–" }
  guard value != 0, abs(value) >= .leastNormalMagnitude else { return "0" }
  var exponent = Int(log10(abs(value)).rounded(.down))
  // Rounding may carry into the next power.
  if (abs(value) / pow(10, Double(exponent - digits + 1))).rounded() >= pow(10, Double(digits)) { exponent += 1 }
  guard (-4..<7).contains(exponent) else {
    return decimal(value / pow(10, Double(exponent)), digits: digits - 1) + "×10" + superscript(exponent)
  }
  return decimal(value, digits: max(digits - 1 - exponent, 0))
}

/// `value` with `digits` after the point, and a true minus sign.
func decimal(_ value: Double, digits: Int) -> String {
  let scale = pow(10, Double(digits))
  let scaled = (abs(value) * scale).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let text = String(Int(scaled))
  let padded = String(repeating: "0", count: max(digits + 1 - text.count, 0)) + text
  let sign = value < 0 && scaled != 0 ? "−" : ""
  return sign + padded.dropLast(digits) + (digits > 0 ? "." + padded.suffix(digits) : "")
}

/// The label of a tick on a linear axis.
func tickText(_ value: Double, digits: Int) -> String {
  abs(value) >= 1e6 || digits > 5 ? significant(value, 2) : decimal(value, digits: digits)
}

/// factor·10^power.
func powerText(_ factor: Double, _ power: Int, isDecimal: Bool) -> String {
  if isDecimal { return decimal(factor * pow(10, Double(power)), digits: max(-power, 0)) }
  return (factor == 1 ? "10" : decimal(factor, digits: 0) + "·10") + superscript(power)
}

private func superscript(_ integer: Int) -> String {
  let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
  return (integer < 0 ? "⁻" : "") + String(String(abs(integer)).compactMap(\.wholeNumberValue).map { digits[$0] })
}
