import Analysis
import Figures
import ModelReading
import Reporting
import SpectralCore

extension ZooReport {
  /// The zoo as one HTML page that needs nothing else.
  public var html: String {
    let settings = contents.run.settings.members.filter { !$0.value.isEmpty }
    return HTMLPage.document(
      title: counted(models.count, "model"), about: "what random matrix theory says about a zoo of models",
      settings: settings, version: contents.run.version, source: "the database", style: ZooScript.style,
      script: ZooScript.text
    ) { page in
      page.add("<section><h1>\(counted(models.count, "model"))</h1>")
      HTMLZoo(self).add(to: &page)
      page.add("</section>")
      page.add(ZooPageData(self).element)
    }
  }
}

/// The body of the page.
private struct HTMLZoo {
  private let report: ZooReport
  private let models: [ZooModel]

  init(_ report: ZooReport) {
    self.report = report
    models = report.models
  }

  func add(to page: inout HTMLPage) {
    addCard(to: &page)
    addStatements(to: &page)
    if let trends = report.trends { HTMLQuality(report, trends).add(to: &page) }
    addFigures(to: &page)
    HTMLZooTable(report).add(to: &page)
    addModel(to: &page)
  }

  // MARK: Card

  private func addCard(to page: inout HTMLPage) {
    let distinct = report.distinctModels
    func sum(_ value: (ZooModel) -> Int?) -> Int { distinct.reduce(0) { $0 + (value($1) ?? 0) } }
    let formats = Dictionary(grouping: models.compactMap(\.format)) { $0 }.mapValues(\.count)
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    page.add("<div class=\"card\">")
    page.addFacts([
      ("models", grouped(models.count)), ("distinct contents", grouped(distinct.count)),
      ("families", grouped(report.families.families.count)), ("layers", grouped(report.allLayers.count)),
      ("layers skipped or failed", grouped(report.contents.omissions.reduce(0) { $0 + $1.layerCount })),
      ("models that failed", grouped(models.count { $0.status == ZooStatus.failed })),
      ("parameters", grouped(sum(\.parameters))),
      ("power laws", "\(grouped(sum(\.fitted))), of which \(grouped(sum(\.credible))) credible"),
    ])
    let list = formats.map { "\($0.key) \(grouped($0.value))" }.joined(separator: " · ")
    if !list.isEmpty { page.add("<p class=\"n words\">Formats: \(escaped(list))</p>") }
    addRuns(to: &page)
    addFailures(to: &page)
    add("layers skipped or failed, and why", report.contents.omissions, to: &page)
    add("notes of the readers", report.contents.diagnostics, to: &page)
    page.add("</div>")
  }

  private func addRuns(to page: inout HTMLPage) {
    let others = report.contents.runs.count - 1
    let more = others == 0 ? "" : "; the database has \(others) more, which <code>--run</code> shows"
    let run = report.contents.run
    page.add("<details><summary>Run \(run.id) of version \(escaped(run.version))\(more)</summary>")
    page.add("<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">run</th>")
    page.add("<th scope=\"col\">version</th><th scope=\"col\" class=\"r\">contents</th><th scope=\"col\">settings</th>")
    page.add("</tr></thead><tbody>")
    for (run, count) in report.contents.runs {
      let settings = run.settings.members.filter { !$0.value.isEmpty }.map { "\($0.name) \($0.value)" }
      let mark = run.id == report.contents.run.id ? " (here)" : ""
      page.add(
        "<tr><th scope=\"row\">\(run.id)\(mark)</th><td>\(escaped(run.version))</td><td class=\"r\">\(grouped(count))</td>"
          + "<td class=\"wide\">\(escaped(settings.joined(separator: " · ")))</td></tr>")
    }
    page.add("</tbody></table></div></details>")
  }

  private func addFailures(to page: inout HTMLPage) {
    let failed = models.indices.filter { !models[$0].hasLayers }
    guard !failed.isEmpty else { return }
    page.add("<details><summary>\(counted(failed.count, "model")) without a result, and why</summary>")
    page.add("<ul class=\"plain\">")
    for index in failed.prefix(HTMLZoo.mostNotes) {
      let reason = escaped(models[index].error ?? "no reason given")
      let place = "<span class=\"n\">\(escaped(models[index].path))</span>"
      page.add("<li>\(link(index)) \(escaped(models[index].status)): \(reason) \(place)</li>")
    }
    addMore(failed.count, "<code>zoo list</code>", to: &page)
    page.add("</ul></details>")
  }

  private func add(_ title: String, _ remarks: [ZooRemark], to page: inout HTMLPage) {
    guard !remarks.isEmpty else { return }
    let count = remarks.reduce(0) { $0 + $1.layerCount }
    page.add("<details><summary>\(grouped(count)) \(title)</summary><ul class=\"plain\">")
    for remark in remarks.prefix(HTMLZoo.mostNotes) {
      let text = remark.text.isEmpty ? "no reason given" : remark.text
      page.add(
        "<li>\(escaped(text)) <span class=\"n\">\(escaped(remark.kind)), \(grouped(remark.layerCount)) in "
          + "\(counted(remark.modelCount, "model"))</span></li>")
    }
    addMore(remarks.count, "the database", to: &page)
    page.add("</ul></details>")
  }

  private static let mostNotes = 200

  private func addMore(_ count: Int, _ place: String, to page: inout HTMLPage) {
    let more = count - HTMLZoo.mostNotes
    if more > 0 { page.add("<li class=\"n\">and \(grouped(more)) more, in \(place)</li>") }
  }

  private func link(_ index: Int) -> String { "<a href=\"#m\(index)\">\(escaped(models[index].name))</a>" }

  // MARK: Findings

  private func addStatements(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Findings</h2>\(HTMLPage.severities)")
    for level in Finding.Level.allCases {
      let members = report.statements.filter { $0.level == level }
      guard !members.isEmpty else { continue }
      page.add("<h3>\(level.heading)</h3><ul class=\"findings\">")
      for statement in members { add(statement, to: &page) }
      page.add("</ul>")
    }
    page.add("\(HTMLTerms.line(["HT-SR", "phase", "alpha", "credible"]))</div>")
  }

  /// So many models are listed at once, …
  private static let openCount = 8
  /// … and so many at all.
  private static let mostLinks = 500

  private func add(_ statement: ZooStatement, to page: inout HTMLPage) {
    let evidence = statement.evidence.isEmpty ? "" : " <span class=\"n\">(\(escaped(statement.evidence)))</span>"
    let text = "\(HTMLPage.mark(statement.severity))\(escaped(statement.text))\(evidence)"
    let more = statement.models.count - HTMLZoo.mostLinks
    let links =
      statement.models.prefix(HTMLZoo.mostLinks).map(link).joined(separator: ", ")
      + (more > 0 ? " and \(grouped(more)) more, which the table shows" : "")
    if statement.models.isEmpty { return page.add("<li>\(text)</li>") }
    guard statement.models.count > HTMLZoo.openCount else { return page.add("<li>\(text): \(links)</li>") }
    page.add("<li><details><summary>\(text)</summary><p>\(links)</p></details></li>")
  }

  // MARK: Figures

  private func addFigures(to page: inout HTMLPage) {
    let axes = report.axes
    let chosen = (
      x: axes.first { $0.name == ZooReport.firstAxes.x } ?? axes.first,
      y: axes.first { $0.name == ZooReport.firstAxes.y } ?? axes.last
    )
    guard let x = chosen.x, let y = chosen.y, let figure = report.scatter(x, y) else { return }
    page.add("<div class=\"card\"><h2>Models and layers</h2><div class=\"filter\" data-js hidden>")
    for (id, label, chosen) in [("x", "Across", x), ("y", "Up", y)] {
      page.add("<label>\(label) <select id=\"axis-\(id)\">")
      for (index, axis) in axes.enumerated() {
        let mark = axis.name == chosen.name ? " selected" : ""
        page.add("<option value=\"\(index)\"\(mark)>\(escaped(axis.title))</option>")
      }
      page.add("</select></label>")
    }
    page.add("<span class=\"n\">A click on a dot shows the model's layers.</span></div>")
    page.add("<div class=\"overview\"><div id=\"scatter\">")
    page.addFigure(figure)
    page.add("</div><div>")
    for figure in [report.phaseMix, report.alphas].compactMap(\.self) { page.addFigure(figure) }
    page.add("</div></div>\(HTMLTerms.line(["phase", "HT-SR"] + axes.map { ZooMetric.term($0.name) }))</div>")
  }

  // MARK: One model

  /// Where the layers of a model appear once somebody asks for them.
  private func addModel(to page: inout HTMLPage) {
    guard ZooPageData.hasLayers(report) else {
      page.add(
        "<div class=\"card\"><p>\(grouped(report.allLayers.count)) layers are too many for a page: "
          + "<code>heavytail zoo show MODEL</code> has those of a model.</p></div>")
      return
    }
    page.add("<section class=\"card\" id=\"model\" hidden><h2 tabindex=\"-1\"></h2><p class=\"n path\"></p>")
    page.add("<p class=\"facts-line\"></p><div class=\"figures\"><figure><svg class=\"figure\"></svg></figure></div>")
    page.add("<div class=\"scroll\"><table class=\"numbers\"><thead><tr>")
    let columns =
      [("name", "layer", false), ("kind", "kind", false), ("shape", "shape", false)]
      + ZooLayer.columns.map { ($0.name, $0.title, true) } + [("phase", "phase", false), ("warning", "note", false)]
    for (term, title, isNumeric) in columns {
      page.add("<th scope=\"col\"\(isNumeric ? " class=\"r\"" : "")>\(HTMLTerms.link(term, title))</th>")
    }
    page.add("</tr></thead><tbody></tbody></table></div></section>")
  }
}
