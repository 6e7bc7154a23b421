public import SpectralCore

/// A layer of two models in the figure of their exponents.
public struct AlphaChange: Sendable, Equatable {
  public var name: String
  public var first: Double
  public var second: Double
  /// Whether both exponents mean something.
  public var isCredible: Bool
  public var firstPhase: Phase?
  public var secondPhase: Phase?

  public init(
    name: String, first: Double, second: Double, isCredible: Bool, firstPhase: Phase?, secondPhase: Phase?
  ) {
    self.name = name
    self.first = first
    self.second = second
    self.isCredible = isCredible
    self.firstPhase = firstPhase
    self.secondPhase = secondPhase
  }

  /// What the layer has become; `nil` where the phase is the same, or not known of both.
  fileprivate var newPhase: Phase? { firstPhase == nil || firstPhase == secondPhase ? nil : secondPhase }
}

extension Figure {
  /// The exponents of two models against each other, a dot for each layer, in the colour of the phase that it has changed
  /// to. Nearer to 2 is better.
  ///
  /// - Parameters:
  ///   - first, second: the models.
  /// - Returns: `nil` if no layer has both exponents.
  public static func alphaChange(_ layers: [AlphaChange], first: String, second: String) -> Figure? {
    guard !layers.isEmpty else { return nil }
    let values = layers.flatMap { [min($0.first, largestAlpha), min($0.second, largestAlpha)] }
    let axis = Axis("", of: values + [1.5, 6.5], margin: 0.06)
    let ends = [axis.domain.lowerBound, axis.domain.upperBound]
    var panel = Panel(x: axis, y: axis)
    panel.x.label = "α in \(first): exponent of the power law"
    panel.y.label = "α in \(second)"
    panel.height = 1.5
    panel.markers = [Marker(.x, at: 2, "α = 2", .green, .dotted), Marker(.y, at: 2, "α = 2", .green, .dotted)]
    panel.series = [Series("no change", .line(ends.map { Point($0, $0) }), .gray, .dashed)]
    for phase in [nil] + Phase.allCases.map(Optional.some) {
      let members = layers.filter { $0.newPhase == phase }
      guard !members.isEmpty else { continue }
      let label = phase.map { "now \($0.rawValue)" } ?? "same phase"
      panel.series.append(Series(label, .circles(members.map(circle)), phase?.ink ?? .text))
    }
    var notes = ["Filled: both exponents are credible. Hollow: they are not."]
    let large = layers.count { max($0.first, $0.second) > largestAlpha }
    if large > 0 { notes.append("\(large) above \(significant(largestAlpha, 2)) are drawn at the end.") }
    return Figure(kind: "alpha-change", title: "Exponents of both models", notes: notes, panels: [panel])
  }

  private static func circle(_ layer: AlphaChange) -> Circle {
    let phases = [layer.firstPhase, layer.secondPhase].compactMap { $0?.rawValue }
    let change = layer.newPhase == nil ? "" : ", \(phases.joined(separator: " → "))"
    return Circle(
      Point(min(layer.first, largestAlpha), min(layer.second, largestAlpha)),
      title: "\(layer.name): α \(significant(layer.first)) → \(significant(layer.second))\(change)",
      isHollow: !layer.isCredible,
      facts: [Fact("first_alpha", layer.first), Fact("second_alpha", layer.second)])
  }
}
