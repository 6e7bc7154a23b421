public import Analysis
public import ModelReading
import StrictJSON

/// Models compared with a first one, layer by layer, for people and for programs.
public struct ComparisonReport: Sendable {
  public var comparisons: [ModelComparison]
  /// Name and value of each setting that the numbers depend on.
  public var settings: [(name: String, value: String)]
  /// What could not be read, by the path that was opened.
  public var errors: [(path: String, error: ReadError)]
  /// The tool's version.
  public var version: String

  public init(
    _ comparisons: [ModelComparison], settings: [(name: String, value: String)] = [],
    errors: [(path: String, error: ReadError)] = [], version: String = heavyTailVersion
  ) {
    self.comparisons = comparisons
    self.settings = settings
    self.errors = errors
    self.version = version
  }

  /// What of a row is printed for both models.
  private static let columns = [
    "alpha", "D", "sigma", "num_pl_spikes", "alpha_weighted", "log_spectral_norm", "stable_rank", "entropy",
    "mp_softrank", "num_spikes", "phase",
  ].map { name in Column.all.first { $0.name == name }! }

  /// One table per model that is compared with the first.
  /// - Parameters:
  ///   - width: columns of the terminal, or `nil` for no limit.
  ///   - isColored: whether phases have the colours of a terminal.
  public func table(width: Int?, isColored: Bool = false) -> String {
    comparisons.map { $0.table(width: width, isColored: isColored) }.joined(separator: "\n")
  }

  /// One row per layer of the first model and model that it is compared with, weights without a partner last.
  public var csv: String {
    var header = ["first", "second", "layer_id", "name", "second_name", "kind", "shape", "status", "reason"]
    header += ["identical", "relative_distance", "alpha_change", "alpha_change_error", "verdict"]
    header += ComparisonReport.columns.flatMap { ["first_" + $0.name, "second_" + $0.name] }
    var text = header.joined(separator: ",") + "\n"
    for comparison in comparisons {
      let paths = [comparison.first.path, comparison.second.path].map(quoted)
      for layer in comparison.layers {
        text += (paths + ComparisonReport.fields(layer)).joined(separator: ",") + "\n"
      }
      for weight in comparison.unmatched {
        let names = weight.side == .first ? ["", quoted(weight.name), ""] : ["", "", quoted(weight.name)]
        let fields = paths + names + ["", "", "unmatched", quoted(weight.reason)]
        text += (fields + [String](repeating: "", count: header.count - fields.count)).joined(separator: ",") + "\n"
      }
    }
    return text
  }

  private static func fields(_ layer: LayerComparison) -> [String] {
    let (first, second) = (layer.first, layer.second)
    let shape = first.shape.map(String.init).joined(separator: "x")
    var fields = ["\(first.layerID)", quoted(first.name), quoted(second.name), first.kind, shape]
    fields += ["matched", quoted(layer.reason ?? ""), layer.isIdentical.map { "\($0)" } ?? ""]
    fields += [layer.relativeDistance, layer.alphaChange, layer.alphaChangeError].map { $0.map { "\($0)" } ?? "" }
    fields.append(layer.verdict?.rawValue ?? "")
    return fields + columns.flatMap { [csvField($0.value(first)), csvField($0.value(second))] }
  }

  /// Schema `heavytail.comparison/1`.
  public var json: String {
    var writer = JSONWriter(indented: true)
    writer.object { writer in
      writer.member("schema", "heavytail.comparison/1")
      writer.writeTool(version: version)
      writer.key("settings")
      writer.object { writer in
        for setting in settings { writer.member(setting.name, setting.value) }
      }
      writer.key("comparisons")
      writer.array { writer in
        for comparison in comparisons { writer.object { ComparisonReport.write(comparison, to: &$0) } }
      }
      writer.key("errors")
      writer.array { for error in errors { $0.write(error) } }
    }
    return writer.text + "\n"
  }

  private static func write(_ comparison: ModelComparison, to writer: inout JSONWriter) {
    for (name, model) in [("first", comparison.first), ("second", comparison.second)] {
      writer.key(name)
      writer.object { writer in
        writer.member("path", model.path)
        writer.member("format", model.graph.format)
      }
    }
    writer.member("identical", comparison.isIdentical)
    writer.key("summary")
    writer.object { writer in
      writer.member("layers", comparison.layers.count)
      for verdict in LayerComparison.Verdict.allCases { writer.member(verdict.rawValue, comparison.count(verdict)) }
      writer.member("phase_changes", comparison.layers.count { $0.changesPhase == true })
      writer.member("mean_alpha_change", comparison.meanAlphaChange)
    }
    writer.key("layers")
    writer.array { writer in
      for layer in comparison.layers { writer.object { write(layer, to: &$0) } }
    }
    writer.writeUnmatched(comparison.unmatched)
  }

  private static func write(_ layer: LayerComparison, to writer: inout JSONWriter) {
    writer.member("layer_id", layer.first.layerID)
    writer.member("name", layer.first.name)
    writer.member("second_name", layer.second.name)
    writer.member("kind", layer.first.kind)
    writer.member("shape", layer.first.shape)
    writer.key("identical")
    if let isIdentical = layer.isIdentical { writer.value(isIdentical) } else { writer.null() }
    writer.member("relative_distance", layer.relativeDistance)
    writer.member("alpha_change", layer.alphaChange)
    writer.member("alpha_change_error", layer.alphaChangeError)
    writer.member("verdict", layer.verdict?.rawValue)
    for (name, record) in [("first", layer.first), ("second", layer.second)] {
      writer.key(name)
      writer.object { writer in
        writer.write(columns, of: record)
        writer.member("status", record.status.rawValue)
        writer.member("reason", record.reason)
      }
    }
    writer.member("reason", layer.reason)
  }
}

extension ModelComparison {
  fileprivate func table(width: Int?, isColored: Bool) -> String {
    var table = TextTable(headings: ModelComparison.headings, rows: layers.map(ModelComparison.cells))
    if isColored { table.color = TerminalColor.init(phaseIn:) }
    var lines = wrapped("\(printable(first.path))  →  \(printable(second.path))", width: width, indent: 2)
    lines += table.lines(width: width)
    lines += unmatched.flatMap { weight in
      let path = weight.side == .first ? first.path : second.path
      return wrapped(
        "  unmatched: \(printable(weight.name)) of \(printable(path)) \(weight.reason)", width: width, indent: 4)
    }
    lines += wrapped(summary, width: width, indent: 2)
    return lines.joined(separator: "\n") + "\n"
  }

  private static let headings: [TextTable.Heading] = [
    .init(title: "layer", isNumeric: false, isFlexible: true),
    .init(title: "shape", isNumeric: false, expendability: 4),
    .init(title: "‖ΔW‖/‖W‖", isNumeric: true, expendability: 1),
    .init(title: "alpha", isNumeric: true), .init(title: "alpha'", isNumeric: true),
    .init(title: "change", isNumeric: true), .init(title: "±", isNumeric: true),
    .init(title: "stable rank", isNumeric: true, expendability: 3),
    .init(title: "stable rank'", isNumeric: true, expendability: 3),
    .init(title: "phase", isNumeric: false), .init(title: "verdict", isNumeric: false),
    .init(title: "note", isNumeric: false, isFlexible: true, keepsStart: true, expendability: 2),
  ]

  private static func cells(_ layer: LayerComparison) -> [String] {
    let (first, second) = (layer.first, layer.second)
    return [
      first.name, shapeText(first.shape), fixed(layer.relativeDistance, 4), fixed(first.alpha, 2),
      fixed(second.alpha, 2), signed(layer.alphaChange), fixed(layer.alphaChangeError, 2), fixed(first.stableRank, 1),
      fixed(second.stableRank, 1), phases(layer), layer.verdict?.rawValue ?? "", layer.note,
    ]
  }

  private static func signed(_ change: Double?) -> String {
    let text = fixed(change, 2)
    return (change ?? 0) > 0 ? "+" + text : text
  }

  private static func phases(_ layer: LayerComparison) -> String {
    let phases = [layer.first.phase, layer.second.phase].compactMap { $0 }
    return layer.changesPhase == false ? phases[0] : phases.joined(separator: " → ")
  }

  private var summary: String {
    var parts = ["\(layers.count) weights compared", "\(unmatched.count) unmatched"]
    parts += LayerComparison.Verdict.allCases.compactMap { count($0) > 0 ? "\(count($0)) \($0.rawValue)" : nil }
    let phases = layers.count { $0.changesPhase == true }
    if phases > 0 { parts.append("\(phases) change\(phases == 1 ? "s" : "") phase") }
    if let mean = meanAlphaChange, !isIdentical { parts.append("mean change of alpha \(fixed(mean, 3))") }
    if isIdentical { parts.append("the same weights, bit for bit") }
    return parts.joined(separator: " · ")
  }
}

extension LayerComparison {
  /// What else there is to say: another name, why something is missing.
  var note: String {
    let other = second.name == first.name ? nil : "is \(second.name)"
    let states = [first, second].compactMap { $0.status == .ok ? nil : $0.reason }
    return ([other, reason].compactMap { $0 } + states).joined(separator: ", ")
  }
}
