import Analysis
import GRDB
import ModelReading
import StrictJSON

/// A zoo that results are merged into. Others may read it meanwhile.
public final class ZooWriter: Sendable {
  private let pool: DatabasePool
  private let path: String

  /// Makes the database where there is none, and brings an older one up to date.
  /// - Throws: `ZooError` if it cannot be opened, or is something else.
  public init(path: String) throws(ZooError) {
    self.path = path
    var configuration = Configuration()
    configuration.busyMode = .timeout(60)
    configuration.prepareDatabase { database in
      // With a log that is written ahead, this loses no transaction to a process that is killed.
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    pool = try ZooError.catching(path) {
      let pool = try DatabasePool(path: path, configuration: configuration)
      try pool.read(ZooReader.refuseForeign)
      try ZooSchema.migrator.migrate(pool)
      try pool.write(ZooSchema.addMissingColumns)
      return pool
    }
  }

  /// The same database, for questions.
  public var reader: ZooReader { ZooReader(pool, path: path) }

  /// Adds results, all or none of them.
  ///
  /// The same result a second time changes nothing; one without an error takes the place of one with, and a later error
  /// that of an earlier one. With its last part a model has the rows that it would have had as a whole.
  public func merge(_ results: [ResultLine]) throws(ZooError) {
    try ZooError.catching(path) {
      try pool.write { database in
        for result in results { try Merging(database).merge(result) }
      }
    }
  }

  /// Adds the places of models, whether or not there are results.
  public func record(_ work: [WorkLine]) throws(ZooError) {
    try ZooError.catching(path) {
      try pool.write { database in
        for line in work { try Merging(database).record(line) }
      }
    }
  }

  /// Takes places out that are no models after all.
  public func forget(_ paths: [String]) throws(ZooError) {
    try ZooError.catching(path) {
      try pool.write { database in
        for path in paths { try database.execute(sql: "DELETE FROM models WHERE path = ?", arguments: [path]) }
      }
    }
  }

  /// Moves what is in the log into the database, as far as no reader is in the way.
  public func close() {
    _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try? pool.close()
  }
}

/// Why a database cannot be used.
public struct ZooError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  static func catching<Value>(_ path: String, _ body: () throws -> Value) throws(ZooError) -> Value {
    do {
      return try body()
    } catch let error as ZooError {
      throw error
    } catch let error as DatabaseError {
      throw ZooError("\(printable(path)): \(error.message ?? "SQLite fails with code \(error.resultCode.rawValue)")")
    } catch {
      throw ZooError("\(printable(path)): \(error)")
    }
  }
}

/// From lines to rows, within one transaction.
private struct Merging {
  private let database: Database

  init(_ database: Database) { self.database = database }

  func merge(_ result: ResultLine) throws {
    try record(result.work)
    let content = result.work.content
    let run = try identifier(ofRun: result.work.settings.text, result.version)
    if let (id, status) = try present(content, run) {
      guard status == ZooStatus.failed || status == ZooStatus.incomplete else { return }
      try execute("DELETE FROM results WHERE id = ?", [id])
    }
    let parts = PartTable(database, content: content, run: run)
    if let part = result.work.part?.part {
      try parts.add(result, part)
      switch try parts.outcome(count: part.count, result.work.settings) {
      case .whole(let model):
        try insert(model, content, run)
        try parts.removeAll()
      case .failed(let error): try insert(error, ZooStatus.failed, content, run)
      case .incomplete(let present):
        try insert(missing: part.count - present, of: part.count, content, run)
      }
    } else if let model = result.model {
      try insert(model, content, run)
      try parts.removeAll()
    } else if let error = result.error {
      try insert(error, ZooStatus.failed, content, run)
    }
  }

  func record(_ work: WorkLine) throws {
    for place in work.places {
      try execute("DELETE FROM models WHERE path = ?", [place.path])
      try execute(
        "INSERT INTO models (path, name, series, content, flops, memory) VALUES (?, ?, ?, ?, ?, ?)",
        [
          place.path, place.name, ModelName.series(of: place.name), work.content, work.model.operations,
          work.model.memory,
        ])
      let model = database.lastInsertedRowID
      for (position, file) in place.files.enumerated() {
        try execute(
          """
          INSERT INTO files (model_id, position, path, byte_count, modified_ns, inode, sha256)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """, [model, position, file.path, file.byteCount, file.modified, file.inode, file.sha256])
      }
    }
  }

  private func identifier(ofRun settings: String, _ version: String) throws -> Int64 {
    try execute("INSERT OR IGNORE INTO runs (settings, version) VALUES (?, ?)", [settings, version])
    let statement = try database.cachedStatement(sql: "SELECT id FROM runs WHERE settings = ? AND version = ?")
    return try Int64.fetchOne(statement, arguments: [settings, version])!
  }

  private func present(_ content: String, _ run: Int64) throws -> (id: Int64, status: String)? {
    let statement = try database.cachedStatement(sql: "SELECT id, status FROM results WHERE content = ? AND run_id = ?")
    return try Row.fetchOne(statement, arguments: [content, run]).map { ($0[0], $0[1]) }
  }

  private func insert(_ model: JSON, _ content: String, _ run: Int64) throws {
    let summary = members(model["summary"])
    let isWhole = summary["failed"]?.int == 0
    var values: [(any DatabaseValueConvertible)?] = [run, content, isWhole ? ZooStatus.ok : ZooStatus.partial]
    values += ["format", "variant", "producer"].map { model[$0]?.string }
    values += ZooSchema.resultColumns.dropFirst(4).map { name, _ in summary[name]?.sqlValue }
    let result = try insertResult(values)
    var findings = (model["findings"]?.elements ?? []).map { (layer: Int?.none, finding: $0) }
    for (position, layer) in (model["layers"]?.elements ?? []).enumerated() {
      let members = members(layer)
      try execute(
        Merging.layerInsertion,
        [result, position] + ZooSchema.layerColumns.map { members[ByteString($0.name)]?.sqlValue })
      findings += (layer["findings"]?.elements ?? []).map { (position, $0) }
    }
    for (position, (layer, finding)) in findings.enumerated() {
      try execute(
        """
        INSERT INTO findings (result_id, position, layer, level, severity, text, evidence)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [
          result, position, layer, finding["level"]?.string ?? "", finding["severity"]?.string ?? "",
          finding["text"]?.string ?? "", finding["evidence"]?.text ?? "{}",
        ])
    }
    for (position, diagnostic) in (model["diagnostics"]?.elements ?? []).enumerated() {
      try execute(
        "INSERT INTO diagnostics (result_id, position, code, subject, message, hint) VALUES (?, ?, ?, ?, ?, ?)",
        [result, position] + ["code", "subject", "message"].map { diagnostic[$0]?.string ?? "" }
          + [diagnostic["hint"]?.string])
    }
  }

  private func insert(_ error: JSON, _ status: String, _ content: String, _ run: Int64) throws {
    try insert(
      [
        error["code"]?.string ?? "", error["message"]?.string ?? "", error["file"]?.string, error["offset"]?.int,
        error["subject"]?.string, error["hint"]?.string,
      ], status, content, run)
  }

  private func insert(missing: Int, of count: Int, _ content: String, _ run: Int64) throws {
    let message = "\(missing) of its \(count) parts have no result yet"
    try insert([ZooStatus.incomplete, message, nil, nil, nil, nil], ZooStatus.incomplete, content, run)
  }

  /// - Parameter reason: the columns of `errors`, in order.
  private func insert(
    _ reason: [(any DatabaseValueConvertible)?], _ status: String, _ content: String, _ run: Int64
  ) throws {
    let nothing = [(any DatabaseValueConvertible)?](repeating: nil, count: ZooSchema.resultColumns.count - 1)
    let result = try insertResult([run, content, status] + nothing)
    try execute(
      "INSERT INTO errors (result_id, code, message, file, offset, subject, hint) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [result] + reason)
  }

  private func insertResult(_ values: [(any DatabaseValueConvertible)?]) throws -> Int64 {
    try execute(Merging.resultInsertion, values)
    return database.lastInsertedRowID
  }

  private static let resultInsertion = insertion("results", ["run_id", "content"] + ZooSchema.resultColumns.map(\.0))
  private static let layerInsertion = insertion(
    "layers", ["result_id", "position"] + ZooSchema.layerColumns.map(\.name))

  private static func insertion(_ table: String, _ columns: [String]) -> String {
    "INSERT INTO \(table) (\(columns.map { "\"\($0)\"" }.joined(separator: ", ")))"
      + " VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"
  }

  private func execute(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws {
    try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
  }

  private func members(_ object: JSON?) -> [ByteString: JSON] {
    Dictionary(object?.members.map { ($0.key, $0.value) } ?? []) { $1 }
  }
}

extension [ByteString: JSON] {
  fileprivate subscript(name: String) -> JSON? { self[ByteString(name)] }
}

extension JSON {
  /// Lists as their text; `nil` for null, and for what no column holds.
  fileprivate var sqlValue: (any DatabaseValueConvertible)? {
    switch kind {
    case .null: nil
    case .bool: bool
    case .number: int ?? double
    case .string: string
    case .array, .object: text
    }
  }
}
