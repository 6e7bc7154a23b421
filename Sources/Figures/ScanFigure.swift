import SpectralCore

extension Figure {
  /// The Kolmogorov–Smirnov distance and the exponent of the power law for every beginning of the tail, or for some of
  /// them where there are many: how firmly xmin, and with it α, is determined.
  ///
  /// - Returns: `nil` without a power law.
  public static func scan(_ data: SpectrumData) -> Figure? {
    guard let tail = data.tail else { return nil }
    let values = data.spectrum.positiveEigenvalues.dropLast(tail.fingerCount)
    let scan = XminScan(values, xmin: tail.xmin)
    guard scan.points.count > 1 else { return nil }
    // Tails of less than a handful have any exponent.
    let shown = scan.points.filter { $0.tailCount >= 5 || $0.xmin <= tail.xmin }
    let xAxis = Axis(
      "xmin: \(data.convention), logarithmic", .logarithmic, of: shown.map(\.xmin), margin: 0.02)
    var distances = Panel(
      x: xAxis, y: Axis("D: Kolmogorov–Smirnov distance (0 to 1)", of: shown.map(\.distance), includingZero: true))
    distances.series = [Series(nil, .line(shown.map { Point($0.xmin, $0.distance) }), .blue)]
    let exponents = shown.map(\.alpha)
    // Towards the end of the tail the exponent runs away.
    let highest = min(exponents.max() ?? 2, max(3 * tail.alpha, 8))
    var alphas = Panel(x: xAxis, y: Axis("α: exponent of the power law", of: [1, highest]))
    alphas.series = [Series(nil, .line(shown.map { Point($0.xmin, $0.alpha) }), .purple)]
    distances.markers = [
      Marker(.x, at: tail.xmin, "xmin \(significant(tail.xmin))", .vermilion, .dashed),
      Marker(.y, at: tail.distance, significant(tail.distance), .vermilion, .dotted),
    ]
    alphas.markers = [
      Marker(.x, at: tail.xmin, "", .vermilion, .dashed),
      Marker(.y, at: tail.alpha, significant(tail.alpha), .vermilion, .dotted),
    ]
    distances.height = 0.6
    alphas.height = 0.6
    let part = scan.isComplete ? "" : " \(scan.points.count) of the eigenvalues are drawn."
    return Figure(
      kind: FigureKind.scan.rawValue, title: "\(data.name): choice of xmin",
      notes: ["The xmin of least D is chosen.\(part)"],
      panels: [distances, alphas],
      facts: [Fact("alpha", tail.alpha), Fact("D", tail.distance), Fact("xmin", tail.xmin)])
  }
}
