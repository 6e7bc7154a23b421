import Glibc

/// Bins beside each other and a height for each.
public struct Histogram: Sendable, Equatable {
  /// Ascending, one more than bins.
  public let edges: [Double]
  public let heights: [Double]

  /// - Precondition: one more edge than heights.
  public init(edges: [Double], heights: [Double]) {
    precondition(edges.count == heights.count + 1, "a bin has two edges")
    self.edges = edges
    self.heights = heights
  }

  /// How many of `values` are in each of `count` bins that are as wide as each other on `scale`.
  ///
  /// The last bin includes its upper edge; values outside `range` are not counted.
  public init(counting values: some Sequence<Double>, in range: ClosedRange<Double>, count: Int, scale: Scale) {
    let axis = Axis("", scale, range)
    var heights = [Double](repeating: 0, count: count)
    for value in values where range.contains(value) {
      let share = axis.share(value) ?? 0
      heights[min(max(Int(share * Double(count)), 0), count - 1)] += 1
    }
    edges = (0...count).map { index in
      let share = Double(index) / Double(count)
      guard scale == .logarithmic else {
        return range.lowerBound + (range.upperBound - range.lowerBound) * share
      }
      return range.lowerBound * pow(range.upperBound / range.lowerBound, share)
    }
    self.heights = heights
  }

  /// The density: each height over the width of its bin and over `total`.
  public func density(of total: Int) -> Histogram {
    let densities = heights.enumerated().map { index, height in
      height / ((edges[index + 1] - edges[index]) * Double(max(total, 1)))
    }
    return Histogram(edges: edges, heights: densities)
  }
}
