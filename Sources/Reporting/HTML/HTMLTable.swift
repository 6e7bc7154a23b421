import Analysis
import Figures
import SpectralCore

/// The table of a model's layers.
struct HTMLTable {
  private let model: ModelReport
  private let index: Int

  init(_ model: ModelReport, _ index: Int) {
    self.model = model
    self.index = index
  }

  private struct Heading {
    /// Of the report; also what the glossary explains.
    var column: String
    var title: String
    /// Digits after the point; `nil` for words.
    var digits: Int?
  }

  private static let headings: [Heading] = [
    Heading(column: "kind", title: "kind"), Heading(column: "N", title: "N", digits: 0),
    Heading(column: "M", title: "M", digits: 0), Heading(column: "Q", title: "Q", digits: 2),
    Heading(column: "alpha", title: "α", digits: 2), Heading(column: "D", title: "D", digits: 3),
    Heading(column: "num_pl_spikes", title: "tail", digits: 0), Heading(column: "xmin", title: "xmin", digits: 3),
    Heading(column: "spectral_norm", title: "λmax", digits: 2),
    Heading(column: "stable_rank", title: "stable rank", digits: 1),
    Heading(column: "entropy", title: "entropy", digits: 3), Heading(column: "num_spikes", title: "spikes", digits: 0),
    Heading(column: "mp_softrank", title: "soft rank", digits: 3),
  ]

  func add(to page: inout HTMLPage) {
    page.add("<div class=\"card\"><h2>Layers</h2>")
    page.add("<form class=\"filter\" data-js hidden><label>Filter <input type=\"search\" autocomplete=\"off\"></label>")
    page.add("<label>Phase <select><option value=\"\">all</option>")
    let phases = Phase.allCases.filter { phase in model.layers.contains { $0.phase == phase.rawValue } }
    for phase in phases { page.add("<option>\(escaped(phase.rawValue))</option>") }
    page.add("</select></label> <output class=\"n\">\(model.layers.count) layers</output></form>")
    page.add("<div class=\"scroll\"><table class=\"layers\"><thead><tr>")
    page.add(heading("name", "layer", isNumeric: false))
    for heading in HTMLTable.headings {
      page.add(self.heading(heading.column, heading.title, isNumeric: heading.digits != nil))
    }
    page.add(heading("phase", "phase", isNumeric: false) + heading("warning", "note", isNumeric: false))
    page.add("</tr></thead><tbody>")
    for (row, record) in model.layers.enumerated() { page.add(self.row(record, row)) }
    page.add("</tbody></table></div></div>")
  }

  /// With JavaScript the words are a button that sorts, and the question mark remains.
  private func heading(_ column: String, _ title: String, isNumeric: Bool) -> String {
    let help = HTMLTerms.link(column, "?").replacingFirst(
      "<a ", "<a class=\"help\" aria-label=\"what \(title) means\" ")
    return
      "<th scope=\"col\"\(isNumeric ? " class=\"r\"" : "")><span class=\"sort\">\(escaped(title))</span> \(help)</th>"
  }

  private func row(_ record: LayerRecord, _ row: Int) -> String {
    var text = "<tr><th scope=\"row\"><a href=\"#m\(index)-\(row)\">\(escaped(record.name))</a></th>"
    for heading in HTMLTable.headings { text += cell(record, heading) }
    text += "<td>\(phaseMark(record.phase))</td><td class=\"n\">\(escaped(note(record)))</td></tr>"
    return text
  }

  private func cell(_ record: LayerRecord, _ heading: Heading) -> String {
    switch Column.value(heading.column, of: record) {
    case .number(let number):
      let isDoubtful = heading.column == "alpha" && !record.isAlphaCredible
      return
        "<td\(isDoubtful ? " class=\"n\"" : "") data-v=\"\(sortKey(number))\">\(fixed(number, heading.digits ?? 3))</td>"
    case .integer(let integer): return "<td data-v=\"\(integer)\">\(integer)</td>"
    case .text(let text): return "<td>\(escaped(text))</td>"
    case .null, .integers, .numbers: return "<td></td>"
    }
  }

  /// Seven digits tell what comes first.
  private func sortKey(_ number: Double) -> String {
    let short = Float(number)
    return short.isNormal ? "\(short)" : "\(number)"
  }

  private func note(_ record: LayerRecord) -> String {
    let status = record.status == .ok ? [] : [record.status.rawValue]
    return (status + record.warnings.map(\.label.rawValue)).joined(separator: ", ")
  }
}

/// A phase with its colour before it.
func phaseMark(_ name: String?) -> String {
  guard let name, let phase = Phase(rawValue: name) else { return "" }
  return "<span class=\"phase\"><i class=\"i-\(phase.ink.rawValue)\"></i>\(name)</span>"
}

extension Column {
  /// The value of the column `name`.
  fileprivate static func value(_ name: String, of record: LayerRecord) -> Value {
    byName[name]?.value(record) ?? .null
  }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension String {
  fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
    hasPrefix(old) ? new + dropFirst(old.count) : self
  }
}
