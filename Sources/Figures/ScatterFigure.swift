/// How the dots of a group look.
public struct DotStyle: Sendable, Equatable {
  public var ink: Ink
  public var isHollow: Bool

  public init(_ ink: Ink, isHollow: Bool) {
    self.ink = ink
    self.isHollow = isHollow
  }

  /// Styles that are told apart: inks that some people confuse differ in being filled or hollow.
  public static let distinct: [DotStyle] = [
    DotStyle(.blue, isHollow: false), DotStyle(.vermilion, isHollow: true), DotStyle(.green, isHollow: false),
    DotStyle(.purple, isHollow: true), DotStyle(.amber, isHollow: false), DotStyle(.sky, isHollow: true),
    DotStyle(.vermilion, isHollow: false), DotStyle(.blue, isHollow: true), DotStyle(.purple, isHollow: false),
    DotStyle(.green, isHollow: true), DotStyle(.sky, isHollow: false), DotStyle(.amber, isHollow: true),
  ]

  /// Of all groups beyond these.
  public static let others = DotStyle(.gray, isHollow: true)

  /// The classes of its circles in SVG.
  public var classes: String { circleClasses(ink, isHollow: isHollow) }
}

/// Dots that belong together, and the straight line that goes with them.
public struct DotGroup: Sendable, Equatable {
  /// In the legend; `nil` for none.
  public var name: String?
  public var style: DotStyle
  public var dots: [Circle]
  /// Its two ends; empty for none.
  public var line: [Point]

  public init(_ name: String?, _ style: DotStyle, _ dots: [Circle], line: [Point] = []) {
    self.name = name
    self.style = style
    self.dots = dots
    self.line = line
  }
}

extension Panel {
  /// Things in the plane of two quantities.
  ///
  /// - Parameter line: the ends of the line that goes with all of them; empty for none.
  /// - Returns: `nil` if there is no dot.
  public static func scatter(x: Axis, y: Axis, groups: [DotGroup], line: [Point] = []) -> Panel? {
    guard groups.contains(where: { !$0.dots.isEmpty }) else { return nil }
    var panel = Panel(x: x, y: y)
    panel.height = 1.4
    for group in groups where !group.line.isEmpty {
      panel.series.append(Series(nil, .line(group.line), group.style.ink, .dashed))
    }
    if !line.isEmpty { panel.series.append(Series("all", .line(line), .text)) }
    for group in groups where !group.dots.isEmpty {
      let dots = group.dots.map { dot in
        var dot = dot
        dot.isHollow = group.style.isHollow
        return dot
      }
      panel.series.append(Series(group.name, .circles(dots), group.style.ink))
    }
    return panel
  }
}
