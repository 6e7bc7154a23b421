import SpectralCore

extension Figure {
  /// The ESD in log-log beside that of the same entries in random order.
  ///
  /// - Returns: `nil` where the layer was not studied in random order, or too few eigenvalues differ from zero.
  public static func randomized(_ data: SpectrumData) -> Figure? {
    guard let randomized = data.randomized, let largest = randomized.last, largest > 0,
      let density = LogDensity(data.spectrum)
    else { return nil }
    let count = data.spectrum.eigenvalues.count
    let least = min(density.range.lowerBound, max(randomized.first { $0 > 0 } ?? largest, largest * 1e-6))
    let range = least...max(density.range.upperBound, largest)
    let positive = data.spectrum.positiveEigenvalues
    let original = LogDensity.histogram(positive, in: range, of: count)
    let shuffled = LogDensity.histogram(randomized, in: range, of: randomized.count)
    let heights = (original.heights + shuffled.heights).filter { $0 > 0 }
    var panel = Panel(
      x: Axis("\(data.convention), logarithmic", .logarithmic, of: [range.lowerBound, range.upperBound]),
      y: Axis(
        "density p(λ), logarithmic; area 1", .logarithmic,
        of: [(heights.min() ?? 1) / 2, (heights.max() ?? 1) * 1.5]))
    panel.series = [
      Series("as trained", .bars(original), .blue), Series("entries in random order", .steps(shuffled), .vermilion),
    ]
    panel.markers = [
      Marker(.x, at: data.spectrum.largest, "λmax \(significant(data.spectrum.largest))", .blue, .dashed),
      Marker(.x, at: largest, "λmax in random order \(significant(largest))", .vermilion, .dashed),
    ]
    return Figure(
      kind: FigureKind.randomized.rawValue, title: "\(data.name): entries in random order",
      notes: [data.size, "What random order does not change is due to the sizes of the entries alone."],
      panels: [panel],
      facts: [Fact("rand_lambda_max", largest)])
  }
}
