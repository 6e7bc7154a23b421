public import Analysis
import GRDB
public import ModelReading
import StrictJSON

/// A zoo that questions are put to; it is never written to.
public struct ZooReader: Sendable {
  let database: any DatabaseReader
  private let path: String

  init(_ database: any DatabaseReader, path: String) {
    self.database = database
    self.path = path
  }

  /// - Throws: `ZooError` if there is no such database, or it is something else.
  public init(path: String) throws(ZooError) {
    let queue = try ZooError.catching(path) {
      do {
        return try ZooReader.open(path)
      } catch let error as DatabaseError
        where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) && ZooReader.isAtRest(path)
      {
        return try ZooReader.open("file:\(ZooReader.percentEncoded(path))?immutable=1")
      }
    }
    self.init(queue, path: path)
  }

  private static func open(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(60)
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.read { database in
      guard try database.tableExists("results") else { throw ZooError("this database is no zoo") }
      try ZooReader.refuseForeign(database)
    }
    return queue
  }

  /// Whether all that is in a database is in its file, as it is when nobody has it open. SQLite wants to make files beside
  /// it all the same, unless it is told that the database does not change: in a folder that it cannot write to, it must be.
  private static func isAtRest(_ path: String) -> Bool {
    FileStamp(path: path) != nil && (FileStamp(path: path + "-wal")?.byteCount ?? 0) == 0
  }

  private static func percentEncoded(_ path: String) -> String {
    path.utf8.map { byte in
      let character = Character(UnicodeScalar(byte))
      if character.isASCII, character.isLetter || character.isNumber || "/-._~".contains(character) {
        return String(character)
      }
      let digits = String(byte, radix: 16)
      return "%" + (digits.count < 2 ? "0" : "") + digits
    }.joined()
  }

  /// Other programs have databases too, and a later version of this one may have other tables.
  static func refuseForeign(_ database: Database) throws {
    let tables = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_schema") ?? 0
    guard tables > 0 else { return }
    guard try database.tableExists("grdb_migrations"), try database.tableExists("results") else {
      throw ZooError("this database is no zoo")
    }
    guard try !ZooSchema.migrator.hasBeenSuperseded(database) else {
      throw ZooError("this zoo was made by a later version of heavytail")
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(ZooError) -> Value {
    try ZooError.catching(path) { try database.read(body) }
  }
}

/// Settings and version that results were computed with.
public struct ZooRun: Sendable {
  public var id: Int64
  public var settings: AnalysisSettings
  public var version: String
}

extension ZooReader {
  /// The oldest first.
  public func runs() throws(ZooError) -> [ZooRun] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT id, settings, version FROM runs ORDER BY id").map { row in
        ZooRun(id: row[0], settings: try AnalysisSettings(text: row[1]), version: row[2])
      }
    }
  }

  /// What has been looked at, by path.
  public func places() throws(ZooError) -> [String: PlannedPlace] {
    try read { database in
      var places: [String: PlannedPlace] = [:]
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT m.path, content, flops, memory, f.path, byte_count, modified_ns, inode, sha256
          FROM models m JOIN files f ON f.model_id = m.id ORDER BY m.id, f.position
          """)
      while let row = try rows.next() {
        let file = ModelFile(path: row[4], byteCount: row[5], modified: row[6], inode: row[7], sha256: row[8])
        places[row[0], default: PlannedPlace(content: row[1], operations: row[2], memory: row[3], files: [])]
          .files.append(file)
      }
      return places
    }
  }

  /// Contents that there is a result of.
  /// - Parameter includingFailed: whether an error is a result as well.
  public func contents(
    _ settings: AnalysisSettings, version: String = heavyTailVersion, includingFailed: Bool = true
  ) throws(ZooError) -> Set<String> {
    try read { database in
      try String.fetchSet(
        database,
        sql: """
          SELECT content FROM results JOIN runs ON runs.id = run_id
          WHERE settings = ? AND version = ? AND status <> 'incomplete' AND (status <> 'failed' OR ?)
          """, arguments: [settings.text, version, includingFailed])
    }
  }

  /// Parts that there is a result of, by the content of their models, which are not complete.
  /// - Parameter includingFailed: whether an error is a result as well.
  public func parts(
    _ settings: AnalysisSettings, version: String = heavyTailVersion, includingFailed: Bool = true
  ) throws(ZooError) -> [String: Set<ModelPart>] {
    try read { database in
      // Version 1 of the tables knows no parts.
      guard try database.tableExists("parts") else { return [:] }
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT content, number, count FROM parts JOIN runs ON runs.id = run_id
          WHERE settings = ? AND version = ? AND (error IS NULL OR ?)
          """, arguments: [settings.text, version, includingFailed])
      var parts: [String: Set<ModelPart>] = [:]
      while let row = try rows.next() {
        if let part = ModelPart(row[1], of: row[2]) { parts[row[0], default: []].insert(part) }
      }
      return parts
    }
  }
}

/// A model of a zoo and its result, without its layers.
public struct ZooModel: Sendable {
  public var path: String
  public var name: String
  public var series: String
  public var content: String
  /// One of `ZooStatus`.
  public var status: String
  public var format: String?
  public var parameters: Int?
  public var analyzed: Int?
  public var fitted: Int?
  public var credible: Int?
  /// Means over its layers by their names in the summary, `mean_alpha` and so on; absent where there is none.
  public var means: [String: Double]
  /// Why it failed, or is incomplete.
  public var error: String?
  let resultID: Int64

  var hasLayers: Bool { status == ZooStatus.ok || status == ZooStatus.partial }

  /// - Parameter row: begins with `columns`.
  init(_ row: Row) {
    (path, name, series, content, status) = (row[0], row[1], row[2], row[3], row[4])
    (format, error, resultID) = (row[5], row[6], row[7])
    (parameters, analyzed, fitted, credible) = (row[8], row[9], row[10], row[11])
    means = [:]
    for (index, name) in ModelSummary.meanNames.enumerated() {
      if let value = row[12 + index] as Double? { means[name] = value }
    }
  }

  /// Of a model `m`, its result `r` and the error `e` of that.
  static let columns =
    (["m.path", "m.name", "m.series", "m.content", "r.status", "r.format", "e.message", "r.id", "r.parameters"]
    + ["r.analyzed", "r.fitted", "r.credible"] + ModelSummary.meanNames.map { "r.\($0)" }).joined(separator: ", ")

  static let query = """
    SELECT \(columns) FROM models m JOIN results r ON r.content = m.content
    LEFT JOIN errors e ON e.result_id = r.id WHERE r.run_id = ?
    """
}

extension ZooReader {
  /// In the order of their paths.
  public func models(of run: ZooRun) throws(ZooError) -> [ZooModel] {
    try read { database in
      try Array(
        Row.fetchCursor(database, sql: ZooModel.query + " ORDER BY m.path", arguments: [run.id]).map(ZooModel.init))
    }
  }

  /// Those that a word stands for: a path, or else a name, or else the end of a path or of a name.
  public func models(_ word: String, of run: ZooRun) throws(ZooError) -> [ZooModel] {
    try read { database in
      let end = "%" + word.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
      for (condition, values) in [
        ("m.path = ?", [word]), ("m.name = ?", [word]),
        (#"(m.path LIKE ? ESCAPE '\' OR m.name LIKE ? ESCAPE '\')"#, [end, end]),
      ] {
        let rows = try Row.fetchAll(
          database, sql: "\(ZooModel.query) AND \(condition) ORDER BY m.path",
          arguments: StatementArguments([run.id]) + StatementArguments(values))
        if !rows.isEmpty { return rows.map(ZooModel.init) }
      }
      return []
    }
  }
}

/// A finding of a zoo.
public struct ZooFinding: Sendable {
  /// Of the layer; `nil` for the model.
  public var layer: String?
  public var severity: String
  public var text: String
}

extension ZooReader {
  /// The values of a model's layers, in their order.
  public func layers(of model: ZooModel, _ columns: [LayerColumn]) throws(ZooError) -> [[LayerColumn.Value]] {
    try read { database in
      let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
      let rows = try Row.fetchAll(
        database, sql: "SELECT \(names) FROM layers WHERE result_id = ? ORDER BY position", arguments: [model.resultID])
      return rows.map { row in columns.indices.map { columns[$0].value(of: row, at: $0) } }
    }
  }

  public func findings(of model: ZooModel) throws(ZooError) -> [ZooFinding] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT l.name, f.severity, f.text FROM findings f
          LEFT JOIN layers l ON l.result_id = f.result_id AND l.position = f.layer
          WHERE f.result_id = ? ORDER BY f.position
          """, arguments: [model.resultID]
      ).map { ZooFinding(layer: $0[0], severity: $0[1], text: $0[2]) }
    }
  }

  /// Calls `body` with every layer of a run, in the order of paths, and with every model that has none.
  public func forEachLayer(
    of run: ZooRun, _ columns: [LayerColumn], _ body: (ZooModel, [LayerColumn.Value]?) throws -> Void
  ) throws(ZooError) {
    let models = try models(of: run)
    try read { database in
      let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
      let statement = try database.makeStatement(
        sql: "SELECT \(names) FROM layers WHERE result_id = ? ORDER BY position")
      for model in models {
        guard model.hasLayers else {
          try body(model, nil)
          continue
        }
        let rows = try Row.fetchCursor(statement, arguments: [model.resultID])
        while let row = try rows.next() {
          try body(model, columns.indices.map { columns[$0].value(of: row, at: $0) })
        }
      }
    }
  }
}

extension LayerColumn {
  /// What a column of a row of the database holds.
  func value(of row: Row, at index: Int) -> Value {
    switch kind {
    case .integer: (row[index] as Int?).map(Value.integer) ?? .null
    case .number: (row[index] as Double?).map(Value.number) ?? .null
    case .text: (row[index] as String?).map(Value.text) ?? .null
    case .integers: list(row[index]).map { .integers($0.compactMap(\.int)) } ?? .null
    case .numbers: list(row[index]).map { .numbers($0.compactMap(\.double)) } ?? .null
    }
  }

  private func list(_ text: String?) -> [JSON]? {
    guard let text else { return nil }
    return try? JSON.parse(ByteSource(owned: Array(text.utf8), label: name), limits: Limits()).elements
  }
}
