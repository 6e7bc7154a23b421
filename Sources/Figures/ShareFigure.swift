/// Counts that are the parts of a whole.
public struct ShareBar: Sendable, Equatable {
  public var name: String
  /// One for each part.
  public var counts: [Int]

  public init(_ name: String, _ counts: [Int]) {
    self.name = name
    self.counts = counts
  }
}

extension Figure {
  /// Bars of equal length, the first at the top, in which each part has its share.
  ///
  /// - Parameters:
  ///   - parts: what the counts of each bar are of, from left to right.
  ///   - axes: what a bar is, and what all its parts together are.
  /// - Returns: `nil` if nothing is counted.
  public static func shares(
    kind: String, title: String, notes: [String], bars: [ShareBar], parts: [(name: String, ink: Ink)],
    axes: (bar: String, whole: String)
  ) -> Figure? {
    let bars = bars.filter { $0.counts.contains { $0 > 0 } }
    guard !bars.isEmpty else { return nil }
    let sizes = Medium.page.sizes
    let names = bars.map { fitted($0.name, width: sizes.width / 4, size: sizes.tick) }
    var panel = Panel(
      x: Axis("share of \(axes.whole), in per cent", .linear, 0...100),
      y: Axis(axes.bar, .categories(names.reversed()), -0.6...Double(bars.count) - 0.4))
    panel.height = max(0.3, (Double(bars.count) + 0.2) * sizes.line * 1.4 / sizes.height)
    panel.series = parts.indices.map { part in
      let boxes = bars.indices.compactMap { box(bars[$0], part, parts[part].name, row: bars.count - 1 - $0) }
      return Series(boxes.isEmpty ? nil : parts[part].name, .boxes(boxes), parts[part].ink)
    }
    return Figure(kind: kind, title: title, notes: notes, panels: [panel])
  }

  private static func box(_ bar: ShareBar, _ part: Int, _ name: String, row: Int) -> Box? {
    let total = bar.counts.reduce(0, +)
    guard bar.counts[part] > 0 else { return nil }
    func percent(_ count: Int) -> Double { Double(count) / Double(total) * 100 }
    let start = bar.counts[..<part].reduce(0, +)
    return Box(
      x: percent(start)...percent(start + bar.counts[part]), y: Double(row) - 0.36...Double(row) + 0.36,
      title: "\(bar.name): \(name), \(bar.counts[part]) of \(total)",
      facts: [Fact("row", row), Fact("part", name), Fact("count", bar.counts[part])])
  }
}
