import Glibc
public import SpectralCore

/// The density of a spectrum in bins of equal ratio: some dozens of points, however many eigenvalues there are.
public struct DensityCurve: Sendable, Equatable {
  /// Middle of a bin and the density in it, for bins that are not empty; eigenvalues below 10⁻⁶ of the largest have none.
  public let points: [Point]

  /// `nil` if fewer than two eigenvalues differ from zero.
  public init?(_ spectrum: Spectrum) {
    guard let range = LogDensity(spectrum)?.range else { return nil }
    // Wider bins than those of one spectrum alone: many curves in one figure have to be calm.
    let count = spectrum.eigenvalues.count
    let bins = min(max(Int(1.25 * Double(count).squareRoot()), 8), 40)
    let histogram = Histogram(counting: spectrum.positiveEigenvalues, in: range, count: bins, scale: .logarithmic)
      .density(of: count)
    points = histogram.heights.enumerated().compactMap { index, height in
      guard height > 0 else { return nil }
      return Point((histogram.edges[index] * histogram.edges[index + 1]).squareRoot(), height)
    }
  }
}

extension Figure {
  /// The ESD of one layer at several moments of its training, in log-log, from the first to the last.
  ///
  /// - Parameters:
  ///   - curves: in order, with what each moment is called; of many some are drawn, the first and the last always.
  /// - Returns: `nil` if there is none.
  public static func evolution(_ name: String, notes: [String], curves: [(label: String, curve: DensityCurve)])
    -> Figure?
  {
    guard !curves.isEmpty else { return nil }
    let shown = spread(curves.count, over: Ink.ramp.count)
    let points = shown.flatMap { curves[$0].curve.points }
    var panel = Panel(
      x: Axis("λ of WᵀW (not divided by N), logarithmic", .logarithmic, of: points.map(\.x)),
      y: Axis("density p(λ), logarithmic; area 1", .logarithmic, of: points.map(\.y)))
    panel.height = 1.8
    let inks = spread(Ink.ramp.count, over: shown.count).map { Ink.ramp[$0] }
    panel.series = zip(shown, inks).map { index, ink in
      Series(curves[index].label, .line(curves[index].curve.points), ink)
    }
    let some = shown.count < curves.count ? ["\(shown.count) of \(curves.count) checkpoints are drawn."] : []
    return Figure(
      kind: "evolution", title: "\(name): spectrum over training", notes: notes + some, panels: [panel],
      facts: [Fact("checkpoints", shown.count)])
  }

  /// At most `most` of the positions below `count`, evenly spread, the last among them, and the first unless it is alone.
  private static func spread(_ count: Int, over most: Int) -> [Int] {
    guard most < count else { return Array(0..<count) }
    guard most > 1 else { return [count - 1] }
    return (0..<most).map { ($0 * (count - 1) + (most - 1) / 2) / (most - 1) }
  }
}
