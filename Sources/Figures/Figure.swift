/// A drawing of numbers: panels below each other that share their horizontal extent, and what is written above them.
///
/// A value: the same numbers give the same figure, and the same figure the same bytes of SVG.
public struct Figure: Sendable, Equatable {
  /// A number or word that the figure shows, by the name of its column in the reports.
  public struct Fact: Sendable, Equatable {
    public let name: String
    /// As in JSON: the shortest digits that give the same number back.
    public let text: String

    public init(_ name: String, _ value: Double) {
      self.name = name
      text = "\(value)"
    }

    public init(_ name: String, _ value: Int) {
      self.name = name
      text = String(value)
    }

    public init(_ name: String, _ value: String) {
      self.name = name
      text = value
    }
  }

  /// What is drawn: `FigureKind.rawValue`, or a name of the caller's.
  public var kind: String
  /// What of: the layer or the model.
  public var title: String
  /// What it is, and what is left out of it.
  public var notes: [String]
  public var panels: [Panel]
  /// Attributes `data-…` of the SVG.
  public var facts: [Fact]

  public init(kind: String, title: String, notes: [String], panels: [Panel], facts: [Fact] = []) {
    self.kind = kind
    self.title = title
    self.notes = notes
    self.panels = panels
    self.facts = facts
  }
}

/// A pair of axes and what stands between them.
public struct Panel: Sendable, Equatable {
  public var x: Axis
  public var y: Axis
  public var bands: [Band] = []
  public var series: [Series] = []
  public var markers: [Marker] = []
  /// Height relative to that of an ordinary panel.
  public var height = 1.0

  public init(x: Axis, y: Axis) {
    self.x = x
    self.y = y
  }
}

/// Values that belong together.
public struct Series: Sendable, Equatable {
  public enum Shape: Sendable, Equatable {
    /// A curve through points.
    case line([Point])
    /// A curve that stays at each height of a histogram over the width of its bin.
    case steps(Histogram)
    /// The bins of a histogram, filled down to the lower end of the axis.
    case bars(Histogram)
    case dots([Point])
    /// Dots that say what they are when pointed at.
    case circles([Circle])
    /// Short lines on the lower end of the axis.
    case rug([Double])
    /// Filled rectangles that say what they are when pointed at.
    case boxes([Box])
  }

  /// How a line is drawn, for those who see no difference of colours.
  public enum Dash: Int, Sendable, CaseIterable {
    case solid, dashed, dotted, dashDotted, shortDashed
  }

  /// In the legend; `nil` where the figure says it otherwise.
  public var label: String?
  public var shape: Shape
  public var ink: Ink
  public var dash: Dash

  public init(_ label: String?, _ shape: Shape, _ ink: Ink, _ dash: Dash = .solid) {
    self.label = label
    self.shape = shape
    self.ink = ink
    self.dash = dash
  }
}

/// One dot of a series.
public struct Circle: Sendable, Equatable {
  public var center: Point
  /// What it stands for.
  public var title: String
  /// Instead of the series' one.
  public var ink: Ink?
  public var isHollow: Bool
  /// Attributes `data-…` of it.
  public var facts: [Figure.Fact]

  public init(_ center: Point, title: String, ink: Ink? = nil, isHollow: Bool = false, facts: [Figure.Fact] = []) {
    self.center = center
    self.title = title
    self.ink = ink
    self.isHollow = isHollow
    self.facts = facts
  }
}

/// One rectangle of a series.
public struct Box: Sendable, Equatable {
  public var x: ClosedRange<Double>
  public var y: ClosedRange<Double>
  /// What it stands for.
  public var title: String
  /// Attributes `data-…` of it.
  public var facts: [Figure.Fact]

  public init(x: ClosedRange<Double>, y: ClosedRange<Double>, title: String, facts: [Figure.Fact] = []) {
    self.x = x
    self.y = y
    self.title = title
    self.facts = facts
  }
}

/// A value on an axis, as a line across the panel with its name at the end.
public struct Marker: Sendable, Equatable {
  public enum Direction: Sendable {
    case x, y
  }

  public var direction: Direction
  public var value: Double
  public var label: String
  public var ink: Ink
  public var dash: Series.Dash

  public init(_ direction: Direction, at value: Double, _ label: String, _ ink: Ink, _ dash: Series.Dash = .solid) {
    self.direction = direction
    self.value = value
    self.label = label
    self.ink = ink
    self.dash = dash
  }
}

/// A range of values on an axis, shaded.
public struct Band: Sendable, Equatable {
  public var direction: Marker.Direction
  public var range: ClosedRange<Double>
  /// In the legend.
  public var label: String
  public var ink: Ink

  public init(_ direction: Marker.Direction, _ range: ClosedRange<Double>, _ label: String, _ ink: Ink) {
    self.direction = direction
    self.range = range
    self.label = label
    self.ink = ink
  }
}
