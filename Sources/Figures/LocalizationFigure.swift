import SpectralCore

/// So many numbers of one kind stand beside a figure.
private let mostValues = 16

extension Figure {
  /// The inverse participation of each right singular vector, by its eigenvalue, in log-log: 1/M if it is spread out
  /// evenly, 3/(M + 2) on average for a random vector, 1 on one component.
  ///
  /// - Returns: `nil` where the vectors were not studied, or have but one component.
  public static func localization(_ data: SpectrumData) -> Figure? {
    guard let vectors = data.vectors?.filter({ $0.eigenvalue > 0 && $0.inverseParticipation > 0 }), vectors.count > 1
    else { return nil }
    guard data.spectrum.columns > 1 else { return nil }
    let columns = Double(data.spectrum.columns)
    let random = 3 / (columns + 2)
    let least = (vectors.last?.eigenvalue ?? 1) * 1e-6
    let shown = vectors.filter { $0.eigenvalue >= least }
    var panel = Panel(
      x: Axis("\(data.convention), logarithmic", .logarithmic, of: shown.map(\.eigenvalue)),
      y: Axis(
        "inverse participation Σv⁴ of the right singular vector, logarithmic (1/M to 1)", .logarithmic,
        of: shown.map(\.inverseParticipation) + [random, 1], margin: 0.06))
    let spikes = vectors.suffix(data.bulk?.spikeCount ?? 0)
    func dots(_ vectors: some Collection<SpectrumData.Vector>) -> Series.Shape {
      .dots(vectors.map { Point($0.eigenvalue, $0.inverseParticipation) })
    }
    panel.series = [Series("singular vectors", dots(shown.dropLast(spikes.count)), .blue)]
    if !spikes.isEmpty { panel.series.append(Series("those of spikes", dots(spikes), .purple)) }
    panel.markers = [
      Marker(.y, at: random, "random", .vermilion, .dashed), Marker(.y, at: 1, "one entry", .gray, .dotted),
    ]
    var facts = [Fact("M", data.spectrum.columns)]
    if (1...mostValues).contains(spikes.count) {
      // The largest eigenvalue first, as in the reports.
      let values = spikes.reversed().map { "\($0.inverseParticipation)" }
      facts.append(Fact("spike_ipr", values.joined(separator: " ")))
    }
    if let tail = data.tail {
      panel.markers.append(Marker(.x, at: tail.xmin, "xmin \(significant(tail.xmin))", .vermilion, .dashed))
      facts.append(Fact("xmin", tail.xmin))
    }
    return Figure(
      kind: FigureKind.localization.rawValue, title: "\(data.name): localisation of singular vectors",
      notes: [data.size, "Above the line of random vectors: on few components."], panels: [panel], facts: facts)
  }
}
