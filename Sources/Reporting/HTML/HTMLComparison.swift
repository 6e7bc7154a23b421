public import Analysis
public import Figures
import ModelReading
import SpectralCore

extension ComparisonReport {
  /// The comparisons as one HTML page that needs nothing else.
  public var html: String {
    let name = comparisons.first?.first.fileName ?? "nothing"
    return HTMLPage.document(
      title: "\(name) compared", about: "what random matrix theory says about two models", settings: settings,
      version: version, errors: errors
    ) { page in
      for (index, comparison) in comparisons.enumerated() { HTMLComparison(comparison, index).add(to: &page) }
    }
  }
}

/// The part of the page that is about one model beside the first one.
private struct HTMLComparison {
  private let comparison: ModelComparison
  /// Its position in the report, which makes anchors unique.
  private let index: Int
  private let names: (first: String, second: String)

  init(_ comparison: ModelComparison, _ index: Int) {
    self.comparison = comparison
    self.index = index
    names = comparison.names
  }

  func add(to page: inout HTMLPage) {
    page.add("<section id=\"m\(index)\"><h1>\(escaped(names.first)) → \(escaped(names.second))</h1>")
    addCard(to: &page)
    addFindings(to: &page)
    addFigure(to: &page)
    addTable(to: &page)
    page.add("</section>")
  }

  private func addCard(to page: inout HTMLPage) {
    let (first, second) = (comparison.first, comparison.second)
    let formats = [first.graph.format, second.graph.format]
    page.add("<div class=\"card\"><p class=\"n path\">\(escaped(first.path)) → \(escaped(second.path))</p>")
    var facts: [(label: String, value: String)] = [
      ("formats", formats[0] == formats[1] ? formats[0] : formats.joined(separator: " → ")),
      ("weights compared", grouped(comparison.layers.count)), ("unmatched", grouped(comparison.unmatched.count)),
    ]
    facts += LayerComparison.Verdict.allCases.map { ($0.rawValue, grouped(comparison.count($0))) }
    facts.append(("changes of phase", grouped(comparison.layers.count { $0.changesPhase == true })))
    if let mean = comparison.meanAlphaChange { facts.append(("mean change of α", signed(mean, 3))) }
    page.addFacts(facts)
    page.add("</div>")
  }

  // MARK: Findings

  private func addFindings(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Findings</h2><ul class=\"findings\">")
    if comparison.isIdentical { page.add("<li>Both hold the same weights, bit for bit.</li>") }
    let sentences: [(LayerComparison.Verdict, String)] = [
      (.identical, "the same, bit for bit"), (.same, "α is the same within its errors"),
      (.better, "better: α has come nearer to 2 by more than its errors"),
      (.worse, "worse: α has gone further away from 2 by more than its errors"),
    ]
    for (verdict, text) in sentences where !comparison.isIdentical {
      add(text, comparison.layers.indices.filter { comparison.layers[$0].verdict == verdict }, to: &page)
    }
    for (change, rows) in phaseChanges { add("phase \(change)", rows, to: &page) }
    page.add("</ul>")
    for (heading, rows) in [("Only in \(names.first)", lost), ("Only in \(names.second)", found)] where !rows.isEmpty {
      page.add("<h3>\(escaped(heading))</h3><ul class=\"findings\">")
      for (text, rows) in rows { add(text, rows, to: &page) }
      page.add("</ul>")
    }
    for weight in comparison.unmatched.prefix(HTMLComparison.mostUnmatched) {
      let name = weight.side == .first ? names.first : names.second
      page.add("<p><b>\(escaped(weight.name))</b> of \(escaped(name)) is unmatched: \(escaped(weight.reason))</p>")
    }
    let more = comparison.unmatched.count - HTMLComparison.mostUnmatched
    if more > 0 { page.add("<p class=\"n\">and \(more) more, in <code>--format json</code></p>") }
    page.add("\(HTMLTerms.line(["verdict", "alpha", "phase", "finding", "HT-SR"]))</div>")
  }

  private static let mostUnmatched = 50
  /// So many layers are listed at once.
  private static let openCount = 12

  private func add(_ text: String, _ rows: [Int], to page: inout HTMLPage) {
    guard !rows.isEmpty else { return }
    let links = rows.map { "<a href=\"#m\(index)-\($0)\">\(escaped(comparison.layers[$0].first.name))</a>" }
      .joined(separator: ", ")
    guard rows.count > HTMLComparison.openCount else { return page.add("<li>\(escaped(text)): \(links)</li>") }
    page.add(
      "<li><details><summary>\(escaped(text)): <b>\(rows.count) layers</b></summary><p>\(links)</p></details></li>")
  }

  /// "RANDOM-LIKE → BULK-DECAY", and the layers that it happened to.
  private var phaseChanges: [(String, [Int])] {
    groups(
      of: comparison.layers.indices.compactMap { row in
        let layer = comparison.layers[row]
        guard layer.changesPhase == true, let before = layer.first.phase, let after = layer.second.phase else {
          return nil
        }
        return ("\(before) → \(after)", row)
      })
  }

  /// What is said of a layer of the first model and not of the second, and the other way round.
  private var lost: [(String, [Int])] { groups(of: differences { ($0.first, $0.second) }) }
  private var found: [(String, [Int])] { groups(of: differences { ($0.second, $0.first) }) }

  private func differences(_ pair: (LayerComparison) -> (LayerRecord, LayerRecord)) -> [(String, Int)] {
    comparison.layers.enumerated().flatMap { row, layer in
      let (record, other) = pair(layer)
      let known = Set(other.findings.map(\.text))
      return record.findings.map(\.text).filter { !known.contains($0) }.map { ($0, row) }
    }
  }

  private func groups(of items: [(String, Int)]) -> [(String, [Int])] {
    var groups: [(String, [Int])] = []
    for (text, row) in items {
      if let place = groups.firstIndex(where: { $0.0 == text }) {
        groups[place].1.append(row)
      } else {
        groups.append((text, [row]))
      }
    }
    return groups
  }

  // MARK: Figure and table

  private func addFigure(to page: inout HTMLPage) {
    guard let figure = comparison.figure else { return }
    page.add("<div class=\"card\"><h2>α against α</h2><div class=\"figures\">")
    page.addFigure(figure)
    page.add("</div>\(HTMLTerms.line(["alpha", "credible", "phase"]))</div>")
  }

  private func addTable(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Layers</h2>")
    page.add("<p class=\"n\">′ is \(escaped(names.second)).</p>")
    let phases = Phase.allCases.map(\.rawValue).filter { phase in
      comparison.layers.contains { $0.first.phase == phase || $0.second.phase == phase }
    }
    page.addFilter(phases: phases, count: comparison.layers.count)
    page.add("<div class=\"scroll\"><table class=\"layers\"><thead><tr>")
    for (term, title, isNumeric) in HTMLComparison.headings {
      page.add(HTMLPage.heading(term, title, isNumeric: isNumeric))
    }
    page.add("</tr></thead><tbody>")
    for (row, layer) in comparison.layers.enumerated() { page.add(self.row(layer, row)) }
    page.add("</tbody></table></div></div>")
  }

  private static let headings: [(term: String, title: String, isNumeric: Bool)] = [
    ("name", "layer", false), ("shape", "shape", false), ("relative_distance", "‖ΔW‖/‖W‖", true), ("alpha", "α", true),
    ("alpha", "α′", true), ("alpha_change", "change", true), ("alpha_change", "±", true),
    ("stable_rank", "stable rank", true), ("stable_rank", "stable rank′", true), ("phase", "phase", false),
    ("phase", "phase′", false), ("verdict", "verdict", false), ("reason", "note", false),
  ]

  private func row(_ layer: LayerComparison, _ row: Int) -> String {
    let (first, second) = (layer.first, layer.second)
    let numbers: [(Double?, Int)] = [
      (layer.relativeDistance, 4), (first.alpha, 2), (second.alpha, 2), (layer.alphaChange, 2),
      (layer.alphaChangeError, 2), (first.stableRank, 1), (second.stableRank, 1),
    ]
    var text = "<tr id=\"m\(index)-\(row)\"><th scope=\"row\">\(escaped(first.name))</th>"
    text += "<td>\(escaped(shapeText(first.shape)))</td>"
    for (position, (number, digits)) in numbers.enumerated() {
      guard let number else {
        text += "<td></td>"
        continue
      }
      text += "<td data-v=\"\(sortKey(number))\">\(position == 3 ? signed(number, digits) : fixed(number, digits))</td>"
    }
    text += "<td>\(phaseMark(first.phase))</td><td>\(phaseMark(second.phase))</td>"
    text += "<td>\(escaped(layer.verdict?.rawValue ?? ""))</td><td class=\"n\">\(escaped(layer.note))</td></tr>"
    return text
  }

  private func signed(_ number: Double, _ digits: Int) -> String { (number > 0 ? "+" : "") + fixed(number, digits) }
}

extension ModelComparison {
  /// What the two models are called; files of one name with their folders.
  var names: (first: String, second: String) {
    guard first.fileName == second.fileName else { return (first.fileName, second.fileName) }
    return (first.path, second.path)
  }

  /// The exponents against each other; `nil` if no layer has both.
  public var figure: Figure? {
    let changes = layers.compactMap { layer -> AlphaChange? in
      guard let before = layer.first.alpha, let after = layer.second.alpha else { return nil }
      return AlphaChange(
        name: layer.first.name, first: before, second: after,
        isCredible: layer.first.isAlphaCredible && layer.second.isAlphaCredible,
        firstPhase: layer.first.phase.flatMap(Phase.init), secondPhase: layer.second.phase.flatMap(Phase.init))
    }
    return Figure.alphaChange(changes, first: names.first, second: names.second)
  }
}
