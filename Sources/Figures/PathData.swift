/// How exactly lengths are written.
enum Resolution {
  /// Tenths of pixels, in pixels.
  case tenths
  /// Half pixels, counted: the SVG has two units to a pixel. A page with thousands of figures stays small.
  case halves

  /// Units of the SVG in a pixel.
  var unitsPerPixel: Int { self == .tenths ? 1 : 2 }

  /// A length in steps of the resolution; what is far outside stays outside.
  fileprivate func steps(_ pixels: Double) -> Int {
    Int((min(max(pixels, -1e5), 1e5) * (self == .tenths ? 10 : 2)).rounded())
  }

  /// Steps as a number of units: `12.3`, `-4`, `.5`.
  fileprivate func text(_ steps: Int) -> String {
    guard self == .tenths else { return String(steps) }
    let (whole, fraction) = (abs(steps) / 10, abs(steps) % 10)
    let sign = steps < 0 ? "-" : ""
    if fraction == 0 { return sign + String(whole) }
    return sign + (whole == 0 ? "" : String(whole)) + ".\(fraction)"
  }

  /// A length or coordinate in units.
  func units(_ pixels: Double) -> String { text(steps(pixels)) }
}

/// The data of a path in relative steps: short, and the same bytes each time.
struct PathData {
  private(set) var text = ""
  private let resolution: Resolution
  /// Where the path is, in steps.
  private var position = (x: 0, y: 0)
  /// Where its last part began.
  private var start = (x: 0, y: 0)

  init(_ resolution: Resolution) { self.resolution = resolution }

  mutating func move(to point: Point) {
    let (x, y) = (resolution.steps(point.x), resolution.steps(point.y))
    text += text.isEmpty ? "M" + pair(x, y) : "m" + pair(x - position.x, y - position.y)
    position = (x, y)
    start = (x, y)
  }

  mutating func line(to point: Point) {
    let dx = resolution.steps(point.x) - position.x
    let dy = resolution.steps(point.y) - position.y
    guard dx != 0 || dy != 0 else { return }
    position = (position.x + dx, position.y + dy)
    text += dy == 0 ? "h" + resolution.text(dx) : dx == 0 ? "v" + resolution.text(dy) : "l" + pair(dx, dy)
  }

  mutating func lines(through points: [Point]) {
    guard let first = points.first else { return }
    move(to: first)
    for point in points.dropFirst() { line(to: point) }
  }

  /// With round ends of lines, a dot or a row of them.
  mutating func dots(through points: [Point]) {
    lines(through: points)
    if points.count == 1 { text += "z" }
  }

  mutating func close() {
    text += "z"
    position = start
  }

  private func pair(_ first: Int, _ second: Int) -> String {
    resolution.text(first) + (second < 0 ? "" : " ") + resolution.text(second)
  }
}
