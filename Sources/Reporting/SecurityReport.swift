public import ModelReading
import StrictJSON

/// Something in a model that a framework's own loader would have executed, or fetched from elsewhere.
public struct SecurityFinding: Sendable, Equatable {
  /// The model it is in.
  public var path: String
  /// The global, layer, operator or file.
  public var subject: String
  /// Present tense, no full stop.
  public var message: String
  /// Whether the model was refused for it.
  public var isRefused: Bool
}

/// What a run found that is not just data. Nothing of it was executed.
public func securityFindings(
  _ models: [(path: String, graph: LayerGraph)], errors: [(path: String, error: ReadError)]
) -> [SecurityFinding] {
  let inside = models.flatMap { model in
    model.graph.diagnostics.filter { $0.code == .unsafeContent }.map {
      SecurityFinding(path: model.path, subject: $0.subject, message: $0.message, isRefused: false)
    }
  }
  let outside = models.flatMap { model in
    model.graph.files.dropFirst().map {
      SecurityFinding(
        path: model.path, subject: $0, message: "is a further file that the model refers to", isRefused: false)
    }
  }
  let refused = errors.filter { $0.error.code == .unsafeContent }.map { path, error in
    SecurityFinding(path: path, subject: error.subject ?? error.file, message: error.message, isRefused: true)
  }
  return inside + outside + refused
}

/// The findings for people: one line each, or a sentence that there are none.
/// - Parameter width: columns of the terminal, or `nil` for no limit.
public func securityTable(_ findings: [SecurityFinding], modelCount: Int, width: Int?) -> String {
  guard !findings.isEmpty else {
    return "\(modelCount) model\(modelCount == 1 ? "" : "s"): nothing that a loader would have executed or fetched\n"
  }
  let table = TextTable(
    headings: [
      .init(title: "model", isNumeric: false, isFlexible: true),
      .init(title: "what", isNumeric: false, isFlexible: true),
      .init(title: "finding", isNumeric: false, isFlexible: true), .init(title: "refused", isNumeric: false),
    ],
    rows: findings.map { [$0.path, $0.subject, $0.message, $0.isRefused ? "yes" : "no"] })
  return table.lines(width: width).joined(separator: "\n") + "\n"
}

/// The findings as one JSON document, schema `heavytail.security/1`.
public func securityJSON(
  _ findings: [SecurityFinding], models: [String], errors: [(path: String, error: ReadError)] = [],
  version: String = heavyTailVersion
) -> String {
  var writer = JSONWriter(indented: true)
  writer.object { writer in
    writer.member("schema", "heavytail.security/1")
    writer.writeTool(version: version)
    writer.member("models", models)
    writer.key("findings")
    writer.array { for finding in findings { $0.write(finding) } }
    writer.key("errors")
    writer.array { for error in errors { $0.write(error) } }
  }
  return writer.text + "\n"
}

extension JSONWriter {
  fileprivate mutating func write(_ finding: SecurityFinding) {
    object { writer in
      writer.member("path", finding.path)
      writer.member("subject", finding.subject)
      writer.member("message", finding.message)
      writer.member("refused", finding.isRefused)
    }
  }
}
