package import Analysis
public import ModelReading
package import StrictJSON

extension AnalysisResults {
  /// The whole run as one JSON document, schema `heavytail.analysis/1`.
  public var json: String {
    var writer = JSONWriter(indented: true)
    writer.object { writer in
      writer.member("schema", "heavytail.analysis/1")
      writer.writeTool(version: version)
      writer.key("settings")
      writer.object { writer in
        for setting in settings {
          writer.member(setting.name, setting.value)
        }
      }
      writer.key("models")
      writer.array { for model in models { $0.write(model, columns) } }
      writer.key("errors")
      writer.array { for error in errors { $0.write(error) } }
    }
    return writer.text + "\n"
  }

  /// One line per row of the report, each with the model's path and format before the columns.
  public var jsonLines: String {
    var text = ""
    for model in models {
      for record in model.layers {
        var writer = JSONWriter(indented: false)
        writer.object { writer in
          writer.member("path", model.path)
          writer.member("format", model.graph.format)
          writer.write(columns, of: record)
          writer.writeFindings(record.findings)
        }
        text += writer.text + "\n"
      }
    }
    return text
  }
}

extension JSONWriter {
  mutating func writeTool(version: String) {
    key("tool")
    object { writer in
      writer.member("name", "heavytail")
      writer.member("version", version)
    }
  }

  /// A member of `models` in schema `heavytail.analysis/1`.
  package mutating func write(_ model: ModelReport, _ columns: [Column]) {
    object { writer in
      writer.writeHeader(of: model.graph, path: model.path)
      writer.key("summary")
      writer.write(model.summary)
      writer.writeFindings(model.findings)
      writer.key("layers")
      writer.array { writer in
        for record in model.layers {
          writer.object { writer in
            writer.write(columns, of: record)
            writer.writeFindings(record.findings)
          }
        }
      }
      writer.writeDiagnostics(of: model.graph)
    }
  }

  package mutating func write(_ summary: ModelSummary) {
    object { writer in
      for member in summary.members {
        writer.key(member.name)
        writer.write(member.value)
      }
    }
  }

  mutating func write(_ columns: [Column], of record: LayerRecord) {
    for column in columns {
      key(column.name)
      write(column.value(record))
    }
  }

  package mutating func write(_ value: Column.Value) {
    switch value {
    case .null: null()
    case .integer(let integer): self.value(integer)
    case .number(let number): self.value(number)
    case .text(let text): self.value(text)
    case .integers(let integers): self.value(integers)
    case .numbers(let numbers): array { for number in numbers { $0.value(number) } }
    }
  }

  package mutating func writeFindings(_ findings: [Finding]) {
    key("findings")
    array { writer in
      for finding in findings {
        writer.object { writer in
          writer.member("level", finding.level.rawValue)
          writer.member("severity", finding.severity.rawValue)
          writer.member("text", finding.text)
          writer.key("evidence")
          writer.object { writer in
            for item in finding.evidence {
              writer.key(item.name)
              writer.write(item.value)
            }
          }
        }
      }
    }
  }

  mutating func writeHeader(of graph: LayerGraph, path: String) {
    member("path", path)
    member("format", graph.format)
    member("variant", graph.variant)
    member("producer", graph.producer)
    member("files", graph.files)
    key("metadata")
    object { writer in
      for fact in graph.metadata {
        writer.member(fact.key, fact.value)
      }
    }
  }

  mutating func writeDiagnostics(of graph: LayerGraph) {
    key("diagnostics")
    array { for diagnostic in graph.diagnostics { $0.write(diagnostic) } }
  }

  /// A member of `errors` in schema `heavytail.analysis/1`.
  package mutating func write(_ failure: (path: String, error: ReadError)) {
    let error = failure.error
    object { writer in
      writer.member("path", failure.path)
      writer.member("file", error.file)
      writer.member("code", error.code.label)
      writer.member("message", error.message)
      writer.member("offset", error.offset)
      writer.member("subject", error.subject)
      writer.member("hint", error.hint)
    }
  }
}

extension ReadError.Code {
  /// The name in reports: `limit_exceeded`, `unsafe_content`, …
  public var label: String {
    rawValue.reduce(into: "") { text, character in
      text += character.isUppercase ? "_" + character.lowercased() : String(character)
    }
  }
}
