/// A pair of numbers: of a panel's axes, or pixels from the upper left corner.
public struct Point: Sendable, Equatable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// The part of a chain of lines that lies within a rectangle: one chain for each stay in it.
func clipped(_ points: [Point], x: ClosedRange<Double>, y: ClosedRange<Double>) -> [[Point]] {
  var chains: [[Point]] = []
  for (start, end) in zip(points, points.dropFirst()) {
    guard let part = clipped(start, end, x, y) else { continue }
    if let last = chains.last?.last, last == part.0 {
      chains[chains.count - 1].append(part.1)
    } else {
      chains.append([part.0, part.1])
    }
  }
  return chains
}

/// Liang's and Barsky's method: the shares of the line at which it enters and leaves.
private func clipped(
  _ start: Point, _ end: Point, _ x: ClosedRange<Double>, _ y: ClosedRange<Double>
) -> (Point, Point)? {
  let (dx, dy) = (end.x - start.x, end.y - start.y)
  var (enter, leave) = (0.0, 1.0)
  for (step, room) in [
    (-dx, start.x - x.lowerBound), (dx, x.upperBound - start.x), (-dy, start.y - y.lowerBound),
    (dy, y.upperBound - start.y),
  ] {
    if step == 0, room < 0 { return nil }
    if step < 0 { enter = max(enter, room / step) }
    if step > 0 { leave = min(leave, room / step) }
  }
  guard enter <= leave else { return nil }
  func point(_ share: Double) -> Point {
    share == 0 ? start : share == 1 ? end : Point(start.x + share * dx, start.y + share * dy)
  }
  return (point(enter), point(leave))
}

/// Fewer points that draw the same chain: none of those left out is more than `tolerance` away from it.
///
/// Douglas' and Peucker's method, with a list of its own in place of recursion.
func thinned(_ points: [Point], tolerance: Double) -> [Point] {
  guard points.count > 2 else { return points }
  var isKept = [Bool](repeating: false, count: points.count)
  (isKept[0], isKept[points.count - 1]) = (true, true)
  var open = [(0, points.count - 1)]
  while let (first, last) = open.popLast() {
    guard last - first > 1 else { continue }
    let (farthest, distance) = (first + 1..<last).reduce((first, 0.0)) { best, index in
      let distance = squaredDistance(points[index], points[first], points[last])
      return distance > best.1 ? (index, distance) : best
    }
    guard distance > tolerance * tolerance else { continue }
    isKept[farthest] = true
    open += [(first, farthest), (farthest, last)]
  }
  return zip(points, isKept).filter(\.1).map(\.0)
}

/// From a point to the line between two others.
private func squaredDistance(_ point: Point, _ start: Point, _ end: Point) -> Double {
  let (dx, dy) = (end.x - start.x, end.y - start.y)
  let length = dx * dx + dy * dy
  let along = length > 0 ? min(max(((point.x - start.x) * dx + (point.y - start.y) * dy) / length, 0), 1) : 0
  let (ex, ey) = (point.x - start.x - along * dx, point.y - start.y - along * dy)
  return ex * ex + ey * ey
}
