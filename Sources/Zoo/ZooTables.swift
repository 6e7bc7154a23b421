import Analysis
import ModelReading
import Reporting

// A zoo in tables for people.

extension [ZooModel] {
  /// One line per model.
  /// - Parameter width: columns of the terminal, or `nil` for no limit.
  public func table(width: Int?) -> String {
    let headings: [TextTable.Heading] = [
      .init(title: "model", isNumeric: false, isFlexible: true),
      .init(title: "format", isNumeric: false, expendability: 4),
      .init(title: "parameters", isNumeric: true, expendability: 3), .init(title: "layers", isNumeric: true),
      .init(title: "credible", isNumeric: true, expendability: 5), .init(title: "alpha", isNumeric: true),
      .init(title: "alphâ", isNumeric: true, expendability: 2),
      .init(title: "log‖W‖²", isNumeric: true, expendability: 2),
      .init(title: "path", isNumeric: false, isFlexible: true, expendability: 6),
      .init(title: "status", isNumeric: false),
      .init(title: "why", isNumeric: false, isFlexible: true, keepsStart: true),
    ]
    let rows = map { model in
      [
        model.name, model.format ?? "", model.parameters.map(grouped) ?? "", model.analyzed.map(String.init) ?? "",
        model.credible.map(String.init) ?? "", fixed(model.means["mean_alpha"], 3),
        fixed(model.means["mean_alpha_weighted"], 3), fixed(model.means["mean_log_norm"], 3), model.path, model.status,
        model.error ?? "",
      ]
    }
    return TextTable(headings: headings, rows: rows).lines(width: width).joined(separator: "\n") + "\n"
  }
}

/// Models in the order of a quantity.
public struct ZooRankingTable {
  public var metric: ZooMetric
  public var ranking: [(model: ZooModel, value: Double)]

  public init(_ metric: ZooMetric, _ ranking: [(model: ZooModel, value: Double)]) {
    self.metric = metric
    self.ranking = ranking
  }

  public func table(width: Int?) -> String {
    let headings: [TextTable.Heading] = [
      .init(title: "rank", isNumeric: true), .init(title: metric.name, isNumeric: true),
      .init(title: "model", isNumeric: false, isFlexible: true), .init(title: "series", isNumeric: false),
      .init(title: "path", isNumeric: false, isFlexible: true, expendability: 1),
    ]
    let rows = ranking.enumerated().map { index, row in
      ["\(index + 1)", fixed(row.value, 4), row.model.name, row.model.series, row.model.path]
    }
    return TextTable(headings: headings, rows: rows).lines(width: width).joined(separator: "\n") + "\n"
  }

  /// `rank`, the quantity, `model`, `series`, `path`.
  public var csv: String {
    ranking.enumerated().reduce(into: "rank,\(metric.name),model,series,path\n") { text, row in
      let model = row.element.model
      let fields = [model.name, model.series, model.path].map(quoted)
      text += (["\(row.offset + 1)", "\(row.element.value)"] + fields).joined(separator: ",") + "\n"
    }
  }
}

extension ZooReader {
  /// Everything about one model: its layers, what they say in words, why it failed.
  public func description(of model: ZooModel, width: Int?) throws(ZooError) -> String {
    let columns = ZooReader.shownColumns
    let rows = try layers(of: model, columns).map { values in values.map(cell) }
    let format = model.format.map { "  (\($0))" } ?? ""
    var lines = ["\(printable(model.name))\(format)  \(printable(model.path))"]
    if let error = model.error { lines.append("\(model.status): \(printable(error))") }
    if !rows.isEmpty {
      let headings = columns.map { column in
        TextTable.Heading(
          title: column.name, isNumeric: column.kind == .number || column.kind == .integer,
          isFlexible: column.name == "name" || column.name == "reason", keepsStart: column.name == "reason")
      }
      lines += TextTable(headings: headings, rows: rows).lines(width: width)
    }
    for finding in try findings(of: model) {
      let mark = ["attention": "!", "problem": "✗"][finding.severity] ?? "·"
      lines.append("  \(mark) \(finding.layer.map { printable($0) + ": " } ?? "")\(printable(finding.text))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let shownColumns = columns([
    "name", "kind", "shape", "N", "M", "alpha", "D", "num_pl_spikes", "log_spectral_norm", "num_spikes", "phase",
    "status", "reason",
  ])

  static func columns(_ names: [String]) -> [LayerColumn] {
    names.compactMap { name in ZooSchema.layerColumns.first { $0.name == name } }
  }
}

/// A value for a table.
func cell(_ value: LayerColumn.Value) -> String {
  switch value {
  case .null: ""
  case .integer(let integer): "\(integer)"
  case .number(let number): fixed(number, 3)
  case .text(let text): text
  case .integers(let integers): shapeText(integers)
  case .numbers(let numbers): numbers.map { fixed($0, 2) }.joined(separator: " ")
  }
}
