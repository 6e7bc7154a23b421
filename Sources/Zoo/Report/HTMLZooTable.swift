import Figures
import Reporting
import SpectralCore

/// The table of a zoo's models.
struct HTMLZooTable {
  private let report: ZooReport
  private let scores: [String: Double]
  /// Names that several models have.
  private let shared: Set<String>

  init(_ report: ZooReport) {
    self.report = report
    scores = Dictionary((report.trends?.points ?? []).map { ($0.model.path, $0.score) }) { first, _ in first }
    shared = Set(Dictionary(grouping: report.models, by: \.name).filter { $0.value.count > 1 }.keys)
  }

  /// Means that have a column.
  private static let metrics = [
    ("alpha", "α"), ("alpha_weighted", "α̂"), ("log_alpha_norm", "log₁₀ Σλ^α"), ("log_spectral_norm", "log₁₀ λmax"),
  ]

  func add(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Table of models</h2>")
    let states = Set(report.models.map(\.status)).sorted()
    page.addFilter(
      of: "models", count: report.models.count,
      choices: [
        ("Family", "family", report.families.families.map(\.name).sorted()), ("State", "state", states),
      ])
    page.add("<div class=\"scroll tall\"><table class=\"layers\"><thead><tr>")
    page.add(HTMLPage.heading("", "model", isNumeric: false))
    for title in ["family", "format"] { page.add(HTMLPage.heading("", title, isNumeric: false)) }
    for title in ["layers", "parameters"] { page.add(HTMLPage.heading("", title, isNumeric: true)) }
    for (name, title) in HTMLZooTable.metrics {
      page.add(HTMLPage.heading(name, title, isNumeric: true))
    }
    if report.trends != nil { page.add(HTMLPage.heading("", "score", isNumeric: true)) }
    page.add(HTMLPage.heading("phase", "phases", isNumeric: false))
    page.add(HTMLPage.heading("", "state", isNumeric: false))
    page.add("</tr></thead><tbody>")
    for index in report.models.indices { page.add(row(index)) }
    page.add("</tbody></table></div>")
    page.add(
      "<p class=\"n words\">Bars: \(Phase.allCases.map { phaseMark($0.rawValue) }.joined(separator: " ")); "
        + "sorted by the share of HEAVY-TAILED. α, α̂ and the logarithms are means over layers.</p></div>")
  }

  private func row(_ index: Int) -> String {
    let model = report.models[index]
    let place = shared.contains(model.name) ? "<br><span class=\"n\">\(escaped(model.path))</span>" : ""
    var text = "<tr id=\"m\(index)\"><th scope=\"row\"><a href=\"#m\(index)\">\(escaped(model.name))</a>\(place)</th>"
    text += "<td class=\"family\">\(escaped(report.families.name(of: model)))</td>"
    text += "<td>\(escaped(model.format ?? ""))</td>"
    for count in [model.analyzed, model.parameters] {
      text += count.map { "<td data-v=\"\($0)\">\(grouped($0))</td>" } ?? "<td></td>"
    }
    for (name, _) in HTMLZooTable.metrics { text += cell(model.means["mean_" + name], 3) }
    if report.trends != nil { text += cell(scores[model.path], 3) }
    text += phases(report.layers(of: model).compactMap(\.phase))
    let reason = model.error.map { " title=\"\(escaped($0))\"" } ?? ""
    return text + "<td class=\"state\"\(reason)>\(escaped(model.status))</td></tr>"
  }

  private func cell(_ value: Double?, _ digits: Int) -> String {
    value.map { "<td data-v=\"\(sortKey($0))\">\(fixed($0, digits))</td>" } ?? "<td></td>"
  }

  /// A bar of the layers' phases.
  private func phases(_ phases: [Phase]) -> String {
    guard !phases.isEmpty else { return "<td></td>" }
    let counts = Phase.allCases.map { phase in (phase: phase, count: phases.count { $0 == phase }) }
    let words = counts.filter { $0.count > 0 }.map { "\($0.phase.rawValue) \($0.count)" }.joined(separator: ", ")
    let share = Double(phases.count { $0 == .heavyTailed }) / Double(phases.count)
    var text = "<td data-v=\"\(sortKey(share))\" title=\"\(words)\">"
    text += "<svg class=\"mix\" viewBox=\"0 0 \(phases.count) 1\" preserveAspectRatio=\"none\""
    text += " role=\"img\" aria-label=\"\(words)\">"
    var start = 0
    for (phase, count) in counts where count > 0 {
      text += "<path class=\"\(phase.ink.fillClass)\" d=\"M\(start) 0h\(count)v1h-\(count)z\"/>"
      start += count
    }
    return text + "</svg></td>"
  }
}
