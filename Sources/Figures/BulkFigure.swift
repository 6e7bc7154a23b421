import Glibc
import SpectralCore

extension Figure {
  /// The ESD on linear axes with the law of noise, its edges, the band in which its largest eigenvalue lies by chance,
  /// and a line for each spike.
  ///
  /// - Parameter isFull: whether it reaches to the largest eigenvalue, however far that is, rather than past the bulk.
  /// - Returns: `nil` for a matrix of zeros.
  public static func bulk(_ data: SpectrumData, isFull: Bool = false) -> Figure? {
    let (eigenvalues, largest) = (data.spectrum.eigenvalues, data.spectrum.largest)
    guard largest > 0, eigenvalues.count > 1 else { return nil }
    let end = isFull ? largest * 1.03 : BulkView.end(data)
    let bins = BulkView.binCount(data, until: end)
    let histogram = Histogram(counting: eigenvalues, in: 0...end, count: bins, scale: .linear)
      .density(of: eigenvalues.count)
    let beyond = eigenvalues.count { $0 > end }
    var notes = [data.size]
    var facts: [Fact] = []
    var series = [Series("ESD", .bars(histogram), .blue)]
    var highest = histogram.heights
    if let bulk = data.bulk {
      let curve = bulk.curve(of: eigenvalues.count, until: end)
      // Where the bulk begins at zero its density there is infinite.
      highest += curve.map(\.y).filter { $0 <= 1.6 * (histogram.heights.max() ?? 0) }
      series.append(Series("Marchenko–Pastur law", .line(curve), .vermilion))
      let spikes = eigenvalues.suffix(bulk.spikeCount ?? 0).filter { $0 <= end }
      if !spikes.isEmpty { series.append(Series("spikes", .rug(spikes), .purple)) }
      notes.append(bulk.description)
      facts += bulk.facts
    } else {
      notes.append("No law of noise is fitted.")
    }
    if beyond > 0 {
      notes.append(
        "\(beyond) of \(eigenvalues.count) eigenvalues are beyond the right end, up to \(significant(largest)).")
    }
    var panel = Panel(
      x: Axis("\(data.convention), linear", .linear, 0...end),
      y: Axis("density p(\(data.quantity)), linear; area 1", of: highest, includingZero: true))
    panel.series = series
    if let bulk = data.bulk { bulk.mark(&panel) }
    return Figure(
      kind: (isFull ? FigureKind.esdFull : .esdLinear).rawValue,
      title: "\(data.name): \(isFull ? "whole spectrum" : "bulk and edge of noise")", notes: notes, panels: [panel],
      facts: facts)
  }
}

private enum BulkView {
  /// Enough for the number of eigenvalues, and for the bulk to have a shape.
  static func binCount(_ data: SpectrumData, until end: Double) -> Int {
    let usual = Int(1.6 * Double(data.spectrum.eigenvalues.count).squareRoot())
    let shape = data.bulk.map { min(6 * end / $0.fit.edge, 100) } ?? 8
    return min(max(usual, Int(shape), 8), 100)
  }

  /// Past the edge of noise; where nothing is far beyond it, the largest eigenvalue.
  static func end(_ data: SpectrumData) -> Double {
    let largest = data.spectrum.largest
    let eigenvalues = data.spectrum.eigenvalues
    // Without noise, what holds most of the eigenvalues.
    let reach = data.bulk.map { $0.fit.edge * 1.7 } ?? eigenvalues[eigenvalues.count * 9 / 10] * 1.5
    return largest <= reach * 1.5 || reach <= 0 ? largest * 1.03 : reach
  }
}

extension SpectrumData.Bulk {
  var facts: [Figure.Fact] {
    var facts = [
      Figure.Fact("lambda_plus", fit.law.upperEdge), Figure.Fact("lambda_minus", fit.law.lowerEdge),
    ]
    if let spikeCount { facts.append(Figure.Fact("num_spikes", spikeCount)) }
    return facts
  }

  var description: String {
    let spikes = spikeCount.map { ", \($0) eigenvalue\($0 == 1 ? "" : "s") above the edge" } ?? ""
    let verdict = isGood ? "follows the law of noise" : "does not follow the law of noise"
    return "The bulk \(verdict) (D = \(significant(fit.distance)))\(spikes)"
  }

  /// ρ(λ), the bulk being its share of `total` eigenvalues.
  func curve(of total: Int, until end: Double) -> [Point] {
    let law = fit.law
    let share = Double(fit.count - fit.outlierCount) / Double(total)
    let steps = 240
    // Close to each other at the edges, where the law is steep.
    return (0...steps).map { step in
      let angle = Double.pi * Double(step) / Double(steps)
      let value = law.lowerEdge + (law.upperEdge - law.lowerEdge) * (1 - cos(angle)) / 2
      return Point(value, share * law.density(value))
    }.filter { $0.x <= end }
  }

  /// λ±, and where the largest eigenvalue of noise lies with a probability of 99.8 %.
  func mark(_ panel: inout Panel) {
    let law = fit.law
    panel.markers.append(Marker(.x, at: law.lowerEdge, "λ− \(significant(law.lowerEdge))", .vermilion, .dashed))
    panel.markers.append(Marker(.x, at: law.upperEdge, "λ+ \(significant(law.upperEdge))", .vermilion, .dashed))
    panel.markers.append(Marker(.x, at: fit.edge, "edge of noise \(significant(fit.edge))", .green, .dotted))
    panel.bands.append(Band(.x, fit.largestNoise, "Tracy–Widom: λmax of noise, 99.8 %", .green))
  }
}
