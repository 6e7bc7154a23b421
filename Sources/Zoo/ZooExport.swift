import Analysis
import Reporting
import StrictJSON

/// Rows of a zoo for other programs: one per layer, and one per model that failed.
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
