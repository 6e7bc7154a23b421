import Analysis
import ModelReading
import Reporting
import StrictJSON

/// Puts a model together from its parts: what one worker that had all of it would have said.
enum PartAssembly {
  /// A part: as `models` of `heavytail.analysis/1`, and for each of its rows whether α is credible.
  typealias Part = (model: JSON, credible: JSON)

  /// - Parameter parts: all there are, in order.
  static func model(_ parts: [Part], _ settings: AnalysisSettings) throws(ReadError) -> JSON {
    let layers = layers(of: parts)
    let rows = layers.map { layer in
      SummaryRow(isAlphaCredible: layer.isAlphaCredible) { layer.json[$0]?.columnValue ?? .null }
    }
    let first = parts[0].model
    let summary = ModelSummary(rows, parameterCount: first["summary"]?["parameters"]?.int ?? 0)
    let findings = ModelFindings(
      rows, summary, ties: first["findings"]?.elements.compactMap { $0["text"]?.string } ?? [],
      areWeights: settings.options.source == .weights)
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      for (key, value) in first.members {
        switch key.description {
        case "summary":
          writer.key("summary")
          writer.write(summary)
        case "findings": writer.writeFindings(findings.all)
        case "layers":
          writer.key("layers")
          writer.array { for layer in layers { $0.copy(layer.json) } }
        default:
          writer.key(key.description)
          writer.copy(value)
        }
      }
    }
    return try JSON.parse(ByteSource(owned: Array(writer.text.utf8), label: "parts"), limits: Limits())
  }

  /// The rows of all parts in the order of the model's layers; those of one layer are of one part, and in order there.
  private static func layers(of parts: [Part]) -> [(json: JSON, isAlphaCredible: Bool)] {
    let rows = parts.flatMap { part in
      zip(part.model["layers"]?.elements ?? [], part.credible.elements).map { ($0, $1.bool ?? false) }
    }
    return rows.enumerated().map { (place: ($1.0["layer_id"]?.int ?? 0, $0), row: $1) }
      .sorted { $0.place < $1.place }.map(\.row)
  }
}

extension JSON {
  /// As a column of the report has it.
  fileprivate var columnValue: Column.Value {
    switch kind {
    case .number: int.map(Column.Value.integer) ?? double.map(Column.Value.number) ?? .null
    case .string: string.map(Column.Value.text) ?? .null
    case .array: .integers(elements.compactMap(\.int))
    case .null, .bool, .object: .null
    }
  }
}
