import Analysis
import GRDB
import Reporting
import SpectralCore

/// All that a run found, with the layers of every model, as the database has it at one moment.
public struct ZooContents: Sendable {
  let run: ZooRun
  /// All runs, each with the number of its results.
  let runs: [(run: ZooRun, count: Int)]
  /// In the order of their paths.
  public let models: [ZooModel]
  /// By the numbers of the results, in their order.
  let layers: [Int64: [ZooLayer]]
  /// Models of the database without a result of this run.
  let pendingCount: Int
  /// Layers that were skipped or failed, by reason.
  let omissions: [ZooRemark]
  /// What readers had to say.
  let diagnostics: [ZooRemark]
  /// What is said of layers that should be looked at.
  let concerns: [ZooRemark]

  /// - Throws: `ZooError` if the database cannot be read.
  public init(of run: ZooRun, in reader: ZooReader) throws(ZooError) {
    // One reading, whatever is added meanwhile.
    self = try reader.read { try ZooContents(run, $0) }
  }

  private init(_ run: ZooRun, _ database: Database) throws {
    self.run = run
    runs = try Row.fetchAll(
      database,
      sql: """
        SELECT id, settings, version, (SELECT COUNT(*) FROM results WHERE run_id = runs.id) FROM runs ORDER BY id
        """
    ).map { (ZooRun(id: $0[0], settings: try AnalysisSettings(text: $0[1]), version: $0[2]), $0[3]) }
    models = try Array(
      Row.fetchCursor(database, sql: ZooModel.query + " ORDER BY m.path", arguments: [run.id]).map(ZooModel.init))
    pendingCount =
      try Int.fetchOne(
        database,
        sql: "SELECT COUNT(*) FROM models WHERE content NOT IN (SELECT content FROM results WHERE run_id = ?)",
        arguments: [run.id]) ?? 0
    func remarks(_ columns: String, _ source: String) throws -> [ZooRemark] {
      try Row.fetchAll(
        database,
        sql: """
          SELECT \(columns), COUNT(*), COUNT(DISTINCT t.result_id) FROM \(source) GROUP BY 1, 2, 3
          ORDER BY COUNT(DISTINCT t.result_id) DESC, 4 DESC, 1
          """, arguments: [run.id]
      ).map { ZooRemark(text: $0[0] ?? "", kind: $0[1], severity: $0[2], layerCount: $0[3], modelCount: $0[4]) }
    }
    func source(_ table: String) -> String { "\(table) t JOIN results r ON r.id = t.result_id WHERE r.run_id = ?" }
    omissions = try remarks("t.reason, t.status, ''", source("layers") + " AND t.status <> 'ok'")
    diagnostics = try remarks("t.message, t.code, ''", source("diagnostics"))
    concerns = try remarks(
      "t.text, t.level, t.severity", source("findings") + " AND t.severity <> 'note' AND t.layer IS NOT NULL")
    layers = try ZooContents.layers(of: run, database)
  }

  private static let texts = ["name", "kind", "shape", "phase", "status", "reason", "warning"]

  private static func layers(of run: ZooRun, _ database: Database) throws -> [Int64: [ZooLayer]] {
    let doubtful = try marked(Finding.doubtfulAlpha, run, database)
    let uncertain = try marked(Finding.uncertainPhase, run, database)
    let columns = ZooReader.columns(texts + ZooLayer.columns.map(\.name))
    let names = columns.map { "l.\"\($0.name)\"" }.joined(separator: ", ")
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT result_id, position, \(names) FROM layers l JOIN results r ON r.id = result_id WHERE run_id = ?
        ORDER BY result_id, position
        """, arguments: [run.id])
    var layers: [Int64: [ZooLayer]] = [:]
    while let row = try rows.next() {
      let place = Place(result: row[0], layer: row[1])
      let values = columns.indices.map { columns[$0].value(of: row, at: $0 + 2) }
      layers[place.result, default: []].append(
        ZooLayer(values, isDoubtful: doubtful.contains(place), isUncertain: uncertain.contains(place)))
    }
    return layers
  }

  private struct Place: Hashable {
    var result: Int64
    var layer: Int
  }

  /// Layers of which a finding begins so.
  private static func marked(_ beginning: String, _ run: ZooRun, _ database: Database) throws -> Set<Place> {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT result_id, layer FROM findings JOIN results ON results.id = result_id
        WHERE run_id = ? AND layer IS NOT NULL AND substr(text, 1, ?) = ?
        """, arguments: [run.id, beginning.unicodeScalars.count, beginning])
    var places: Set<Place> = []
    while let row = try rows.next() { places.insert(Place(result: row[0], layer: row[1])) }
    return places
  }
}

extension ZooLayer {
  /// - Parameter values: of `ZooContents.texts`, then of `ZooLayer.columns`.
  fileprivate init(_ values: [LayerColumn.Value], isDoubtful: Bool, isUncertain: Bool) {
    let texts = values.map { value in if case .text(let text) = value { text } else { String?.none } }
    if case .integers(let lengths) = values[2] { shape = lengths } else { shape = [] }
    (name, kind, phase) = (texts[0] ?? "", texts[1] ?? "", texts[3].flatMap(Phase.init))
    numbers = values.dropFirst(7).map(\.double)
    isAlphaCredible = numbers[0] != nil && !isDoubtful
    isPhaseCertain = phase != nil && !isUncertain
    let status = texts[4] == "ok" ? nil : texts[4]
    note = [status, texts[5], texts[6]].compactMap(\.self).joined(separator: "; ")
  }
}

extension LayerColumn.Value {
  fileprivate var double: Double? {
    switch self {
    case .number(let number): number
    case .integer(let integer): Double(integer)
    case .null, .text, .integers, .numbers: nil
    }
  }
}
