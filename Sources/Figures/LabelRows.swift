/// Places the names of vertical lines in rows above a panel, so that no name meets another one or the line of another.
struct LabelRows {
  /// A name in its place.
  struct Placed: Equatable {
    /// Which of the labels.
    var index: Int
    /// 0 is the row next to the panel.
    var row: Int
    /// From the left end of the name to the right one.
    var extent: ClosedRange<Double>
  }

  let placed: [Placed]

  var rowCount: Int { (placed.map(\.row).max() ?? -1) + 1 }

  /// - Parameters:
  ///   - labels: where each line stands, and how wide its name is.
  ///   - bounds: the left and right ends of the space.
  ///   - gap: the least distance between names, and from a name to a line.
  init(_ labels: [(position: Double, width: Double)], bounds: ClosedRange<Double>, gap: Double) {
    // From the right: a name that begins at its line has to clear the lines to its right, which are there by then.
    let order = labels.indices.sorted { (labels[$0].position, $0) > (labels[$1].position, $1) }
    var result: [Placed]?
    for rows in 1...max(labels.count, 1) where result == nil {
      result = LabelRows.search(order[...], labels, bounds, gap, rows, [])
    }
    // Without a solution each has a row of its own: names still do not meet.
    placed =
      result
      ?? order.enumerated().map { row, index in
        Placed(index: index, row: row, extent: LabelRows.extents(labels[index], bounds)[0])
      }
  }

  private static func search(
    _ open: ArraySlice<Int>, _ labels: [(position: Double, width: Double)], _ bounds: ClosedRange<Double>,
    _ gap: Double, _ rows: Int, _ placed: [Placed]
  ) -> [Placed]? {
    guard let index = open.first else { return placed }
    for row in 0..<rows {
      for extent in extents(labels[index], bounds) {
        let candidate = Placed(index: index, row: row, extent: extent)
        guard placed.allSatisfy({ !$0.meets(candidate, labels, gap) }) else { continue }
        if let result = search(open.dropFirst(), labels, bounds, gap, rows, placed + [candidate]) { return result }
      }
    }
    return nil
  }

  /// Where a name may stand: to the right of its line, to the left, or as near as the ends allow.
  private static func extents(
    _ label: (position: Double, width: Double), _ bounds: ClosedRange<Double>
  ) -> [ClosedRange<Double>] {
    let width = min(label.width, bounds.upperBound - bounds.lowerBound)
    let starts = [label.position, label.position - width].filter {
      $0 >= bounds.lowerBound && $0 + width <= bounds.upperBound
    }
    let middle = min(max(label.position - width / 2, bounds.lowerBound), bounds.upperBound - width)
    return (starts + [middle]).map { $0...$0 + width }
  }
}

extension LabelRows.Placed {
  fileprivate func meets(
    _ other: LabelRows.Placed, _ labels: [(position: Double, width: Double)], _ gap: Double
  ) -> Bool {
    let reach = extent.lowerBound - gap...extent.upperBound + gap
    if row == other.row { return reach.overlaps(other.extent) }
    let (upper, lower) = row > other.row ? (self, other) : (other, self)
    let line = labels[upper.index].position
    return (lower.extent.lowerBound - gap / 2...lower.extent.upperBound + gap / 2).contains(line)
  }
}
