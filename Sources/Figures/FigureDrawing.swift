extension Figure {
  /// The figure as SVG: a document of its own, or an element for a page.
  public func svg(for medium: Medium) -> String {
    let (head, elements) = parts(for: medium)
    return head + elements.joined() + "</svg>\n"
  }

  /// The beginning of the SVG and the elements in it, for a page that shares what its figures have in common. The end is
  /// `</svg>`.
  public func parts(for medium: Medium) -> (head: String, elements: [String]) {
    var drawing = FigureDrawing(self, medium)
    drawing.draw()
    let resolution = medium.resolution
    let (width, height) = (resolution.units(drawing.sizes.width), resolution.units(drawing.bottom))
    let size = medium == .file ? " width=\"\(width)\" height=\"\(height)\"" : ""
    // In a page the texts of a figure can be read one by one.
    let head =
      medium == .file
      ? " xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"\(escaped(title))\" class=\"figure\"" : ""
    let data = attributes([Fact("kind", kind)] + facts)
    var text = "<svg\(head)\(size) viewBox=\"0 0 \(width) \(height)\"\(data)>\n"
    if medium == .file {
      text += "<style>\n\(StyleSheet.file)</style>\n"
      text += "<rect class=\"fw\" width=\"\(width)\" height=\"\(height)\"/>\n"
    }
    return (text, drawing.canvas.elements)
  }
}

/// A figure while it is drawn, from its title downwards.
struct FigureDrawing {
  let figure: Figure
  let medium: Medium
  let sizes: Medium.Sizes
  var canvas: Canvas
  /// What is above is drawn.
  private(set) var bottom: Double

  init(_ figure: Figure, _ medium: Medium) {
    self.figure = figure
    self.medium = medium
    sizes = medium.sizes
    canvas = Canvas(medium.resolution)
    bottom = medium.sizes.margin
  }

  private var left: Double { sizes.margin }
  private var right: Double { sizes.width - sizes.margin }

  mutating func draw() {
    bottom += sizes.title
    canvas.write(
      fitted(figure.title, width: right - left, size: sizes.title, isBold: true), at: Point(left, bottom - 2), "h")
    let lines = figure.notes.flatMap { wrapped($0, width: right - left, size: sizes.text) }
    for line in lines {
      bottom += sizes.line
      canvas.write(line, at: Point(left, bottom), "n")
    }
    drawLegend()
    let plots = figure.panels.map { PanelDrawing($0, sizes) }
    let plotLeft = left + (plots.map(\.leftRoom).max() ?? 0)
    let plotRight = right - (plots.map(\.rightRoom).max() ?? 0)
    for (index, plot) in plots.enumerated() {
      let sharesAxis = index + 1 < plots.count && plots[index + 1].panel.x == plot.panel.x
      bottom = plot.draw(on: &canvas, x: plotLeft...plotRight, from: bottom, showsAxis: !sharesAxis)
    }
    bottom += sizes.margin * 0.75
  }

  // MARK: Legend

  private struct LegendItem: Equatable {
    enum Swatch: Equatable {
      case series(Series)
      case band(Ink)
    }

    var label: String
    var swatch: Swatch
  }

  private var legend: [LegendItem] {
    var items: [LegendItem] = []
    for panel in figure.panels {
      let series = panel.series.compactMap { series in
        series.label.map { LegendItem(label: $0, swatch: .series(series)) }
      }
      let bands = panel.bands.map { LegendItem(label: $0.label, swatch: .band($0.ink)) }
      for item in series + bands where !items.contains(where: { $0.label == item.label }) { items.append(item) }
    }
    return items
  }

  private static let swatchWidth = 20.0

  private mutating func drawLegend() {
    let items = legend
    guard !items.isEmpty else { return }
    let gap = sizes.text
    bottom += sizes.line + 4
    let (left, right) = (left, right)
    var (x, bottom) = (left, bottom)
    canvas.group { canvas in
      for item in items {
        let room = right - left - FigureDrawing.swatchWidth - 6
        let label = fitted(item.label, width: room, size: sizes.text)
        let width = FigureDrawing.swatchWidth + 6 + textWidth(label, size: sizes.text)
        if x > left, x + width > right {
          x = left
          bottom += sizes.line
        }
        FigureDrawing.draw(item.swatch, at: Point(x, bottom - sizes.text * 0.35), on: &canvas)
        canvas.write(label, at: Point(x + FigureDrawing.swatchWidth + 6, bottom))
        x += width + gap
      }
    }
    self.bottom = bottom + 2
  }

  private static func draw(_ swatch: LegendItem.Swatch, at point: Point, on canvas: inout Canvas) {
    let end = Point(point.x + FigureDrawing.swatchWidth, point.y)
    let middle = Point(point.x + FigureDrawing.swatchWidth / 2, point.y)
    switch swatch {
    case .band(let ink):
      canvas.rectangle(Point(point.x, point.y - 5), Point(end.x, point.y + 5), "b\(ink.letter)")
    case .series(let series):
      switch series.shape {
      case .bars: canvas.rectangle(Point(point.x, point.y - 5), Point(end.x, point.y + 5), "b\(series.ink.letter)")
      case .boxes: canvas.rectangle(Point(point.x, point.y - 5), Point(end.x, point.y + 5), series.ink.fillClass)
      case .line, .steps:
        var path = PathData(canvas.resolution)
        path.lines(through: [point, end])
        canvas.draw(path, series.classes)
      case .dots:
        var path = PathData(canvas.resolution)
        path.dots(through: [middle])
        canvas.draw(path, "o s\(series.ink.letter)")
      case .rug:
        var path = PathData(canvas.resolution)
        path.lines(through: [Point(middle.x, point.y - 5), Point(middle.x, point.y + 5)])
        canvas.draw(path, "i s\(series.ink.letter)")
      case .circles(let circles):
        let isHollow = circles.allSatisfy(\.isHollow)
        canvas.circle(middle, radius: 3.4, circleClasses(series.ink, isHollow: isHollow), title: "", facts: [])
      }
    }
  }
}

extension Series {
  /// Of a curve.
  var classes: String { "l s\(ink.letter)" + (dash == .solid ? "" : " d\(dash.rawValue)") }
}

func circleClasses(_ ink: Ink, isHollow: Bool) -> String { isHollow ? "i s\(ink.letter) fw" : "f\(ink.letter)" }
