public import Analysis
public import ModelReading
import StrictJSON

/// A training run, for people and for programs.
public struct TraceReport: Sendable {
  /// Name and value of each setting that the numbers depend on.
  public var settings: [(name: String, value: String)]
  public var trace: TrainingTrace
  /// The spectra of its layers, where a page shall show them.
  public var evolution: SpectrumEvolution
  /// Of its figures.
  public var axis: TraceAxis
  /// What could not be read, by the path that was opened.
  public var errors: [(path: String, error: ReadError)]
  /// The tool's version.
  public var version: String

  public init(
    settings: [(name: String, value: String)] = [], trace: TrainingTrace,
    evolution: SpectrumEvolution = SpectrumEvolution(), axis: TraceAxis = TraceAxis(),
    errors: [(path: String, error: ReadError)] = [], version: String = heavyTailVersion
  ) {
    self.settings = settings
    self.trace = trace
    self.evolution = evolution
    self.axis = axis
    self.errors = errors
    self.version = version
  }

  // MARK: Table

  /// Titles and digits where the name of the column and four digits would not do.
  static let styles: [String: (title: String, digits: Int)] = [
    "stable_rank": ("stable rank", 2), "mp_softrank": ("soft rank", 3), "alpha": ("alpha", 2), "D": ("D", 3),
    "log_spectral_norm": ("log λmax", 3), "num_spikes": ("spikes", 0), "num_pl_spikes": ("tail", 0),
  ]

  /// A block per layer with a line for each checkpoint, and below it where the phase changes.
  /// - Parameters:
  ///   - width: columns of the terminal, or `nil` for no limit.
  ///   - isColored: whether phases have the colours of a terminal.
  public func table(width: Int?, isColored: Bool = false) -> String {
    trace.layers.map { block($0, width, isColored).joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private func block(_ layer: TrainingTrace.Series, _ width: Int?, _ isColored: Bool) -> [String] {
    let title = "\(printable(layer.name))  (\(layer.kind), \(shapeText(layer.shape)))"
    let hasNotes = layer.cells.contains { TraceReport.note($0) != "" }
    let headings =
      [TextTable.Heading(title: "checkpoint", isNumeric: false, isFlexible: true)]
      + trace.columns.enumerated().map { index, column in heading(of: column, index, layer) }
      + (hasNotes ? [.init(title: "note", isNumeric: false, isFlexible: true, keepsStart: true)] : [])
    let rows = zip(trace.checkpoints, layer.cells).map { checkpoint, cell in
      [checkpoint.file.name.label]
        + trace.columns.indices.map { TraceReport.text(cell?.values[$0] ?? .null, of: trace.columns[$0]) }
        + (hasNotes ? [TraceReport.note(cell)] : [])
    }
    var table = TextTable(headings: headings, rows: rows)
    if isColored { table.color = TerminalColor.init(phaseIn:) }
    let transitions = layer.transitions.flatMap { wrapped(sentence(layer, $0), width: width, indent: 2) }
    return wrapped(title, width: width, indent: 2) + table.lines(width: width) + transitions
  }

  /// Columns on the right go first where the terminal is narrow, the phase last.
  private func heading(of column: Column, _ index: Int, _ layer: TrainingTrace.Series) -> TextTable.Heading {
    let isText = layer.cells.contains { cell in
      if case .text = cell?.values[index] { true } else { false }
    }
    return TextTable.Heading(
      title: TraceReport.styles[column.name]?.title ?? column.name, isNumeric: !isText,
      expendability: column.name == "phase" ? 1 : index + 2)
  }

  static func text(_ value: Column.Value, of column: Column) -> String {
    value.text(digits: styles[column.name]?.digits ?? 4)
  }

  static func note(_ cell: TrainingTrace.Cell?) -> String {
    guard let cell else { return "absent" }
    return ((cell.status == .ok ? [] : [cell.status.rawValue]) + [cell.reason].compactMap { $0 }).joined(
      separator: ", ")
  }

  func sentence(_ layer: TrainingTrace.Series, _ transition: TrainingTrace.Transition) -> String {
    let before = trace.checkpoints[transition.before].file.name.label
    var after = trace.checkpoints[transition.after].file.name.label[...]
    // "between epoch 1 and 2".
    if let space = after.lastIndex(of: " "), let other = before.lastIndex(of: " "), after[..<space] == before[..<other]
    {
      after = after[after.index(after: space)...]
    }
    return "\(printable(layer.name)): \(transition.from) → \(transition.to) between \(printable(before)) and "
      + printable(String(after))
  }

  // MARK: JSON

  /// Schema `heavytail.trace/1`.
  public var json: String {
    var writer = JSONWriter(indented: true)
    writer.object { writer in
      writer.member("schema", "heavytail.trace/1")
      writer.writeTool(version: version)
      writer.key("settings")
      writer.object { for setting in settings { $0.member(setting.name, setting.value) } }
      writer.member("columns", trace.columns.map(\.name))
      writer.key("checkpoints")
      writer.array { for checkpoint in trace.checkpoints { $0.write(checkpoint) } }
      writer.key("layers")
      writer.array { for layer in trace.layers { $0.write(layer, trace.columns) } }
      writer.key("errors")
      writer.array { for error in errors { $0.write(error) } }
    }
    return writer.text + "\n"
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ checkpoint: TrainingTrace.Checkpoint) {
    object { writer in
      writer.member("checkpoint", checkpoint.file.name.label)
      writer.member("step", checkpoint.file.name.step)
      writer.member("path", checkpoint.file.path)
      writer.member("format", checkpoint.format)
      writer.member("byte_count", checkpoint.file.stamp.byteCount)
      writer.member("modified_ns", checkpoint.file.stamp.modified)
    }
  }

  fileprivate mutating func write(_ layer: TrainingTrace.Series, _ columns: [Column]) {
    object { writer in
      writer.member("name", layer.name)
      writer.member("kind", layer.kind)
      writer.member("shape", layer.shape)
      writer.member("status", layer.cells.map { $0?.status.rawValue ?? "absent" })
      writer.key("reason")
      writer.array { for cell in layer.cells { $0.value(cell?.reason) } }
      writer.key("values")
      writer.object { writer in
        for (index, column) in columns.enumerated() {
          writer.key(column.name)
          writer.array { for cell in layer.cells { $0.write(cell?.values[index] ?? .null) } }
        }
      }
      writer.key("transitions")
      writer.array { writer in
        for transition in layer.transitions {
          writer.object { writer in
            writer.member("from", transition.from)
            writer.member("to", transition.to)
            writer.member("before", transition.before)
            writer.member("after", transition.after)
          }
        }
      }
    }
  }
}
