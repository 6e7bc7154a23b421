/// What the summary and the findings of a model take from a row of its report.
public struct SummaryRow: Sendable {
  let name: String
  let status: LayerRecord.Status
  let shape: [Int]
  let columns: Int?
  let phase: String?
  let isAlphaCredible: Bool
  private let numbers: [String: Double]

  /// - Parameters:
  ///   - isAlphaCredible: `LayerRecord.isAlphaCredible`, which no column has.
  ///   - value: of the row in the column of a name; `.null` where there is none.
  public init(isAlphaCredible: Bool, value: (String) -> Column.Value) {
    self.isAlphaCredible = isAlphaCredible
    name = SummaryRow.text(value("name")) ?? ""
    status = SummaryRow.text(value("status")).flatMap(LayerRecord.Status.init) ?? .failed
    shape = if case .integers(let shape) = value("shape") { shape } else { [] }
    columns = if case .integer(let columns) = value("M") { columns } else { nil }
    phase = SummaryRow.text(value("phase"))
    numbers = SummaryRow.numberNames.reduce(into: [:]) { numbers, name in
      if case .number(let number) = value(name) { numbers[name] = number }
    }
  }

  init(_ record: LayerRecord) {
    self.init(isAlphaCredible: record.isAlphaCredible) { Column.named[$0]?.value(record) ?? .null }
  }

  /// The value in one of `numberNames`.
  func number(_ name: String) -> Double? { numbers[name] }

  private static let numberNames = [
    "norm", "log_norm", "spectral_norm", "log_spectral_norm", "stable_rank", "entropy", "alpha", "alpha_weighted",
    "log_alpha_norm", "mp_softrank",
  ]

  private static func text(_ value: Column.Value) -> String? {
    if case .text(let text) = value { text } else { nil }
  }
}
