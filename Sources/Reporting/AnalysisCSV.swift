package import Analysis
import ModelReading

extension AnalysisResults {
  /// One row per layer, `path` and `format` first; an absent value is an empty field.
  ///
  /// RFC 4180 with line feeds; loads in pandas without options.
  public var csv: String {
    let columns = columns
    // Bytes: appending to them is faster than to a string.
    var text = Array(((["path", "format"] + columns.map(\.name)).joined(separator: ",") + "\n").utf8)
    for model in models {
      let identity = quoted(model.path) + "," + quoted(model.graph.format)
      for record in model.layers {
        text += identity.utf8
        for column in columns {
          text.append(UInt8(ascii: ","))
          text += csvField(column.value(record)).utf8
        }
        text.append(UInt8(ascii: "\n"))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The rows by WeightWatcher's definitions, with its names and order of columns.
  ///
  /// A column `model` comes first if there are several models; layers count from 1, as in that tool.
  public var weightWatcherCSV: String {
    let rows = models.flatMap { model in
      model.layers.compactMap { layer in layer.weightWatcher.map { (model.path, layer, $0) } }
    }
    guard let first = rows.first else { return "" }
    let models = self.models.count > 1 ? ["model"] : []
    var text = (models + ["layer_id", "name"] + first.2.columns.map(\.name)).joined(separator: ",") + "\n"
    for (path, layer, record) in rows {
      let identity = (models.isEmpty ? [] : [quoted(path)]) + ["\(layer.layerID + 1)", quoted(record.name)]
      text += (identity + record.columns.map { csvField($0.value) }).joined(separator: ",") + "\n"
    }
    return text
  }
}

/// A value as a CSV field; an absent one is empty.
package func csvField(_ value: Column.Value) -> String {
  switch value {
  case .null: ""
  case .integer(let integer): "\(integer)"
  case .number(let number): "\(number)"
  case .text(let text): quoted(text)
  case .integers(let integers): quoted(integers.map(String.init).joined(separator: "x"))
  case .numbers(let numbers): quoted(numbers.map { "\($0)" }.joined(separator: " "))
  }
}

/// `text` as a CSV field.
package func quoted(_ text: String) -> String {
  // Bytes, not characters: a quote with an accent on it is still a quote to whoever reads this.
  guard text.utf8.contains(where: isSpecial) else { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar == "\"" { result.append(scalar) }
    result.append(scalar)
  }
  return "\"" + String(result) + "\""
}

/// Whether a field that holds it has to be quoted.
private func isSpecial(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"): true
  default: false
  }
}
