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
    analyzed = records.count { $0.status == .ok }
    skipped = records.count { $0.status == .skipped }
    failed = records.count { $0.status == .failed }
    fitted = records.count { $0.alpha != nil }
    credible = records.count { $0.isAlphaCredible }
    parameterCount = graph.parameterCount
    means = ModelSummary.averaged.map { name, value in (name, mean(records.compactMap(value))) }
  }

  private static let averaged: [(String, @Sendable (LayerRecord) -> Double?)] = [
    ("alpha", { $0.alpha }), ("alpha_credible", { $0.isAlphaCredible ? $0.alpha : nil }),
    ("alpha_weighted", { $0.alphaWeighted }), ("log_alpha_norm", { $0.logAlphaNorm }),
    ("log_norm", { $0.logNorm }), ("log_spectral_norm", { $0.logSpectralNorm }), ("stable_rank", { $0.stableRank }),
    ("mp_softrank", { $0.softRank }),
  ]
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
