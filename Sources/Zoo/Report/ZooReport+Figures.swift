import Analysis
import Figures
import Reporting
import SpectralCore

/// A quantity of models that an axis can show.
struct ZooAxis {
  /// As in the database, or `score`.
  var name: String
  var title: String
  var isLogarithmic: Bool
  /// One for each model.
  var values: [Double?]
}

extension ZooReport {
  /// What the axes of the scatter can show.
  var axes: [ZooAxis] {
    let scores = Dictionary((trends?.points ?? []).map { ($0.model.path, $0.score) }) { first, _ in first }
    let metrics = ZooMetric.summarized.map { name in
      ZooAxis(
        name: name, title: ZooMetric.titles[name] ?? name, isLogarithmic: false,
        values: models.map { $0.means["mean_" + name] })
    }
    let sizes = [
      ZooAxis(
        name: "parameters", title: "parameters", isLogarithmic: true,
        values: models.map { $0.parameters.flatMap { $0 > 0 ? Double($0) : nil } }),
      ZooAxis(
        name: "analyzed", title: "layers analysed", isLogarithmic: false,
        values: models.map { $0.analyzed.map(Double.init) }),
    ]
    let score = ZooAxis(
      name: "score", title: "score", isLogarithmic: false, values: models.map { scores[$0.path] })
    return (metrics + sizes + (trends == nil ? [] : [score])).filter { $0.values.contains { $0 != nil } }
  }

  /// What is drawn where nobody has chosen: shape against scale.
  static let firstAxes = (x: "log_spectral_norm", y: "alpha")

  /// A dot for each model that has both quantities; `nil` if none has.
  func scatter(_ x: ZooAxis, _ y: ZooAxis) -> Figure? {
    let dots = models.indices.compactMap { index -> (family: String, dot: Circle)? in
      guard let across = x.values[index], let up = y.values[index] else { return nil }
      let model = models[index]
      return (
        families.name(of: model),
        Circle(Point(across, up), title: model.name, facts: [.init("model", index)])
      )
    }
    func axis(_ axis: ZooAxis, _ values: [Double]) -> Axis {
      Axis(axis.title, axis.isLogarithmic ? .logarithmic : .linear, of: values)
    }
    let panel = Panel.scatter(
      x: axis(x, dots.map(\.dot.center.x)), y: axis(y, dots.map(\.dot.center.y)), groups: families.groups(dots))
    return panel.map { panel in
      Figure(
        kind: "models", title: ZooReport.scatterTitle, notes: [ZooReport.scatterNote(dots.count)], panels: [panel],
        facts: [.init("x", x.name), .init("y", y.name)])
    }
  }

  static let scatterTitle = "Models by family"
  static func scatterNote(_ count: Int) -> String { "Models that have both quantities: \(count)." }

  /// The phases of each family's layers.
  var phaseMix: Figure? {
    let order = families.families.filter { $0.phaseCount > 0 }
      .sorted { ($1.heavyShare ?? 0, $0.name) < ($0.heavyShare ?? 0, $1.name) }
    let shown = Set(order.sorted { $0.phaseCount > $1.phaseCount }.prefix(ZooReport.mostBars).map(\.name))
    var bars = order.filter { shown.contains($0.name) }.map { ShareBar($0.name, $0.phases) }
    let rest = order.filter { !shown.contains($0.name) }
    if !rest.isEmpty {
      let sums = Phase.allCases.indices.map { phase in rest.reduce(0) { $0 + $1.phases[phase] } }
      bars.append(ShareBar("\(rest.count) other families", sums))
    }
    let layers = allLayers.filter { $0.phase != nil }
    var notes = ["\(grouped(layers.count)) layers have a phase; most heavy tails are at the top."]
    if !rest.isEmpty { notes.append("The families with the fewest layers are together below.") }
    let uncertain = layers.count { !$0.isPhaseCertain }
    if uncertain > 0 {
      notes.append("\(grouped(uncertain)) phases are uncertain: M is below \(PhaseAnalysis.validatedColumns).")
    }
    return .shares(
      kind: "phase-mix", title: "Phases by family", notes: notes, bars: bars,
      parts: Phase.allCases.map { ($0.rawValue, $0.ink) },
      axes: ("family", "the layers with a phase"))
  }

  /// Families with a bar of their own.
  private static let mostBars = 16

  var alphas: Figure? { .alphas(allLayers.map(\.point), title: "All layers") }
}
