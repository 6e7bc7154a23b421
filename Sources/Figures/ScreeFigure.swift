import SpectralCore

extension Figure {
  /// The eigenvalues in descending order, by rank, in log-log.
  ///
  /// - Returns: `nil` if fewer than two eigenvalues differ from zero.
  public static func scree(_ data: SpectrumData) -> Figure? {
    let positive = data.spectrum.positiveEigenvalues
    guard positive.count > 1 else { return nil }
    let points = positive.reversed().enumerated().map { Point(Double($0 + 1), $1) }
    let tailCount = (data.tail?.count ?? 0) + (data.tail?.fingerCount ?? 0)
    var panel = Panel(
      x: Axis("rank i, logarithmic; 1 is the largest eigenvalue", .logarithmic, of: points.map(\.x), margin: 0.02),
      y: Axis("λᵢ: \(data.convention), logarithmic", .logarithmic, of: points.map(\.y)))
    panel.series = [Series("eigenvalues", .dots(Array(points.dropFirst(tailCount))), .blue)]
    var notes = [data.size]
    var facts: [Fact] = []
    if let tail = data.tail {
      panel.series.append(Series("tail of the power law", .dots(Array(points.prefix(tailCount))), .vermilion))
      panel.markers.append(Marker(.y, at: tail.xmin, "xmin", .vermilion, .dashed))
      facts += [Fact("xmin", tail.xmin), Fact("num_pl_spikes", tail.count)]
    }
    if let bulk = data.bulk {
      panel.markers.append(Marker(.y, at: bulk.fit.law.upperEdge, "λ+", .green, .dotted))
      facts += [Fact("lambda_plus", bulk.fit.law.upperEdge)]
    }
    let zeros = data.spectrum.eigenvalues.count - positive.count
    if zeros > 0 { notes.append("\(zeros) eigenvalues are zero and not shown.") }
    return Figure(
      kind: FigureKind.scree.rawValue, title: "\(data.name): eigenvalues by rank", notes: notes, panels: [panel],
      facts: facts)
  }
}
