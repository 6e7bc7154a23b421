import SpectralCore
import TestSupport
import Testing

@testable import Figures

@Suite struct DrawingTests {
  /// The box that a line of text takes at most.
  private struct Box {
    var text: String
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>

    init?(_ element: Element, _ medium: Medium) {
      let (sizes, units) = (medium.sizes, Double(medium.resolution.unitsPerPixel))
      guard let x = element.number("x").map({ $0 / units }), let y = element.number("y").map({ $0 / units }) else {
        return nil
      }
      let classes = element.classes
      let isTitle = classes.contains("h")
      let size = isTitle ? sizes.title : classes.contains("k") ? sizes.tick : sizes.text
      let width = textWidth(element.text, size: size, isBold: isTitle)
      let left = classes.contains("c") ? x - width / 2 : classes.contains("r") ? x - width : x
      text = element.text
      self.x = left...left + width
      // Capitals and descenders.
      self.y = y - 0.72 * size...y + 0.2 * size
    }
  }

  @Test(arguments: Examples.figures.indices, [Medium.file, .page])
  func textNeitherOverlapsNorLeavesTheFigure(index: Int, medium: Medium) throws {
    let figure = Examples.figures[index]
    let found = try #require(elements(of: figure.svg(for: medium)))
    let boxes = found.filter { $0.name == "text" }.compactMap { Box($0, medium) }
    #expect(boxes.count > 6)
    for (position, box) in boxes.enumerated() {
      #expect(box.x.lowerBound >= 0 && box.x.upperBound <= medium.sizes.width, "\(box.text) of \(figure.kind)")
      for other in boxes[(position + 1)...] where box.x.overlaps(other.x) && box.y.overlaps(other.y) {
        Issue.record("\(box.text) meets \(other.text) in \(figure.kind)")
      }
    }
  }

  @Test func hostileNamesStayText() throws {
    var data = Examples.spiked
    data.name = "</script><img src=x onerror=alert(1)>\"'&\u{1B}\u{202E}]]>"
    let svg = try #require(Figure.esd(data)).svg(for: .page)
    #expect(!svg.contains("<img") && !svg.contains("</script") && !svg.contains("\u{1B}") && !svg.contains("\u{202E}"))
    let found = try #require(elements(of: svg))
    #expect(Set(found.map(\.name)) == ["svg", "g", "text", "path"])
  }

  @Test func longNamesLoseTheirMiddle() {
    let text = fitted(String(repeating: "layer.", count: 60) + "end", width: 200, size: 12)
    #expect(textWidth(text, size: 12) <= 200 && text.hasPrefix("layer.") && text.hasSuffix("end") && text.contains("…"))
    #expect(fitted("short", width: 200, size: 12) == "short")
  }

  @Test(arguments: [
    (0.0512, "0.0512"), (17.94, "17.9"), (0, "0"), (-2.5, "−2.50"), (2.1e-7, "2.10×10⁻⁷"), (999.7, "1000"),
    (123456, "123456"), (9.999e9, "1.00×10¹⁰"),
  ]) func significantDigits(value: Double, expected: String) { #expect(significant(value) == expected) }

  @Test func ticksAreRoundNumbersWithRoom() {
    let axis = Axis("", .linear, 0...9.7)
    #expect(axis.ticks(length: 300, spacing: 45) { _ in 20 }.compactMap(\.label) == ["0", "2", "4", "6", "8"])
    let decades = Axis("", .logarithmic, 1e-9...1e9).ticks(length: 300, spacing: 45) { _ in 40 }.compactMap(\.label)
    #expect(decades.count > 2 && decades.count < 8 && decades.contains("1") == false && decades.contains("10⁰"))
    let narrow = Axis("", .logarithmic, 2.1...2.9).ticks(length: 300, spacing: 45) { _ in 30 }.compactMap(\.label)
    #expect(narrow.count > 1)
  }

  @Test func chosenMarksStandWhereAllFindRoom() {
    let rounded = ["3", "10", "30", "100", "300"]
    var axis = Axis("", .logarithmic, of: [2.0, 4, 8, 512])
    axis.marks = [512, 2, 4, 8, 8, 0, 1e9]
    let ticks = axis.ticks(length: 300, spacing: 45) { _ in 20 }
    #expect(ticks.map(\.value) == [2, 4, 8, 512] && ticks.compactMap(\.label) == ["2", "4", "8", "512"])
    #expect(axis.ticks(length: 300, spacing: 45) { _ in 40 }.compactMap(\.label) == rounded)
    axis.marks = [8]
    #expect(axis.ticks(length: 300, spacing: 45) { _ in 40 }.compactMap(\.label) == rounded)
    axis = Axis("", .linear, of: [1e6, 1_234_567])
    axis.marks = [1e6, 1_234_567]
    #expect(axis.ticks(length: 300, spacing: 45) { _ in 20 }.compactMap(\.label) == ["1000000", "1234567"])
  }

  @Test func namesOnAnAxisAreThinned() {
    let axis = Axis("", .categories((0..<40).map { "epoch \($0)" }), -0.5...39.5)
    let ticks = axis.ticks(length: 400, spacing: 64) { textWidth($0, size: 11) + 22 }
    #expect(ticks.compactMap(\.label) == ["epoch 0", "epoch 8", "epoch 16", "epoch 24", "epoch 32"])
  }

  @Test func anAxisHasANumberHoweverShortItIs() {
    for domain in [0.83...0.94, 0.101...0.102, -7.1...(-6.2), 0.0...1.0] {
      #expect(!Axis("", .linear, domain).ticks(length: 30, spacing: 40) { _ in 22 }.compactMap(\.label).isEmpty)
    }
  }

  @Test func aHistogramCountsEveryValueOnce() {
    let values = (1...1000).map { Double($0) }
    let counts = Histogram(counting: values, in: 1...1000, count: 17, scale: .logarithmic)
    #expect(counts.heights.reduce(0, +) == 1000)
    let density = counts.density(of: 1000)
    let area = zip(density.heights, zip(density.edges, density.edges.dropFirst())).reduce(0) {
      $0 + $1.0 * ($1.1.1 - $1.1.0)
    }
    #expect(abs(area - 1) < 1e-12)
  }

  @Test func thinningKeepsTheCurve() {
    let points = (0..<1000).map { Point(Double($0), Double($0 * $0) / 1000) }
    let kept = thinned(points, tolerance: 0.15)
    #expect(kept.count < 100 && kept.first == points.first && kept.last == points.last)
    for point in points {
      let next = kept.firstIndex { $0.x >= point.x } ?? 0
      guard next > 0 else { continue }
      let (a, b) = (kept[next - 1], kept[next])
      let height = a.y + (b.y - a.y) * (point.x - a.x) / (b.x - a.x)
      // Measured upright: the distance from the line is less.
      #expect(abs(height - point.y) < 0.5)
    }
  }

  @Test func curvesAreCutAtTheFrame() {
    let chains = clipped([Point(-5, 5), Point(5, 5), Point(5, 20), Point(8, 5)], x: 0...10, y: 0...10)
    #expect(chains.count == 2 && chains[0].first == Point(0, 5) && chains[0].last == Point(5, 10))
    #expect(chains[1].last == Point(8, 5))
  }

  @Test func labelsClearEachOtherAndTheLinesOfOthers() {
    let rows = LabelRows([(10, 60), (14, 60), (18, 60), (190, 60)], bounds: 0...200, gap: 6)
    #expect(rows.placed.count == 4)
    for first in rows.placed {
      for second in rows.placed where second != first && second.row == first.row {
        #expect(!first.extent.overlaps(second.extent))
      }
    }
  }
}
