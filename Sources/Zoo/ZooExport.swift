import Analysis
import Reporting
import StrictJSON

/// Rows of a zoo for other programs: one per layer and one per model that has none, or one per model.
public enum ZooExport: String, CaseIterable, Sendable {
  case csv, jsonl

  private static let common = ["path", "model", "series", "content", "format"]

  /// Calls `write` with whole lines, the header of CSV first.
  public func write(_ run: ZooRun, of reader: ZooReader, to write: (String) throws -> Void) throws(ZooError) {
    let columns = LayerColumn.columns(for: run.settings.options.studies)
    try ZooError.catching("export") {
      if self == .csv { try write((ZooExport.common + columns.map(\.name)).joined(separator: ",") + "\n") }
    }
    try reader.forEachLayer(of: run, columns) { model, values in
      let values = values ?? columns.map { ZooExport.failure(of: model, $0.name) }
      try write(line(model, columns, values) + "\n")
    }
  }

  /// A row for each model, without its layers.
  public func text(_ models: [ZooModel]) -> String {
    let header = self == .csv ? ZooExport.members(of: nil).map(\.name).joined(separator: ",") + "\n" : ""
    return models.reduce(into: header) { $0 += line(ZooExport.members(of: $1)) + "\n" }
  }

  /// - Parameter model: `nil` where only the names matter.
  private static func members(of model: ZooModel?) -> [(name: String, value: Column.Value)] {
    func text(_ text: String?) -> Column.Value { text.map(Column.Value.text) ?? .null }
    func count(_ count: Int?) -> Column.Value { count.map(Column.Value.integer) ?? .null }
    let texts = [model?.path, model?.name, model?.series, model?.content, model?.format]
    return zip(common, texts).map { ($0, text($1)) } + [
      ("parameters", count(model?.parameters)), ("analyzed", count(model?.analyzed)),
      ("fitted", count(model?.fitted)), ("credible", count(model?.credible)),
    ] + ModelSummary.meanNames.map { ($0, model?.means[$0].map(Column.Value.number) ?? .null) } + [
      ("status", text(model?.status)), ("reason", text(model?.error)),
    ]
  }

  private func line(_ members: [(name: String, value: Column.Value)]) -> String {
    guard self == .jsonl else { return members.map { csvField($0.value) }.joined(separator: ",") }
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      for member in members {
        writer.key(member.name)
        writer.write(member.value)
      }
    }
    return writer.text
  }

  private static func failure(of model: ZooModel, _ column: String) -> LayerColumn.Value {
    switch column {
    case "status": .text(model.status)
    case "reason": model.error.map(LayerColumn.Value.text) ?? .null
    default: .null
    }
  }

  private func line(_ model: ZooModel, _ columns: [LayerColumn], _ values: [LayerColumn.Value]) -> String {
    let common = [model.path, model.name, model.series, model.content, model.format]
    switch self {
    case .csv: return (common.map { quoted($0 ?? "") } + values.map(csvField)).joined(separator: ",")
    case .jsonl:
      var writer = JSONWriter(indented: false)
      writer.object { writer in
        for (name, value) in zip(ZooExport.common, common) { writer.member(name, value) }
        for (column, value) in zip(columns, values) {
          writer.key(column.name)
          writer.write(value)
        }
      }
      return writer.text
    }
  }
}
