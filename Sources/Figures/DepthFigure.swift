public import SpectralCore

/// A layer in the figures of its model.
public struct LayerPoint: Sendable, Equatable {
  public var name: String
  public var alpha: Double?
  /// Whether the exponent means something.
  public var isAlphaCredible: Bool
  /// log₁₀ λmax.
  public var logSpectralNorm: Double?
  public var phase: Phase?

  public init(name: String, alpha: Double?, isAlphaCredible: Bool, logSpectralNorm: Double?, phase: Phase?) {
    self.name = name
    self.alpha = alpha
    self.isAlphaCredible = isAlphaCredible
    self.logSpectralNorm = logSpectralNorm
    self.phase = phase
  }
}

/// The exponents of trained layers by heavy-tailed self-regularisation.
let usualAlphas = 2.0...6.0

/// Larger exponents are drawn at the upper end.
let largestAlpha = 10.0

extension Figure {
  /// α and log₁₀ λmax layer by layer: the correlation flow.
  ///
  /// - Returns: `nil` if no layer has either.
  public static func depth(_ layers: [LayerPoint], title: String) -> Figure? {
    let x = depthAxis(layers)
    var panels: [Panel] = []
    var notes: [String] = []
    let alphas = layers.indices.filter { layers[$0].alpha != nil }
    if !alphas.isEmpty {
      panels.append(alphaPanel(layers, alphas, x))
      let large = layers.count { ($0.alpha ?? 0) > largestAlpha }
      notes.append("Filled: the exponent is credible. Hollow: it is not.")
      if large > 0 { notes.append("\(large) above \(significant(largestAlpha, 2)) are drawn at the upper end.") }
    }
    let norms = layers.indices.filter { layers[$0].logSpectralNorm != nil }
    if !norms.isEmpty {
      let points = norms.map { Point(Double($0), layers[$0].logSpectralNorm ?? 0) }
      var panel = Panel(x: x, y: Axis("log₁₀ λmax of WᵀW", of: points.map(\.y), margin: 0.08))
      panel.height = 0.65
      panel.series =
        flow(points) + [
          Series(
            nil,
            .circles(
              zip(norms, points).map { index, point in
                Circle(
                  point, title: "\(layers[index].name): log λmax \(significant(point.y))",
                  facts: [Fact("row", index), Fact("log_spectral_norm", point.y)])
              }), .green)
        ]
      panels.append(panel)
    }
    guard !panels.isEmpty else { return nil }
    return Figure(kind: FigureKind.depth.rawValue, title: "\(title): α and λmax by depth", notes: notes, panels: panels)
  }

  /// One position for each layer.
  private static func depthAxis(_ layers: [LayerPoint]) -> Axis {
    var axis = Axis("layer, in the order of the report, from 0", .linear, -0.6...Double(max(layers.count, 1)) - 0.4)
    axis.isOfIntegers = true
    return axis
  }

  /// What leads the eye from layer to layer; of many it would be a thicket.
  private static func flow(_ points: [Point]) -> [Series] {
    points.count <= 80 ? [Series(nil, .line(points), .gray, .dotted)] : []
  }

  private static func alphaPanel(_ layers: [LayerPoint], _ indices: [Int], _ x: Axis) -> Panel {
    let values = indices.map { min(layers[$0].alpha ?? 0, largestAlpha) }
    var panel = Panel(x: x, y: Axis("α: exponent of the power law", of: values + [1.5, 6.5], margin: 0.06))
    panel.height = 0.8
    panel.bands = [Band(.y, usualAlphas, "2 ≤ α ≤ 6", .green)]
    let points = zip(indices, values).map { Point(Double($0), $1) }
    let circles = zip(indices, points).map { index, point in
      let layer = layers[index]
      let alpha = layer.alpha ?? 0
      return Circle(
        point, title: "\(layer.name): α \(significant(alpha))\(layer.isAlphaCredible ? "" : ", not credible")",
        isHollow: !layer.isAlphaCredible, facts: [Fact("row", index), Fact("alpha", alpha)])
    }
    panel.series = flow(points) + [Series(nil, .circles(circles), .blue)]
    return panel
  }

  /// How many layers have which α, the credible ones apart.
  ///
  /// - Returns: `nil` if no layer has one.
  public static func alphas(_ layers: [LayerPoint], title: String) -> Figure? {
    let fitted = layers.filter { $0.alpha != nil }
    guard !fitted.isEmpty else { return nil }
    let all = fitted.compactMap { $0.alpha.map { min($0, largestAlpha) } }
    let credible = fitted.filter(\.isAlphaCredible).compactMap { $0.alpha.map { min($0, largestAlpha) } }
    let end = max((all.max() ?? 6).rounded(.up), 7)
    let bins = Int((end - 1) * 2)
    func histogram(_ values: [Double]) -> Histogram {
      Histogram(counting: values, in: 1...end, count: bins, scale: .linear)
    }
    let counts = histogram(all)
    var panel = Panel(
      x: Axis("α: exponent of the power law, linear", .linear, 0.8...end + 0.2),
      y: Axis("number of layers", of: counts.heights, includingZero: true))
    panel.y.isOfIntegers = true
    panel.bands = [Band(.x, usualAlphas, "2 ≤ α ≤ 6", .green)]
    panel.series = [
      Series("all", .bars(counts), .gray), Series("credible", .bars(histogram(credible)), .blue),
    ]
    var notes = ["\(fitted.count) power laws, \(credible.count) credible"]
    let large = fitted.count { ($0.alpha ?? 0) > largestAlpha }
    if large > 0 { notes.append("\(large) above \(significant(largestAlpha, 2)) are counted in the last bin.") }
    return Figure(
      kind: FigureKind.alphas.rawValue, title: "\(title): exponents", notes: notes, panels: [panel],
      facts: [Fact("fitted", fitted.count), Fact("credible", credible.count)])
  }

  /// The phase of each layer, from noise below to heavy tails above.
  ///
  /// - Returns: `nil` if no layer has one.
  public static func phases(_ layers: [LayerPoint], title: String) -> Figure? {
    let known = layers.indices.filter { layers[$0].phase != nil }
    guard !known.isEmpty else { return nil }
    let order = Phase.allCases
    var panel = Panel(
      x: depthAxis(layers),
      y: Axis("phase of training", .categories(order.map(\.rawValue)), -0.6...Double(order.count) - 0.4))
    panel.height = 0.75
    let circles = known.compactMap { index -> Circle? in
      guard let phase = layers[index].phase, let row = order.firstIndex(of: phase) else { return nil }
      let name = layers[index].name
      return Circle(
        Point(Double(index), Double(row)), title: "\(name): \(phase.rawValue)", ink: phase.ink,
        facts: [Fact("row", index), Fact("phase", phase.rawValue)])
    }
    panel.series = [Series(nil, .circles(circles), .blue)]
    return Figure(
      kind: FigureKind.phases.rawValue, title: "\(title): phases by depth",
      notes: ["\(known.count) of \(layers.count) layers have a phase."], panels: [panel])
  }
}

extension Phase {
  /// Its colour in figures and tables; its name stands beside it everywhere.
  public var ink: Ink {
    switch self {
    case .randomLike: .gray
    case .bleedingOut: .sky
    case .bulkPlusSpikes: .blue
    case .bulkDecay: .purple
    case .heavyTailed: .vermilion
    case .rankCollapse: .amber
    }
  }
}
