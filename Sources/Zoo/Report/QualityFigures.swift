import Analysis
public import Figures
import Reporting
import Statistics

extension QualityTrends {
  /// The scores against quantities, below each other: a dot for each model in the look of its series, the line of least
  /// squares of all, and dashed those of series.
  ///
  /// - Returns: `nil` if no model has both a score and one of the quantities.
  public var figure: Figure? {
    let families = ZooFamilies(points.map(\.model), trends: self)
    let panels = trends.compactMap { panel($0, families) }
    guard !panels.isEmpty else { return nil }
    return Figure(kind: "quality", title: "Scores of \(points.count) models", notes: notes, panels: panels)
  }

  /// One quantity.
  /// - Parameter indices: positions of the models on a page, by path.
  func figure(of trend: Trend, _ families: ZooFamilies, _ indices: [String: Int]) -> Figure? {
    guard let panel = panel(trend, families, indices) else { return nil }
    let title = "Score against \(ZooMetric.titles[trend.metric] ?? trend.metric)"
    return Figure(kind: "quality", title: title, notes: notes, panels: [panel], facts: [.init("metric", trend.metric)])
  }

  private var notes: [String] {
    ["Lines of least squares, dashed within families of \(QualityTrends.leastSeries) or more."]
  }

  private func panel(_ trend: Trend, _ families: ZooFamilies, _ indices: [String: Int] = [:]) -> Panel? {
    let pairs = pairs(trend.metric)
    let dots = pairs.map { pair in
      let model = indices[pair.point.model.path].map { [Figure.Fact("model", $0)] } ?? []
      return (
        family: pair.point.series,
        dot: Circle(
          Figures.Point(pair.value, pair.point.score),
          title: "\(pair.point.model.name): \(fixed(pair.value, 3)), score \(fixed(pair.point.score, 3))",
          facts: model + [.init(trend.metric, pair.value), .init("score", pair.point.score)])
      )
    }
    return .scatter(
      x: Axis(ZooMetric.titles[trend.metric] ?? trend.metric, of: pairs.map(\.value)),
      y: Axis("score\(summary(trend.overall))", of: pairs.map(\.point.score)),
      groups: families.groups(dots) { name in
        guard let association = trend.series.first(where: { $0.name == name })?.association else { return [] }
        return ends(association, pairs.filter { $0.point.series == name }.map(\.value))
      }, line: ends(trend.overall, pairs.map(\.value)))
  }

  /// Of the line of least squares, as far as there are values.
  private func ends(_ association: Association, _ values: [Double]) -> [Figures.Point] {
    guard let line = association.regression, let low = values.min(), let high = values.max() else { return [] }
    return [low, high].map { Figures.Point($0, line.intercept + line.slope * $0) }
  }

  private func summary(_ association: Association) -> String {
    let estimates = [("τ", association.kendall), ("RMSE", association.rootMeanSquareError)]
    let parts = estimates.compactMap { name, estimate in estimate.map { "\(name) \(estimateText($0))" } }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }
}

/// "0.71 [0.6, 0.8]".
func estimateText(_ estimate: Association.Estimate) -> String {
  guard let interval = estimate.interval else { return fixed(estimate.value, 2) }
  return "\(fixed(estimate.value, 2)) [\(fixed(interval.lowerBound, 2)), \(fixed(interval.upperBound, 2))]"
}

extension ZooMetric {
  /// What the glossary explains of a quantity of the summary.
  static func term(_ metric: String) -> String { metric == "alpha_credible" ? "credible" : metric }

  /// What axes and tables call the quantities of the summary.
  static let titles: [String: String] = [
    "alpha": "mean α", "alpha_credible": "mean credible α", "alpha_weighted": "mean α̂ = α·log₁₀ λmax",
    "log_alpha_norm": "mean log₁₀ Σλ^α", "log_norm": "mean log₁₀ ‖W‖²", "log_spectral_norm": "mean log₁₀ λmax",
    "stable_rank": "mean stable rank", "mp_softrank": "mean soft rank λ₊/λmax",
  ]
}
