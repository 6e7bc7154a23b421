/// The body of an SVG, element by element.
struct Canvas {
  private(set) var elements: [String] = []
  let resolution: Resolution

  init(_ resolution: Resolution) { self.resolution = resolution }

  /// Files are for people, too.
  private var lineEnd: String { resolution == .tenths ? "\n" : "" }

  /// Makes one element of all that `body` draws.
  mutating func group(_ body: (inout Canvas) -> Void) {
    var part = Canvas(resolution)
    body(&part)
    if !part.elements.isEmpty { elements.append("<g>\(part.elements.joined())</g>\(lineEnd)") }
  }

  private func units(_ length: Double) -> String { resolution.units(length) }

  enum Anchor: String {
    case start = ""
    case middle = "c"
    case end = "r"
  }

  mutating func write(_ string: String, at point: Point, _ classes: String = "", anchor: Anchor = .start) {
    let names = [classes, anchor.rawValue].filter { !$0.isEmpty }.joined(separator: " ")
    let attribute = names.isEmpty ? "" : " class=\"\(names)\""
    elements.append(
      "<text x=\"\(units(point.x))\" y=\"\(units(point.y))\"\(attribute)>\(escaped(string))</text>\(lineEnd)")
  }

  /// Lines of text of the same classes and the same anchor; a column or a row of them says once where it is.
  mutating func write(_ lines: [(string: String, point: Point)], _ classes: String, anchor: Anchor) {
    let (columns, rows) = (Set(lines.map { units($0.point.x) }), Set(lines.map { units($0.point.y) }))
    guard let column = columns.first, let row = rows.first else { return }
    let names = [classes, anchor.rawValue].filter { !$0.isEmpty }.joined(separator: " ")
    let (isColumn, isRow) = (columns.count == 1, rows.count == 1)
    var text = "<g class=\"\(names)\""
    if isColumn || isRow { text += " transform=\"translate(\(isColumn ? column : "0")\(isRow ? " " + row : ""))\"" }
    text += ">"
    for line in lines {
      let x = isColumn ? "" : " x=\"\(units(line.point.x))\""
      let y = isRow ? "" : " y=\"\(units(line.point.y))\""
      text += "<text\(x)\(y)>\(escaped(line.string))</text>"
    }
    elements.append(text + "</g>\(lineEnd)")
  }

  mutating func draw(_ path: PathData, _ classes: String) {
    guard !path.text.isEmpty else { return }
    elements.append("<path class=\"\(classes)\" d=\"\(path.text)\"/>\(lineEnd)")
  }

  mutating func rectangle(_ start: Point, _ end: Point, _ classes: String) {
    var path = PathData(resolution)
    path.lines(through: [start, Point(end.x, start.y), end, Point(start.x, end.y)])
    path.close()
    draw(path, classes)
  }

  /// A rectangle that says what it is when pointed at.
  mutating func box(_ start: Point, _ end: Point, _ classes: String, title: String, facts: [Figure.Fact]) {
    var path = PathData(resolution)
    path.lines(through: [start, Point(end.x, start.y), end, Point(start.x, end.y)])
    path.close()
    var text = "<path class=\"\(classes)\" d=\"\(path.text)\"\(attributes(facts))>"
    text += "<title>\(escaped(title))</title></path>\(lineEnd)"
    elements.append(text)
  }

  /// A dot that says what it is when pointed at.
  mutating func circle(_ center: Point, radius: Double, _ classes: String, title: String, facts: [Figure.Fact]) {
    var text = "<circle class=\"\(classes)\" cx=\"\(units(center.x))\" cy=\"\(units(center.y))\" r=\"\(units(radius))\""
    text += "\(attributes(facts))><title>\(escaped(title))</title></circle>\(lineEnd)"
    elements.append(text)
  }
}

/// ` data-alpha="1.94" …`
func attributes(_ facts: [Figure.Fact]) -> String {
  facts.map { " data-\($0.name)=\"\(escaped($0.text))\"" }.joined()
}
