import Analysis
import Figures
import SpectralCore

extension TraceReport {
  /// The training run as one HTML page that needs nothing else.
  public var html: String {
    HTMLPage.document(
      title: runName, about: "how the spectra of the weights change in training", settings: settings, version: version,
      errors: errors
    ) { page in
      page.add("<section><h1>\(escaped(runName))</h1>")
      HTMLTrace(self).add(to: &page)
      page.add("</section>")
    }
  }
}

/// The body of the page.
private struct HTMLTrace {
  private let report: TraceReport
  private let trace: TrainingTrace
  private let labels: [String]

  init(_ report: TraceReport) {
    self.report = report
    trace = report.trace
    labels = report.labels
  }

  func add(to page: inout HTMLPage) {
    addCard(to: &page)
    addTransitions(to: &page)
    addCharts(to: &page)
    addTable(to: &page)
    addLayers(to: &page)
  }

  private func addCard(to page: inout HTMLPage) {
    let formats = trace.checkpoints.map(\.format).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let changes = trace.layers.reduce(0) { $0 + $1.transitions.count }
    page.add("<div class=\"card\">")
    page.addFacts([
      ("checkpoints", grouped(trace.checkpoints.count)), ("first", labels.first ?? "none"),
      ("last", labels.last ?? "none"), ("format", formats.joined(separator: ", ")),
      ("layers", grouped(trace.layers.count)), ("changes of phase", grouped(changes)),
    ])
    page.add("<details><summary>Files, in order</summary><ul class=\"plain\">")
    for (label, checkpoint) in zip(labels, trace.checkpoints) {
      page.add("<li>\(escaped(label)): <span class=\"n\">\(escaped(checkpoint.file.path))</span></li>")
    }
    page.add("</ul></details></div>")
  }

  /// What became of the phases, and what went wrong.
  private func addTransitions(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Changes of phase</h2><ul class=\"findings\">")
    let rows = trace.layers.enumerated().flatMap { row, layer in
      layer.transitions.map { "<a href=\"#m0-\(row)\">\(escaped(report.sentence(layer, $0)))</a>" }
    }
    for row in rows { page.add("<li>\(row)</li>") }
    if rows.isEmpty { page.add("<li>No layer changes its phase.</li>") }
    for layer in trace.layers {
      for (label, cell) in zip(labels, layer.cells) where cell?.status == .failed {
        page.add("<li><b class=\"mark fv\" title=\"problem\">✗</b> \(escaped(failure(layer, label, cell)))</li>")
      }
    }
    page.add("</ul></div>")
  }

  private func failure(_ layer: TrainingTrace.Series, _ label: String, _ cell: TrainingTrace.Cell?) -> String {
    "\(layer.name), \(label): \(cell?.reason ?? "failed")"
  }

  private func addCharts(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Over \(escaped(report.axis.title ?? "training"))</h2><div class=\"figures\">")
    for column in trace.columns.indices {
      if let figure = report.chart(of: column) { page.addFigure(figure) }
    }
    page.add("</div>\(HTMLTerms.line(trace.columns.map(\.name)))</div>")
  }

  // MARK: Table

  /// Of each layer what it is at the end, and what it was at the beginning.
  private func addTable(to page: inout HTMLPage) {
    let phases = Phase.allCases.map(\.rawValue).filter { phase in
      trace.layers.contains { last($0)?.phase == phase }
    }
    page.add("<div class=\"card\"><h2>Layers, at the end and at the beginning</h2>")
    page.addFilter(phases: phases, count: trace.layers.count)
    page.add("<div class=\"scroll\"><table class=\"layers\"><thead><tr>")
    page.add(HTMLPage.heading("name", "layer", isNumeric: false) + HTMLPage.heading("kind", "kind", isNumeric: false))
    for (index, column) in trace.columns.enumerated() {
      page.add(HTMLPage.heading(column.name, title(column), isNumeric: isNumeric(index)))
    }
    page.add("</tr></thead><tbody>")
    for (row, layer) in trace.layers.enumerated() {
      var text = "<tr><th scope=\"row\"><a href=\"#m0-\(row)\">\(escaped(layer.name))</a></th>"
      text += "<td>\(escaped(layer.kind))</td>"
      for index in trace.columns.indices { text += cell(layer, index) }
      page.add(text + "</tr>")
    }
    page.add("</tbody></table></div></div>")
  }

  private func title(_ column: Column) -> String { TraceReport.styles[column.name]?.title ?? column.name }

  private func isNumeric(_ column: Int) -> Bool {
    trace.layers.contains { layer in layer.cells.contains { $0?.values[column].sortKey != nil } }
  }

  /// The last and the first checkpoint that have the layer.
  private func last(_ layer: TrainingTrace.Series) -> TrainingTrace.Cell? { layer.cells.last { $0 != nil } ?? nil }
  private func first(_ layer: TrainingTrace.Series) -> TrainingTrace.Cell? { layer.cells.first { $0 != nil } ?? nil }

  private func cell(_ layer: TrainingTrace.Series, _ index: Int) -> String {
    let column = trace.columns[index]
    guard let value = last(layer)?.values[index] else { return "<td></td>" }
    let (text, before) = (
      TraceReport.text(value, of: column), TraceReport.text(first(layer)?.values[index] ?? .null, of: column)
    )
    let key = value.sortKey.map { " data-v=\"\($0)\"" } ?? ""
    let shown = column.name == "phase" ? phaseMark(text) : escaped(text)
    let origin = before.isEmpty || before == text ? "" : "<br><span class=\"n\">\(escaped(before))</span>"
    return "<td\(key)>\(shown)\(origin)</td>"
  }

  // MARK: Layers

  private func addLayers(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Layer by layer</h2>\(HTMLTerms.line(["ESD"] + trace.columns.map(\.name)))")
    for (row, layer) in trace.layers.enumerated() {
      let shape = "\(layer.kind) \(shapeText(layer.shape))"
      page.add(
        "<details class=\"layer\" id=\"m0-\(row)\"><summary><b>\(escaped(layer.name))</b> "
          + "<span class=\"n\">\(escaped(shape))</span> \(phaseMark(last(layer)?.phase))</summary>")
      page.add("<ul class=\"findings\">")
      for transition in layer.transitions { page.add("<li>\(escaped(report.sentence(layer, transition)))</li>") }
      page.add("</ul><div class=\"figures\">")
      if let figure = report.evolution.figure(of: layer.name, labels: labels) { page.addFigure(figure) }
      if let figure = report.figure(of: layer) { page.addFigure(figure) }
      page.add("</div>")
      addNumbers(of: layer, to: &page)
      page.add("</details>")
    }
    page.add("</div>")
  }

  private func addNumbers(of layer: TrainingTrace.Series, to page: inout HTMLPage) {
    page.add("<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">checkpoint</th>")
    for (index, column) in trace.columns.enumerated() {
      page.add("<th scope=\"col\"\(isNumeric(index) ? " class=\"r\"" : "")>\(escaped(title(column)))</th>")
    }
    page.add("</tr></thead><tbody>")
    for (label, cell) in zip(labels, layer.cells) {
      var text = "<tr><th scope=\"row\">\(escaped(label))</th>"
      for (index, column) in trace.columns.enumerated() {
        let value = TraceReport.text(cell?.values[index] ?? .null, of: column)
        text += "<td\(isNumeric(index) ? " class=\"r\"" : "")>"
        text += (column.name == "phase" ? phaseMark(value) : escaped(value)) + "</td>"
      }
      let note = TraceReport.note(cell)
      page.add(text + (note.isEmpty ? "" : "<td class=\"n\">\(escaped(note))</td>") + "</tr>")
    }
    page.add("</tbody></table></div>")
  }
}

extension Column.Value {
  /// What a column of numbers is sorted by; `nil` for what is no number.
  var sortKey: String? {
    switch self {
    case .number(let number): Reporting.sortKey(number)
    case .integer(let integer): "\(integer)"
    case .null, .text, .integers, .numbers: nil
    }
  }
}
