public import Analysis
import ModelReading
import StrictJSON

/// A trace in long form: one row per layer and checkpoint, for pandas, and for a file that grows.
///
/// A row of a layer that the checkpoint does not have is empty but for its name and the status `absent`.
public struct TraceRows: Sendable {
  public enum Form: String, Sendable {
    case csv, jsonl
  }

  public let form: Form
  public let columns: [Column]

  /// - Parameter columns: what is shown of a layer beside the columns that every row has.
  public init(_ form: Form, columns: [Column]) {
    self.form = form
    self.columns = columns.filter { !TraceRows.common.contains($0.name) }
  }

  /// The columns of every row: `rows` is how many there are of this checkpoint.
  static let common = [
    "checkpoint", "step", "path", "format", "byte_count", "modified_ns", "rows", "name", "kind", "status", "reason",
  ]

  var names: [String] { TraceRows.common + columns.map(\.name) }

  /// The first line of a file; none in JSON Lines.
  public var header: String { form == .csv ? names.joined(separator: ",") + "\n" : "" }

  /// All rows of a trace, the header before them.
  public func text(_ trace: TrainingTrace) -> String {
    header + trace.checkpoints.indices.map { text(trace, at: $0) }.joined()
  }

  /// The rows of one checkpoint.
  public func text(_ trace: TrainingTrace, at index: Int) -> String {
    trace.layers.map { layer in row(values(of: layer, in: trace, at: index)) }.joined()
  }

  private func values(of layer: TrainingTrace.Series, in trace: TrainingTrace, at index: Int) -> [Column.Value] {
    let checkpoint = trace.checkpoints[index]
    let (file, cell) = (checkpoint.file, layer.cells[index])
    let common: [Column.Value] = [
      .text(file.name.label), file.name.step.map { .integer($0) } ?? .null, .text(file.path), .text(checkpoint.format),
      .integer(file.stamp.byteCount), .integer(file.stamp.modified), .integer(trace.layers.count), .text(layer.name),
      .text(layer.kind), .text(cell?.status.rawValue ?? "absent"), cell?.reason.map { .text($0) } ?? .null,
    ]
    let shown = Set(columns.map(\.name))
    let values = zip(trace.columns, cell?.values ?? trace.columns.map { _ in .null })
    return common + values.filter { shown.contains($0.0.name) }.map(\.1)
  }

  private func row(_ values: [Column.Value]) -> String {
    guard form == .jsonl else { return values.map(csvField).joined(separator: ",") + "\n" }
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      for (name, value) in zip(names, values) {
        writer.key(name)
        writer.write(value)
      }
    }
    return writer.text + "\n"
  }
}
