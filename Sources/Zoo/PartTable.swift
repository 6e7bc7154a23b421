import Analysis
import GRDB
import ModelReading
import StrictJSON

/// What there is of models whose parts have not all been merged.
struct PartTable {
  /// What the parts of a model make together.
  enum Outcome {
    case whole(JSON)
    /// The first part that failed, and why.
    case failed(JSON)
    case incomplete(present: Int)
  }

  private let database: Database
  private let content: String
  private let run: Int64

  init(_ database: Database, content: String, run: Int64) {
    self.database = database
    self.content = content
    self.run = run
  }

  /// Takes a part in; an error never takes the place of a result.
  func add(_ result: ResultLine, _ part: ModelPart) throws {
    let sql = """
      INSERT INTO parts (content, run_id, count, number, error, model, credible) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET model = excluded.model, credible = excluded.credible, error = excluded.error
      WHERE error IS NOT NULL
      """
    try database.cachedStatement(sql: sql).execute(arguments: [
      content, run, part.count, part.number, result.error?.text, result.model?.text, result.credible?.text,
    ])
  }

  /// - Parameter count: parts of a model divided otherwise are another matter.
  func outcome(count: Int, _ settings: AnalysisSettings) throws -> Outcome {
    func select(_ columns: String, _ condition: String) throws -> [Row] {
      let sql = "SELECT \(columns) FROM parts WHERE content = ? AND run_id = ? AND count = ? \(condition)"
      return try Row.fetchAll(database.cachedStatement(sql: sql), arguments: [content, run, count])
    }
    if let row = try select("error", "AND error IS NOT NULL ORDER BY number LIMIT 1").first {
      return .failed(try parse(row[0]))
    }
    let present = try select("COUNT(*)", "").first.map { $0[0] as Int } ?? 0
    guard present == count else { return .incomplete(present: present) }
    let parts = try select("model, credible", "ORDER BY number").map { (try parse($0[0]), try parse($0[1])) }
    return .whole(try PartAssembly.model(parts, settings))
  }

  func removeAll() throws {
    try database.cachedStatement(sql: "DELETE FROM parts WHERE content = ? AND run_id = ?")
      .execute(arguments: [content, run])
  }

  private func parse(_ text: String) throws -> JSON {
    try JSON.parse(ByteSource(owned: Array(text.utf8), label: "part"), limits: Limits())
  }
}
