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
    let phases = Phase.allCases.map(\.rawValue).filter { phase in model.layers.contains { $0.phase == phase } }
    page.addFilter(phases: phases, count: model.layers.count)
    page.add("<div class=\"scroll\"><table class=\"layers\"><thead><tr>")
    page.add(HTMLPage.heading("name", "layer", isNumeric: false))
    for heading in HTMLTable.headings {
      page.add(HTMLPage.heading(heading.column, heading.title, isNumeric: heading.digits != nil))
    }
    page.add(HTMLPage.heading("phase", "phase", isNumeric: false))
    page.add(HTMLPage.heading("warning", "note", isNumeric: false))
    page.add("</tr></thead><tbody>")
    for (row, record) in model.layers.enumerated() { page.add(self.row(record, row)) }
    page.add("</tbody></table></div></div>")
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

  private func note(_ record: LayerRecord) -> String {
    let status = record.status == .ok ? [] : [record.status.rawValue]
    return (status + record.warnings.map(\.label.rawValue)).joined(separator: ", ")
  }
}

extension Column {
  /// The value of the column `name`.
  fileprivate static func value(_ name: String, of record: LayerRecord) -> Value {
    byName[name]?.value(record) ?? .null
  }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
