import Glibc

/// A panel while it is drawn.
struct PanelDrawing {
  let panel: Panel
  let sizes: Medium.Sizes
  private let yTicks: [Tick]
  private let height: Double

  /// Between labels of ticks.
  private static let tickGap = 22.0
  private static let tickLength = 4.0

  init(_ panel: Panel, _ sizes: Medium.Sizes) {
    self.panel = panel
    self.sizes = sizes
    height = (sizes.height * panel.height).rounded()
    // Words need a line each, numbers some room between them.
    let room = if case .categories = panel.y.scale { sizes.line } else { sizes.tick * 2 }
    yTicks = panel.y.ticks(length: height, spacing: 40) { _ in room }
  }

  /// What the labels on the left need.
  var leftRoom: Double {
    (yTicks.compactMap(\.label).map { textWidth($0, size: sizes.tick) }.max() ?? 0) + PanelDrawing.tickLength + 4
  }

  /// What the names of horizontal lines need on the right.
  var rightRoom: Double {
    yMarkers.map { textWidth($0.label, size: sizes.tick) + 8 }.max() ?? sizes.tick
  }

  private var yMarkers: [Marker] { panel.markers.filter { $0.direction == .y && panel.y.contains($0.value) } }
  private var xMarkers: [Marker] { panel.markers.filter { $0.direction == .x && panel.x.contains($0.value) } }
  /// Vertical lines with a name.
  private var named: [Marker] { xMarkers.filter { !$0.label.isEmpty } }

  /// - Parameters:
  ///   - x: the left and the right end of the panel.
  ///   - top: what is above is taken.
  ///   - showsAxis: whether the horizontal axis has its labels here.
  /// - Returns: where the next thing may begin.
  func draw(on canvas: inout Canvas, x: ClosedRange<Double>, from top: Double, showsAxis: Bool) -> Double {
    var top = top + 6
    for line in wrapped(panel.y.label, width: x.upperBound - sizes.margin, size: sizes.tick) {
      top += sizes.line
      canvas.write(line, at: Point(sizes.margin, top), "k")
    }
    let rows = LabelRows(
      named.map { (place($0.value, panel.x, x), textWidth($0.label, size: sizes.tick) + 8) },
      bounds: x.lowerBound...sizes.width - sizes.margin, gap: 6)
    top += 8 + Double(rows.rowCount) * sizes.line
    let frame = Frame(x: x, y: top...top + height)
    drawGrid(on: &canvas, frame)
    for band in panel.bands { draw(band, on: &canvas, frame) }
    for series in panel.series { draw(series, on: &canvas, frame) }
    drawMarkers(rows, on: &canvas, frame)
    return drawAxis(on: &canvas, frame, showsAxis: showsAxis)
  }

  /// Where a panel is, in pixels.
  private struct Frame {
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
  }

  /// Where a value of the horizontal axis is.
  private func place(_ value: Double, _ axis: Axis, _ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (axis.share(value) ?? 0) * (range.upperBound - range.lowerBound)
  }

  /// Where a point is; `nil` where an axis has no place for it.
  private func place(_ point: Point, _ frame: Frame) -> Point? {
    guard let x = panel.x.share(point.x), let y = panel.y.share(point.y) else { return nil }
    return Point(
      frame.x.lowerBound + x * (frame.x.upperBound - frame.x.lowerBound),
      frame.y.upperBound - y * (frame.y.upperBound - frame.y.lowerBound))
  }

  private func height(_ value: Double, _ frame: Frame) -> Double {
    frame.y.upperBound - (panel.y.share(value) ?? 0) * (frame.y.upperBound - frame.y.lowerBound)
  }

  // MARK: Axes

  private func drawGrid(on canvas: inout Canvas, _ frame: Frame) {
    var path = PathData(canvas.resolution)
    // There and back: the way to the next line is short.
    var ends = [frame.x.lowerBound, frame.x.upperBound]
    for tick in yTicks where tick.label != nil {
      let y = height(tick.value, frame)
      path.lines(through: ends.map { Point($0, y) })
      ends.reverse()
    }
    canvas.draw(path, "i sg")
    let x = frame.x.lowerBound - PanelDrawing.tickLength - 3
    let labels = yTicks.compactMap { tick in
      tick.label.map { ($0, Point(x, height(tick.value, frame) + sizes.tick * 0.35)) }
    }
    canvas.write(labels, "k", anchor: .end)
  }

  private func drawAxis(on canvas: inout Canvas, _ frame: Frame, showsAxis: Bool) -> Double {
    let (width, bottom) = (frame.x.upperBound - frame.x.lowerBound, frame.y.upperBound)
    let ticks = panel.x.ticks(length: width, spacing: 64) { textWidth($0, size: sizes.tick) + PanelDrawing.tickGap }
    var path = PathData(canvas.resolution)
    path.lines(through: [Point(frame.x.lowerBound, bottom), Point(frame.x.upperBound, bottom)])
    for tick in ticks where showsAxis {
      let x = place(tick.value, panel.x, frame.x)
      let length = tick.label == nil ? PanelDrawing.tickLength / 2 : PanelDrawing.tickLength
      path.lines(through: [Point(x, bottom), Point(x, bottom + length)])
    }
    canvas.draw(path, "i sm")
    guard showsAxis else { return bottom + PanelDrawing.tickLength + 4 }
    let baseline = bottom + PanelDrawing.tickLength + sizes.tick + 2
    let labels = ticks.compactMap { tick in
      tick.label.map { ($0, Point(place(tick.value, panel.x, frame.x), baseline)) }
    }
    canvas.write(labels, "k", anchor: .middle)
    var end = baseline + 3
    for line in wrapped(panel.x.label, width: sizes.width - 2 * sizes.margin, size: sizes.tick) {
      end += sizes.line
      canvas.write(line, at: Point(frame.x.upperBound, end), "k", anchor: .end)
    }
    return end + 4
  }

  // MARK: Bands and markers

  private func draw(_ band: Band, on canvas: inout Canvas, _ frame: Frame) {
    let axis = band.direction == .x ? panel.x : panel.y
    guard let first = axis.share(band.range.lowerBound), let last = axis.share(band.range.upperBound) else { return }
    let (low, high) = (min(max(first, 0), 1), min(max(last, 0), 1))
    guard high > low else { return }
    let (width, height) = (frame.x.upperBound - frame.x.lowerBound, frame.y.upperBound - frame.y.lowerBound)
    let corners =
      band.direction == .x
      ? (
        Point(frame.x.lowerBound + low * width, frame.y.lowerBound),
        Point(frame.x.lowerBound + high * width, frame.y.upperBound)
      )
      : (
        Point(frame.x.lowerBound, frame.y.upperBound - high * height),
        Point(frame.x.upperBound, frame.y.upperBound - low * height)
      )
    canvas.rectangle(corners.0, corners.1, "b\(band.ink.letter)")
  }

  private func drawMarkers(_ rows: LabelRows, on canvas: inout Canvas, _ frame: Frame) {
    for marker in xMarkers where marker.label.isEmpty { draw(marker, to: frame.y.lowerBound, on: &canvas, frame) }
    for label in rows.placed {
      let marker = named[label.index]
      let baseline = frame.y.lowerBound - 6 - Double(label.row) * sizes.line
      draw(marker, to: baseline + 3, on: &canvas, frame)
      let width = label.extent.upperBound - label.extent.lowerBound
      let name = fitted(marker.label, width: width - 7, size: sizes.tick)
      let middle = (label.extent.lowerBound + label.extent.upperBound) / 2
      canvas.write(name, at: Point(middle, baseline), "k f\(marker.ink.letter)", anchor: .middle)
    }
    for (marker, y) in zip(yMarkers, spread(yMarkers.map { height($0.value, frame) }, frame)) {
      let line = height(marker.value, frame)
      var path = PathData(canvas.resolution)
      path.lines(through: [Point(frame.x.lowerBound, line), Point(frame.x.upperBound, line)])
      canvas.draw(path, marker.classes)
      let point = Point(frame.x.upperBound + 5, y + sizes.tick * 0.35)
      canvas.write(marker.label, at: point, "k f\(marker.ink.letter)")
    }
  }

  /// A vertical line from the axis up to `top`.
  private func draw(_ marker: Marker, to top: Double, on canvas: inout Canvas, _ frame: Frame) {
    let x = place(marker.value, panel.x, frame.x)
    var path = PathData(canvas.resolution)
    path.lines(through: [Point(x, frame.y.upperBound), Point(x, top)])
    canvas.draw(path, marker.classes)
  }

  /// Heights of names that are at least a line apart, each as near to its own as that allows.
  private func spread(_ heights: [Double], _ frame: Frame) -> [Double] {
    let order = heights.indices.sorted { (heights[$0], $0) < (heights[$1], $1) }
    var result = heights
    var next = frame.y.lowerBound
    for index in order {
      result[index] = max(heights[index], next)
      next = result[index] + sizes.line
    }
    // Those pushed out below come up again.
    var limit = frame.y.upperBound
    for index in order.reversed() {
      result[index] = min(result[index], limit)
      limit = result[index] - sizes.line
    }
    return result
  }

  // MARK: Series

  private func draw(_ series: Series, on canvas: inout Canvas, _ frame: Frame) {
    switch series.shape {
    case .line(let points): drawLine(points, series.classes, on: &canvas, frame)
    case .steps(let histogram): drawLine(outline(histogram), series.classes, on: &canvas, frame)
    case .bars(let histogram): drawBars(histogram, series.ink, on: &canvas, frame)
    case .dots(let points): drawDots(points, series.ink, on: &canvas, frame)
    case .rug(let values): drawRug(values, series.ink, on: &canvas, frame)
    case .boxes(let boxes): for box in boxes { draw(box, series.ink, on: &canvas, frame) }
    case .circles(let circles):
      for circle in circles {
        guard let center = place(circle.center, frame), panel.x.contains(circle.center.x),
          panel.y.contains(circle.center.y)
        else { continue }
        let classes = circleClasses(circle.ink ?? series.ink, isHollow: circle.isHollow)
        canvas.circle(center, radius: radius, classes, title: circle.title, facts: circle.facts)
      }
    }
  }

  /// Of circles; where there are many they are smaller.
  private var radius: Double {
    let count = panel.series.reduce(0) { count, series in
      if case .circles(let circles) = series.shape { count + circles.count } else { count }
    }
    return count > 150 ? 2 : count > 60 ? 2.6 : 3.4
  }

  private func draw(_ box: Box, _ ink: Ink, on canvas: inout Canvas, _ frame: Frame) {
    guard let start = place(Point(box.x.lowerBound, box.y.lowerBound), frame),
      let end = place(Point(box.x.upperBound, box.y.upperBound), frame)
    else { return }
    // A thin line of the ground between neighbours.
    canvas.box(start, end, "i sw \(ink.fillClass)", title: box.title, facts: box.facts)
  }

  /// How far a curve may be from what it stands for, in pixels: nobody sees it.
  private static func tolerance(_ resolution: Resolution) -> Double { resolution == .halves ? 0.5 : 0.3 }

  private func drawLine(_ points: [Point], _ classes: String, on canvas: inout Canvas, _ frame: Frame) {
    let runs = points.split { panel.x.share($0.x) == nil || panel.y.share($0.y) == nil }
    var path = PathData(canvas.resolution)
    for run in runs {
      for chain in clipped(run.compactMap { place($0, frame) }, x: frame.x, y: frame.y) {
        path.lines(through: thinned(chain, tolerance: PanelDrawing.tolerance(canvas.resolution)))
      }
    }
    canvas.draw(path, classes)
  }

  /// The corners of a histogram's upper side; nothing where a bin is empty.
  private func outline(_ histogram: Histogram) -> [Point] {
    histogram.heights.enumerated().flatMap { index, height in
      [Point(histogram.edges[index], height), Point(histogram.edges[index + 1], height)]
    }
  }

  private func drawBars(_ histogram: Histogram, _ ink: Ink, on canvas: inout Canvas, _ frame: Frame) {
    let bottom = frame.y.upperBound
    var path = PathData(canvas.resolution)
    let bins = histogram.heights.indices.map { index -> (left: Double, right: Double, top: Double)? in
      guard let share = panel.y.share(histogram.heights[index]), histogram.heights[index] > 0 else { return nil }
      let left = place(histogram.edges[index], panel.x, frame.x)
      let right = place(histogram.edges[index + 1], panel.x, frame.x)
      return (left, right, bottom - min(max(share, 0), 1) * (frame.y.upperBound - frame.y.lowerBound))
    }
    for run in bins.split(whereSeparator: { $0 == nil }) {
      let run = run.compactMap(\.self)
      let corners = run.flatMap { [Point($0.left, $0.top), Point($0.right, $0.top)] }
      let ends = [Point(corners[0].x, bottom), Point(corners[corners.count - 1].x, bottom)]
      path.lines(through: thinned([ends[0]] + corners + [ends[1]], tolerance: 0.01))
      path.close()
    }
    canvas.draw(path, "i s\(ink.letter) b\(ink.letter)")
  }

  private func drawDots(_ points: [Point], _ ink: Ink, on canvas: inout Canvas, _ frame: Frame) {
    let places = points.filter { panel.x.contains($0.x) && panel.y.contains($0.y) }.compactMap { place($0, frame) }
    let rows = dotsInRows(places, canvas.resolution)
    // A page has many figures.
    let cells = canvas.resolution == .halves ? dotsInCells(places, canvas.resolution) : rows
    canvas.draw(cells.text.utf8.count < rows.text.utf8.count ? cells : rows, "o s\(ink.letter)")
  }

  /// Dots of the same pixel are drawn once; a row of dots that touch each other is a thick line.
  private func dotsInRows(_ places: [Point], _ resolution: Resolution) -> PathData {
    var seen: Set<SIMD2<Int>> = []
    let places = places.filter { seen.insert(SIMD2(Int($0.x), Int($0.y))).inserted }
    var path = PathData(resolution)
    var row: [Point] = []
    for (index, place) in places.enumerated() {
      row.append(place)
      if index + 1 < places.count, places[index + 1].isClose(to: place) { continue }
      path.dots(through: thinned(row, tolerance: PanelDrawing.tolerance(resolution)))
      row = []
    }
    return path
  }

  /// A cloud of dots, each at most a pixel from its place, which is a quarter of its size: neighbours are one thick line.
  private func dotsInCells(_ places: [Point], _ resolution: Resolution) -> PathData {
    let size = 2.0
    let cells = Set(places.map { SIMD2(Int(($0.y / size).rounded()), Int(($0.x / size).rounded())) })
      .sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    var path = PathData(resolution)
    var start = 0
    for (index, cell) in cells.enumerated() {
      if index + 1 < cells.count, cells[index + 1] == cell &+ SIMD2(0, 1) { continue }
      let ends = [cells[start], cell].map { Point(Double($0.y) * size, Double($0.x) * size) }
      path.dots(through: ends[0] == ends[1] ? [ends[0]] : ends)
      start = index + 1
    }
    return path
  }

  private func drawRug(_ values: [Double], _ ink: Ink, on canvas: inout Canvas, _ frame: Frame) {
    var path = PathData(canvas.resolution)
    var last = -Double.infinity
    var ends = [frame.y.upperBound, frame.y.upperBound - 9]
    for value in values where panel.x.contains(value) {
      let x = place(value, panel.x, frame.x)
      guard x - last >= 1 else { continue }
      path.lines(through: ends.map { Point(x, $0) })
      ends.reverse()
      last = x
    }
    canvas.draw(path, "i s\(ink.letter)")
  }
}

extension Point {
  /// Whether the dots of both cover each other by more than half.
  fileprivate func isClose(to other: Point) -> Bool {
    (x - other.x) * (x - other.x) + (y - other.y) * (y - other.y) < 2.25
  }
}

extension Marker {
  fileprivate var classes: String { "i s\(ink.letter)" + (dash == .solid ? "" : " d\(dash.rawValue)") }
}
