import Analysis
import Figures
import ModelReading

/// The part of the page that is about one model.
struct HTMLModel {
  private let model: ModelReport
  /// Its position in the report, which makes anchors unique.
  private let index: Int

  init(_ model: ModelReport, _ index: Int) {
    self.model = model
    self.index = index
  }

  func add(to page: inout HTMLPage) {
    page.add("<section id=\"m\(index)\"><h1>\(escaped(model.fileName))</h1>")
    addCard(to: &page)
    addFindings(to: &page)
    addFigures(to: &page)
    HTMLTable(model, index).add(to: &page)
    HTMLLayers(model, index).add(to: &page)
    page.add("</section>")
  }

  // MARK: Model card

  private func addCard(to page: inout HTMLPage) {
    let summary = model.summary
    func mean(_ name: String) -> String? {
      summary.means.first { $0.name == name }?.value.map { fixed($0, 3) }
    }
    var facts: [(label: String, value: String)] = [
      ("format", "\(model.graph.format), \(model.graph.variant)"), ("producer", model.graph.producer ?? "not recorded"),
      ("layers", grouped(model.graph.layers.count)), ("parameters", grouped(summary.parameterCount)),
      (model.isPerSlice ? "matrices analysed" : "weights analysed", "\(summary.analyzed) of \(model.layers.count)"),
      ("skipped, failed", "\(summary.skipped), \(summary.failed)"),
      ("power laws", "\(summary.fitted), of which \(summary.credible) credible"),
    ]
    facts += [
      ("mean credible α", "alpha_credible"), ("mean α̂ = α·log₁₀ λmax", "alpha_weighted"),
      ("mean log₁₀ ‖W‖²", "log_norm"), ("mean stable rank", "stable_rank"),
    ].compactMap { label, name in mean(name).map { (label: label, value: $0) } }
    page.add("<div class=\"card\"><p class=\"n path\">\(escaped(model.path))</p>")
    page.addFacts(facts)
    addOmissions(to: &page)
    page.add("</div>")
  }

  /// What was skipped or failed, and why; and what of the file is no weight.
  private func addOmissions(to page: inout HTMLPage) {
    let rows = model.layers.filter { $0.status != .ok }.map { row in
      "<b>\(escaped(row.name))</b> \(row.status.rawValue): \(escaped(row.reason ?? "no reason given"))"
    }
    let diagnostics = model.graph.diagnostics.map { diagnostic in
      "<b>\(escaped(diagnostic.subject))</b> \(escaped(diagnostic.message))"
    }
    let notes = rows + diagnostics
    guard !notes.isEmpty else { return }
    page.add(
      "<details><summary>\(notes.count) note\(notes.count == 1 ? "" : "s") on what was left out, and why</summary>")
    page.add("<ul class=\"plain\">")
    for note in notes.prefix(HTMLModel.mostNotes) { page.add("<li>\(note)</li>") }
    let more = notes.count - HTMLModel.mostNotes
    if more > 0 { page.add("<li class=\"n\">and \(more) more, in <code>--format json</code></li>") }
    page.add("</ul></details>")
  }

  private static let mostNotes = 200

  // MARK: Findings

  /// The same sentence about several layers.
  private struct Group {
    var finding: Finding
    var layers: [(index: Int, finding: Finding)]
  }

  private func addFindings(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Findings</h2>\(HTMLPage.severities)")
    for level in Finding.Level.allCases {
      let general = model.findings.filter { $0.level == level }
      let groups = groups(level)
      guard !general.isEmpty || !groups.isEmpty else { continue }
      page.add("<h3>\(level.heading)</h3><ul class=\"findings\">")
      for finding in general {
        page.add("<li>\(HTMLPage.mark(finding.severity))\(escaped(finding.text))\(HTMLTerms.evidence(finding))</li>")
      }
      for group in groups { add(group, to: &page) }
      page.add("</ul>")
    }
    page.add("</div>")
  }

  private func groups(_ level: Finding.Level) -> [Group] {
    var groups: [Group] = []
    var places: [String: Int] = [:]
    for (row, layer) in model.layers.enumerated() {
      for finding in layer.findings where finding.level == level {
        let key = "\(finding.severity.rawValue) \(finding.text)"
        if let place = places[key] {
          groups[place].layers.append((row, finding))
        } else {
          places[key] = groups.count
          groups.append(Group(finding: finding, layers: [(row, finding)]))
        }
      }
    }
    let order = Finding.Severity.allCases
    return groups.enumerated().sorted { first, second in
      let (a, b) = (order.firstIndex(of: first.1.finding.severity)!, order.firstIndex(of: second.1.finding.severity)!)
      return (-a, first.0) < (-b, second.0)
    }.map(\.1)
  }

  /// So many layers are listed at once.
  private static let openCount = 6

  private func add(_ group: Group, to page: inout HTMLPage) {
    let text = "\(HTMLPage.mark(group.finding.severity))\(escaped(group.finding.text))"
    guard group.layers.count > HTMLModel.openCount else {
      let layers = group.layers.map { link($0.index) + HTMLTerms.evidence($0.finding) }.joined(separator: "; ")
      return page.add("<li>\(text): \(layers)</li>")
    }
    // With so many the numbers stand in the table and beside each layer's figures.
    let layers = group.layers.map { link($0.index) }.joined(separator: ", ")
    page.add(
      "<li><details><summary>\(text): <b>\(group.layers.count) layers</b></summary><p>\(layers)</p></details></li>")
  }

  private func link(_ row: Int) -> String { "<a href=\"#m\(index)-\(row)\">\(escaped(model.layers[row].name))</a>" }

  // MARK: Figures

  private func addFigures(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>By depth</h2><div class=\"figures\">")
    for kind in FigureKind.allCases where !kind.isOfLayer {
      if let figure = model.figure(kind) { page.addFigure(figure) }
    }
    page.add("</div>\(HTMLTerms.line(FigureKind.allCases.filter { !$0.isOfLayer }))</div>")
  }
}

extension FigureKind {
  /// What the glossary explains of it.
  var terms: [String] {
    switch self {
    case .esd: ["ESD", "power law", "alpha", "D", "xmin", "best_fit"]
    case .esdLinear, .esdFull: ["ESD", "Marchenko–Pastur", "Tracy–Widom", "lambda_plus", "num_spikes"]
    case .scree: ["ESD", "xmin", "lambda_plus", "stable_rank"]
    case .scan: ["xmin", "D", "alpha"]
    case .randomized: ["rand_lambda_max", "num_traps"]
    case .localization: ["spike_ipr", "xmin"]
    case .depth: ["alpha", "credible", "spectral_norm"]
    case .alphas: ["alpha", "credible", "HT-SR"]
    case .phases: ["phase", "HT-SR"]
    }
  }
}

/// Links from words to their explanation.
package enum HTMLTerms {
  /// The anchor of an entry of the glossary.
  static func anchor(_ entry: Glossary.Entry) -> String {
    let letters = entry.terms[0].unicodeScalars.map { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
        ? Character(scalar) : "-"
    }
    return "term-" + String(letters)
  }

  private static let anchors: [String: String] = Dictionary(
    Glossary.entries.flatMap { entry in entry.terms.map { ($0, anchor(entry)) } },
    uniquingKeysWith: { first, _ in first })

  static func isKnown(_ term: String) -> Bool { anchors[term] != nil }

  /// `text`, or the term itself, linked to its entry where there is one.
  package static func link(_ term: String, _ text: String? = nil) -> String {
    guard let anchor = anchors[term] else { return escaped(text ?? term) }
    return "<a href=\"#\(anchor)\">\(escaped(text ?? term))</a>"
  }

  /// What the glossary explains of some figures.
  static func line(_ kinds: [FigureKind]) -> String { line(kinds.flatMap(\.terms)) }

  /// What the glossary explains of some words; those that it does not know are left out.
  package static func line(_ words: [String]) -> String {
    var terms: [String] = []
    for term in words where anchors[term] != nil && !terms.contains(term) { terms.append(term) }
    return "<p class=\"n words\">Explained below: \(terms.map { link($0) }.joined(separator: " · "))</p>"
  }

  /// " (alpha 2.1, D 0.05)", each name linked where that is wanted.
  static func evidence(_ finding: Finding, isLinked: Bool = true) -> String {
    guard !finding.evidence.isEmpty else { return "" }
    let items = finding.evidence.map { item in
      "\(isLinked ? link(item.name) : escaped(item.name)) \(escaped(item.value.shortText))"
    }
    return " <span class=\"n\">(\(items.joined(separator: ", ")))</span>"
  }
}
