import Analysis
import Figures
import Reporting
import Statistics

/// How the quantities of the models go with their quality.
struct HTMLQuality {
  private let report: ZooReport
  private let trends: QualityTrends

  init(_ report: ZooReport, _ trends: QualityTrends) {
    self.report = report
    self.trends = trends
  }

  func add(to page: inout HTMLPage) {
    page.add("<section class=\"card\" id=\"quality\"><h2>Quality</h2>")
    let without = report.models.count - trends.points.count
    let rest = without > 0 ? ", \(grouped(without)) have none" : ""
    page.add("<p>Scores of \(counted(trends.points.count, "model"))\(rest).</p>")
    if !trends.unmatched.isEmpty {
      page.add(
        "<details><summary>\(grouped(trends.unmatched.count)) scores are of no model that was analysed, or of several</summary>"
          + "<p>\(trends.unmatched.map(escaped).joined(separator: ", "))</p></details>")
    }
    page.add("<ul class=\"findings\">")
    for warning in trends.warnings {
      page.add("<li>\(HTMLPage.mark(.attention))\(escaped(warning))</li>")
    }
    page.add("</ul>")
    addTable(of: trends.trends.map { ($0.metric, nil, $0.overall, $0.kendallWithinSeries) }, to: &page)
    let series = trends.trends.flatMap { trend in
      trend.series.map { (trend.metric, Optional($0.name), $0.association, Double?.none) }
    }
    if !series.isEmpty {
      page.add("<details><summary>Within each family of \(QualityTrends.leastSeries) models or more</summary>")
      addTable(of: series, to: &page)
      page.add("</details>")
    }
    page.add("<p class=\"n words\">In brackets: intervals of 95 % from models drawn anew.</p><div class=\"figures\">")
    let indices = Dictionary(report.models.enumerated().map { ($1.path, $0) }) { first, _ in first }
    for trend in trends.trends {
      if let figure = trends.figure(of: trend, report.families, indices) { page.addFigure(figure) }
    }
    page.add("</div>\(HTMLTerms.line(trends.trends.map { ZooMetric.term($0.metric) }))</section>")
  }

  private typealias Row = (metric: String, series: String?, association: Association, within: Double?)

  private func addTable(of rows: [Row], to page: inout HTMLPage) {
    let isOfSeries = rows.contains { $0.series != nil }
    let headings = [isOfSeries ? "family" : nil, "models", "Kendall τ", isOfSeries ? nil : "τ within families"]
    page.add("<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">quantity</th>")
    for heading in headings.compactMap(\.self) + ["Spearman ρ", "Pearson r", "RMSE"] {
      page.add("<th scope=\"col\">\(heading)</th>")
    }
    page.add("</tr></thead><tbody>")
    for row in rows {
      let association = row.association
      let title = HTMLTerms.link(ZooMetric.term(row.metric), ZooMetric.titles[row.metric] ?? row.metric)
      var cells = row.series.map { [escaped($0)] } ?? []
      cells += ["\(association.count)", association.kendall.map(estimateText) ?? ""]
      if !isOfSeries { cells.append(fixed(row.within, 2)) }
      let others = [association.spearman, association.pearson, association.rootMeanSquareError]
      cells += others.map { $0.map(estimateText) ?? "" }
      page.add("<tr><th scope=\"row\">\(title)</th>\(cells.map { "<td>\($0)</td>" }.joined())</tr>")
    }
    page.add("</tbody></table></div>")
  }
}
