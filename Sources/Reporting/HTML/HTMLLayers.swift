import Analysis
import Figures
import SpectralCore

/// The figures and findings of each layer, closed until somebody asks.
struct HTMLLayers {
  private let model: ModelReport
  private let index: Int

  init(_ model: ModelReport, _ index: Int) {
    self.model = model
    self.index = index
  }

  func add(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Layer by layer</h2>\(HTMLTerms.line(HTMLLayers.kinds))")
    for (row, record) in model.layers.enumerated() { add(record, row, to: &page) }
    page.add("</div>")
  }

  private static let kinds: [FigureKind] = [.esd, .esdLinear, .scree, .scan, .randomized, .localization]

  private func add(_ record: LayerRecord, _ row: Int, to page: inout HTMLPage) {
    page.add(
      "<details class=\"layer\" id=\"m\(index)-\(row)\"><summary><b>\(escaped(record.name))</b> \(headline(record))</summary>"
    )
    page.add("<ul class=\"findings\">")
    for finding in record.findings {
      page.add("<li>\(escaped(finding.text))\(HTMLTerms.evidence(finding, isLinked: false))</li>")
    }
    if let reason = record.reason { page.add("<li>\(escaped(reason))</li>") }
    page.add("</ul>")
    let data = record.spectrumData
    let figures = HTMLLayers.kinds.compactMap { data?.figure($0) }
    if !figures.isEmpty {
      page.add("<div class=\"figures\">")
      for figure in figures { page.addFigure(figure) }
      page.add("</div>")
    }
    page.add("</details>")
  }

  private func headline(_ record: LayerRecord) -> String {
    var parts = ["\(record.kind) \(shapeText(record.shape))"]
    if let alpha = record.alpha {
      parts.append("α \(fixed(alpha, 2))\(record.isAlphaCredible ? "" : ", not credible")")
    }
    let text = parts.map(escaped).joined(separator: " · ")
    return "<span class=\"n\">\(text)</span> \(phaseMark(record.phase))"
  }
}
