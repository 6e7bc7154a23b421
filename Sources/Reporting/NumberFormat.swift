import Glibc

/// `value` with `digits` after the point, or in powers of ten where that says nothing.
package func fixed(_ value: Double?, _ digits: Int) -> String {
  guard let value, value.isFinite else { return "" }
  let magnitude = abs(value)
  if magnitude != 0, magnitude >= 1e6 || magnitude < 0.5 * pow(10, -Double(digits)) { return exponential(value) }
  let scale = pow(10, Double(digits))
  let scaled = (magnitude * scale).rounded()
  let whole = (scaled / scale).rounded(.down)
  let fraction = Int(scaled - whole * scale)
  let sign = value < 0 && scaled != 0 ? "-" : ""
  guard digits > 0 else { return sign + String(Int(whole)) }
  let text = String(fraction)
  return sign + String(Int(whole)) + "." + String(repeating: "0", count: digits - text.count) + text
}

private func exponential(_ value: Double) -> String {
  guard abs(value) >= .leastNormalMagnitude else { return "\(value)" }
  let exponent = Int(log10(abs(value)).rounded(.down))
  let mantissa = value / pow(10, Double(exponent))
  let rounded = (mantissa * 100).rounded() / 100
  return abs(rounded) >= 10 ? "\(rounded / 10)e\(exponent + 1)" : "\(rounded)e\(exponent)"
}

/// A count with a thin grouping that every terminal shows: `61,706`.
package func grouped(_ count: Int) -> String {
  let digits = Array(String(count))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0, digits[index - 1] != "-" { text += "," }
    text.append(digit)
  }
  return text
}

/// A size in the unit that fits: `180 KiB`.
package func byteCountText(_ count: Int) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  var value = Double(count)
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  return unit == 0 ? "\(count) bytes" : "\(fixed(value, 1)) \(units[unit])"
}

/// `[6, 1, 5, 5]` as `6×1×5×5`.
package func shapeText(_ shape: [Int]) -> String {
  shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "×")
}
