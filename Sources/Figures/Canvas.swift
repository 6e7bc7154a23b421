/// The body of an SVG, element by element.
struct Canvas {
  private(set) var text = ""

  enum Anchor: String {
    case start = ""
    case middle = "c"
    case end = "r"
  }

  mutating func write(_ string: String, at point: Point, _ classes: String = "", anchor: Anchor = .start) {
    let names = [classes, anchor.rawValue].filter { !$0.isEmpty }.joined(separator: " ")
    let attribute = names.isEmpty ? "" : " class=\"\(names)\""
    text += "<text x=\"\(pixels(point.x))\" y=\"\(pixels(point.y))\"\(attribute)>\(escaped(string))</text>\n"
  }

  mutating func draw(_ path: PathData, _ classes: String) {
    guard !path.text.isEmpty else { return }
    text += "<path class=\"\(classes)\" d=\"\(path.text)\"/>\n"
  }

  mutating func rectangle(_ start: Point, _ end: Point, _ classes: String) {
    let (width, height) = (abs(end.x - start.x), abs(end.y - start.y))
    text += "<rect class=\"\(classes)\" x=\"\(pixels(min(start.x, end.x)))\" y=\"\(pixels(min(start.y, end.y)))\""
    text += " width=\"\(pixels(width))\" height=\"\(pixels(height))\"/>\n"
  }

  /// A dot that says what it is when pointed at.
  mutating func circle(_ center: Point, radius: Double, _ classes: String, title: String, facts: [Figure.Fact]) {
    text += "<circle class=\"\(classes)\" cx=\"\(pixels(center.x))\" cy=\"\(pixels(center.y))\" r=\"\(pixels(radius))\""
    text += "\(attributes(facts))><title>\(escaped(title))</title></circle>\n"
  }
}

/// ` data-alpha="1.94" …`
func attributes(_ facts: [Figure.Fact]) -> String {
  facts.map { " data-\($0.name)=\"\(escaped($0.text))\"" }.joined()
}
