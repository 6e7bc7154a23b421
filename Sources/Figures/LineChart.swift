extension Figure {
  /// Numbers against a common one, a curve for each series: metrics per epoch, ranks per batch size.
  ///
  /// - Parameters:
  ///   - x: what runs along the horizontal axis.
  ///   - y: what all series measure; several charts below each other take `panels` of several figures.
  ///   - series: names and points, in the order of the legend; a point that is `nil` interrupts the curve. At most
  ///     `distinctLines` can be told apart.
  ///   - fact: the name of the column that is drawn: with it each point says its value when pointed at, and has it as an
  ///     attribute.
  /// - Returns: `nil` if there is no point.
  public static func lineChart(
    kind: String, title: String, notes: [String], x: Axis, y: (label: String, scale: Scale),
    series: [(name: String, points: [Point?])], fact: String? = nil
  ) -> Figure? {
    let heights = series.flatMap { $0.points.compactMap { $0?.y } }
    guard !heights.isEmpty else { return nil }
    var panel = Panel(x: x, y: Axis(y.label, y.scale, of: heights))
    for (index, member) in series.enumerated() {
      let ink = chartInks[index % chartInks.count]
      let dash = Series.Dash(rawValue: index % Series.Dash.allCases.count) ?? .solid
      let runs = member.points.split { $0 == nil }.map { $0.compactMap(\.self) }
      for (number, run) in runs.enumerated() {
        panel.series.append(Series(number == 0 ? member.name : nil, .line(run), ink, dash))
      }
      panel.series.append(Series(nil, marks(runs.flatMap(\.self), member.name, fact), ink))
    }
    return Figure(kind: kind, title: title, notes: notes, panels: [panel])
  }

  private static func marks(_ points: [Point], _ name: String, _ fact: String?) -> Series.Shape {
    guard let fact else { return .dots(points) }
    return .circles(
      points.map { Circle($0, title: "\(name): \(fact) \(significant($0.y))", facts: [Fact(fact, $0.y)]) })
  }

  /// How many lines of one chart differ in colour or dashes.
  public static let distinctLines = chartInks.count * Series.Dash.allCases.count
}

private let chartInks: [Ink] = [.blue, .vermilion, .green, .purple, .amber, .gray]
