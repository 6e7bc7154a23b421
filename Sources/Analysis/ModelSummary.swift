import ModelReading

/// A model in one line.
public struct ModelSummary: Sendable {
  /// Rows by outcome: weights, or matrices of weights where each has a row.
  public var analyzed: Int
  public var skipped: Int
  public var failed: Int
  /// Elements of all parameters of all layers, tied ones once.
  public var parameterCount: Int
  /// Rows with a power law.
  public var fitted: Int
  /// Of these, rows whose exponent is credible.
  public var credible: Int
  /// Means over the rows that have the quantity; `nil` where none has.
  public var means: [(name: String, value: Double?)]

  /// All of it by the names of the reports.
  public var members: [(name: String, value: Column.Value)] {
    zip(ModelSummary.counts, [parameterCount, analyzed, fitted, credible, skipped, failed])
      .map { ($0, .integer($1)) }
      + means.map { ("mean_" + $0.name, $0.value.map(Column.Value.number) ?? .null) }
  }

  /// The names in `members`: those of integers …
  public static let counts = ["parameters", "analyzed", "fitted", "credible", "skipped", "failed"]
  /// … and those of means.
  public static let meanNames = averaged.map { "mean_" + $0.0 }

  init(_ records: [LayerRecord], _ graph: LayerGraph) {
    self.init(records.map(SummaryRow.init), parameterCount: graph.parameterCount)
  }

  /// - Parameter parameterCount: `LayerGraph.parameterCount`.
  public init(_ rows: [SummaryRow], parameterCount: Int) {
    analyzed = rows.count { $0.status == .ok }
    skipped = rows.count { $0.status == .skipped }
    failed = rows.count { $0.status == .failed }
    fitted = rows.count { $0.number("alpha") != nil }
    credible = rows.count { $0.isAlphaCredible }
    self.parameterCount = parameterCount
    means = ModelSummary.averaged.map { name, value in (name, mean(rows.compactMap(value))) }
  }

  private static let averaged: [(String, @Sendable (SummaryRow) -> Double?)] = [
    ("alpha", { $0.number("alpha") }), ("alpha_credible", { $0.isAlphaCredible ? $0.number("alpha") : nil }),
    ("alpha_weighted", { $0.number("alpha_weighted") }), ("log_alpha_norm", { $0.number("log_alpha_norm") }),
    ("log_norm", { $0.number("log_norm") }), ("log_spectral_norm", { $0.number("log_spectral_norm") }),
    ("stable_rank", { $0.number("stable_rank") }), ("mp_softrank", { $0.number("mp_softrank") }),
  ]
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
