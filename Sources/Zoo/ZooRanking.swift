import Analysis
import GRDB

/// A quantity that models are ranked by.
public struct ZooMetric: Sendable, Equatable {
  /// As the user gave it.
  public let name: String
  /// What it is in SQL, of a result `r`.
  let expression: String

  /// Names of means that every result has: the quickest.
  public static let summarized = ModelSummary.meanNames.map { String($0.dropFirst("mean_".count)) }

  /// - Parameter name: of a mean in the summary, with or without `mean_`; of one of its counts; or of a column with
  ///   numbers, whose mean over the layers it is then.
  /// - Returns: `nil` for any other.
  public init?(_ name: String) {
    self.name = name
    if ZooMetric.summarized.contains(name) {
      expression = "r.\"mean_\(name)\""
    } else if (ModelSummary.counts + ModelSummary.meanNames).contains(name) {
      expression = "r.\"\(name)\""
    } else if let column = ZooSchema.layerColumns.first(where: { $0.name == name }),
      column.kind == .number || column.kind == .integer
    {
      expression = "(SELECT AVG(\"\(column.name)\") FROM layers WHERE result_id = r.id)"
    } else {
      return nil
    }
  }
}

extension ZooReader {
  /// Models that have the quantity, the smallest first.
  /// - Parameters:
  ///   - limit: how many at most; all if `nil`.
  ///   - descending: whether the largest come first.
  public func ranking(
    of run: ZooRun, by metric: ZooMetric, limit: Int? = nil, descending: Bool = false
  ) throws(ZooError) -> [(model: ZooModel, value: Double)] {
    try read { database in
      // The values alone first: they are few bytes of a row.
      let sql = """
        SELECT \(ZooModel.columns), t.value
        FROM (SELECT id, \(metric.expression) AS value FROM results r
          WHERE run_id = ? AND value IS NOT NULL ORDER BY value \(descending ? "DESC" : "ASC") LIMIT ?) t
        JOIN results r ON r.id = t.id JOIN models m ON m.content = r.content LEFT JOIN errors e ON e.result_id = r.id
        ORDER BY t.value \(descending ? "DESC" : "ASC"), m.path LIMIT ?
        """
      func rows(_ contents: Int) throws -> [(model: ZooModel, value: Double)] {
        try Row.fetchAll(database, sql: sql, arguments: [run.id, contents, limit ?? -1]).map { row in
          (ZooModel(row), row["value"])
        }
      }
      guard let limit else { return try rows(-1) }
      let first = try rows(limit)
      // Contents that lie nowhere any more may have taken the places of others.
      return first.count < limit ? try rows(-1) : first
    }
  }
}
