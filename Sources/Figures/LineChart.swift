extension Figure {
  /// Numbers against a common one, a curve for each series: metrics per epoch, ranks per batch size.
  ///
  /// - Parameters:
  ///   - x: what runs along the horizontal axis, and how.
  ///   - y: what all series measure; several charts below each other take `panels` of several figures.
  ///   - series: names and points, in the order of the legend; at most `distinctLines` can be told apart.
  /// - Returns: `nil` if there is no point.
  public static func lineChart(
    kind: String, title: String, notes: [String], x: (label: String, scale: Scale), y: (label: String, scale: Scale),
    series: [(name: String, points: [Point])]
  ) -> Figure? {
    let points = series.flatMap(\.points)
    guard !points.isEmpty else { return nil }
    var panel = Panel(x: Axis(x.label, x.scale, of: points.map(\.x)), y: Axis(y.label, y.scale, of: points.map(\.y)))
    for (index, member) in series.enumerated() {
      let ink = chartInks[index % chartInks.count]
      let dash = Series.Dash(rawValue: index % Series.Dash.allCases.count) ?? .solid
      panel.series.append(Series(member.name, .line(member.points), ink, dash))
      panel.series.append(Series(nil, .dots(member.points), ink))
    }
    return Figure(kind: kind, title: title, notes: notes, panels: [panel])
  }

  /// How many lines of one chart differ in colour or dashes.
  public static let distinctLines = chartInks.count * Series.Dash.allCases.count
}

private let chartInks: [Ink] = [.blue, .vermilion, .green, .purple, .amber, .gray]
