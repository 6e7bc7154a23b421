import Glibc
import SpectralCore
import TestSupport
import Testing

@testable import Figures

/// What the curves stand for, against the formulas.
@Suite struct ContentTests {
  private func line(_ figure: Figure?, _ label: String) throws -> [Point] {
    let series = try #require(figure).panels.flatMap(\.series).first { $0.label?.hasPrefix(label) == true }
    guard case .line(let points) = try #require(series).shape else { return [] }
    return points
  }

  /// p(x) = (α − 1)/xmin·(x/xmin)^−α, times the tail's share.
  @Test func thePowerLawIsTheFittedOne() throws {
    let tail = try #require(Examples.heavy.tail)
    let points = try line(.esd(Examples.heavy), "power law")
    let share = Double(tail.count) / 100
    #expect(points.first?.x == tail.xmin && points.last?.x == tail.xmax)
    for point in points {
      let expected = share * (tail.alpha - 1) / tail.xmin * pow(point.x / tail.xmin, -tail.alpha)
      #expect(abs(point.y / expected - 1) < 1e-9)
    }
  }

  /// Every alternative holds as much between xmin and infinity; most of it below xmax.
  @Test(arguments: ["exponential", "stretched exponential", "lognormal"])
  func theAlternativesHaveTheSameShare(name: String) throws {
    let points = try line(.esd(Examples.spiked), name)
    let tail = try #require(Examples.spiked.tail)
    let area = zip(points, points.dropFirst()).reduce(0) { $0 + ($1.0.y + $1.1.y) / 2 * ($1.1.x - $1.0.x) }
    let share = Double(tail.count) / 120
    #expect(area > 0.7 * share && area < 1.05 * share)
  }

  @Test func theLawOfNoiseHasTheBulksShare() throws {
    let bulk = try #require(Examples.spiked.bulk)
    let points = try line(.bulk(Examples.spiked, isFull: true), "Marchenko–Pastur law")
    let area = zip(points, points.dropFirst()).reduce(0) { $0 + ($1.0.y + $1.1.y) / 2 * ($1.1.x - $1.0.x) }
    #expect(abs(area - Double(120 - bulk.fit.outlierCount) / 120) < 0.005)
    #expect(bulk.fit.outlierCount == 5 && bulk.fit.largestNoise.upperBound == bulk.fit.edge)
    #expect(bulk.fit.largestNoise.contains(bulk.fit.law.upperEdge))
  }

  @Test func theScanHasItsLeastAtXmin() throws {
    for data in [Examples.heavy, Examples.spiked] {
      let tail = try #require(data.tail)
      let scan = XminScan(data.spectrum.positiveEigenvalues, xmin: tail.xmin)
      let best = try #require(scan.points.min { $0.distance < $1.distance })
      #expect(best.xmin == tail.xmin && best.alpha == tail.alpha && best.distance == tail.distance)
      #expect(scan.isComplete && best.tailCount == tail.count)
    }
  }

  @Test func aLongScanIsThinnedEvenlyAndKeepsXmin() throws {
    let values = (0..<5000).map { pow(1 - (Double($0) + 0.5) / 5000, -1 / 1.5) }
    let scan = XminScan(values, xmin: values[1234], limit: 100)
    #expect(!scan.isComplete && scan.points.count <= 102 && scan.points.contains { $0.xmin == values[1234] })
    #expect(scan.points.map(\.xmin) == scan.points.map(\.xmin).sorted())
  }

  @Test func factsAreTheNumbersThemselves() throws {
    let tail = try #require(Examples.spiked.tail)
    let svg = try #require(Figure.esd(Examples.spiked)).svg(for: .file)
    let root = try #require(elements(of: svg)?.first)
    #expect(root.attributes["data-kind"] == "esd")
    #expect(root.number("data-alpha") == tail.alpha && root.number("data-xmin") == tail.xmin)
    #expect(root.number("data-D") == tail.distance && root.number("data-num_pl_spikes") == Double(tail.count))
  }

  @Test func whatIsNotThereIsNotDrawn() {
    let zeros = Examples.data("zeros", Spectrum(rows: 20, columns: 10, slices: [[Double](repeating: 0, count: 10)]))
    let vector = Examples.data("vector", Spectrum(rows: 20, columns: 1, slices: [[3]]))
    for var data in [zeros, vector] {
      (data.randomized, data.vectors) = (nil, nil)
      #expect(Figure.esd(data) == nil && Figure.bulk(data) == nil && Figure.scree(data) == nil)
      #expect(Figure.scan(data) == nil && Figure.randomized(data) == nil && Figure.localization(data) == nil)
    }
    #expect(Figure.depth([], title: "") == nil && Figure.alphas([], title: "") == nil)
    #expect(Figure.phases([], title: "") == nil)
  }

  /// Extreme scales neither trap nor leave the figure.
  @Test(arguments: [1e-290, 1e-30, 1e30, 1e290]) func everyScaleIsDrawn(scale: Double) throws {
    let spectrum = Spectrum(rows: 240, columns: 120, slices: [Examples.spiked.spectrum.eigenvalues.map { $0 * scale }])
    let data = Examples.data("scaled", spectrum)
    for figure in [Figure.esd(data), .bulk(data), .bulk(data, isFull: true), .scree(data), .scan(data)] {
      let svg = try #require(figure).svg(for: .page)
      #expect(!svg.contains("nan") && !svg.contains("inf") && elements(of: svg) != nil)
    }
  }

  /// As text each ink has the contrast that WCAG asks for at level AA.
  @Test(arguments: Ink.allCases.filter { $0 != .grid && $0 != .ground && !Ink.ramp.contains($0) }) func inksAreReadable(
    ink: Ink
  ) {
    #expect(contrast(ink.light, Ink.ground.light) >= 4.5 || ink == .sky && contrast(ink.light, Ink.ground.light) >= 3)
    #expect(contrast(ink.dark, Ink.ground.dark) >= 4.5)
  }

  /// As lines they have the contrast that WCAG asks for, and they stand out more from step to step.
  @Test func theRampHasAnOrder() {
    for (ground, colors) in [(Ink.ground.light, Ink.ramp.map(\.light)), (Ink.ground.dark, Ink.ramp.map(\.dark))] {
      let contrasts = colors.map { contrast($0, ground) }
      #expect(contrasts.allSatisfy { $0 >= 3 } && contrasts == contrasts.sorted() && contrasts[11] > 12)
    }
  }

  private func contrast(_ first: String, _ second: String) -> Double {
    let (a, b) = (luminance(first), luminance(second))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// WCAG 2's relative luminance.
  private func luminance(_ color: String) -> Double {
    let value = Int(color.dropFirst(), radix: 16) ?? 0
    let parts = [16, 8, 0].map { shift -> Double in
      let part = Double((value >> shift) & 255) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }
}
