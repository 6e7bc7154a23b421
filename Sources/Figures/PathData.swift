/// The data of a path, in tenths of pixels and relative steps: short, and the same bytes each time.
struct PathData {
  private(set) var text = ""
  private var x = 0
  private var y = 0

  init() {}

  mutating func move(to point: Point) {
    (x, y) = (tenths(point.x), tenths(point.y))
    text += "M" + pair(x, y)
  }

  mutating func line(to point: Point) {
    let (dx, dy) = (tenths(point.x) - x, tenths(point.y) - y)
    guard dx != 0 || dy != 0 else { return }
    (x, y) = (x + dx, y + dy)
    text += dy == 0 ? "h" + number(dx) : dx == 0 ? "v" + number(dy) : "l" + pair(dx, dy)
  }

  mutating func lines(through points: [Point]) {
    guard let first = points.first else { return }
    move(to: first)
    for point in points.dropFirst() { line(to: point) }
  }

  /// With round ends of lines, a dot.
  mutating func dot(at point: Point) {
    move(to: point)
    text += "h0"
  }

  mutating func close() { text += "z" }

  private func pair(_ first: Int, _ second: Int) -> String {
    number(first) + (second < 0 ? "" : " ") + number(second)
  }
}

/// Pixels in tenths; what is far outside stays outside.
private func tenths(_ value: Double) -> Int { Int((min(max(value, -1e5), 1e5) * 10).rounded()) }

/// Tenths as pixels: `12.3`, `-4`, `.5`.
private func number(_ tenths: Int) -> String {
  let (whole, fraction) = (abs(tenths) / 10, abs(tenths) % 10)
  let sign = tenths < 0 ? "-" : ""
  if fraction == 0 { return sign + String(whole) }
  return sign + (whole == 0 ? "" : String(whole)) + ".\(fraction)"
}

/// A length or coordinate.
func pixels(_ value: Double) -> String { number(tenths(value)) }
