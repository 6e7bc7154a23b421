import Analysis
import GRDB

/// The tables of a zoo; `docs/zoo.md` describes them.
enum ZooSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: models, runs, results", migrate: createTables)
    migrator.registerMigration("2: parts of models", migrate: createParts)
    return migrator
  }

  /// Every column that a layer can have, in order.
  static let layerColumns = LayerColumn.columns(for: [.randomized, .vectors, .whitened])

  /// Names and types of what a result has beside its key.
  static let resultColumns =
    [("status", "TEXT"), ("format", "TEXT"), ("variant", "TEXT"), ("producer", "TEXT")]
    + ModelSummary.counts.map { ($0, "INTEGER") } + ModelSummary.meanNames.map { ($0, "REAL") }

  private static func createTables(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE runs (
          id INTEGER PRIMARY KEY,
          settings TEXT NOT NULL,
          version TEXT NOT NULL,
          UNIQUE (settings, version));
        CREATE TABLE models (
          id INTEGER PRIMARY KEY,
          path TEXT NOT NULL UNIQUE,
          name TEXT NOT NULL,
          series TEXT NOT NULL,
          content TEXT NOT NULL,
          flops REAL NOT NULL,
          memory INTEGER NOT NULL);
        CREATE INDEX models_by_content ON models (content);
        CREATE TABLE files (
          model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
          position INTEGER NOT NULL,
          path TEXT NOT NULL,
          byte_count INTEGER NOT NULL,
          modified_ns INTEGER NOT NULL,
          inode INTEGER NOT NULL,
          sha256 TEXT,
          PRIMARY KEY (model_id, position)) WITHOUT ROWID;
        CREATE TABLE results (
          id INTEGER PRIMARY KEY,
          run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          content TEXT NOT NULL,
          \(resultColumns.map { "\"\($0)\" \($1)" }.joined(separator: ", ")),
          UNIQUE (content, run_id));
        CREATE TABLE layers (
          result_id INTEGER NOT NULL REFERENCES results (id) ON DELETE CASCADE,
          position INTEGER NOT NULL,
          \(layerColumns.map { "\"\($0.name)\" \($0.sqlType)" }.joined(separator: ", ")),
          PRIMARY KEY (result_id, position));
        CREATE TABLE findings (
          result_id INTEGER NOT NULL REFERENCES results (id) ON DELETE CASCADE,
          position INTEGER NOT NULL,
          layer INTEGER,
          level TEXT NOT NULL,
          severity TEXT NOT NULL,
          text TEXT NOT NULL,
          evidence TEXT NOT NULL,
          PRIMARY KEY (result_id, position)) WITHOUT ROWID;
        CREATE TABLE diagnostics (
          result_id INTEGER NOT NULL REFERENCES results (id) ON DELETE CASCADE,
          position INTEGER NOT NULL,
          code TEXT NOT NULL,
          subject TEXT NOT NULL,
          message TEXT NOT NULL,
          hint TEXT,
          PRIMARY KEY (result_id, position)) WITHOUT ROWID;
        CREATE TABLE errors (
          result_id INTEGER PRIMARY KEY REFERENCES results (id) ON DELETE CASCADE,
          code TEXT NOT NULL,
          message TEXT NOT NULL,
          file TEXT,
          offset INTEGER,
          subject TEXT,
          hint TEXT);
        """)
  }

  private static func createParts(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE parts (
          content TEXT NOT NULL,
          run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
          count INTEGER NOT NULL,
          number INTEGER NOT NULL,
          error TEXT,
          model TEXT,
          credible TEXT,
          PRIMARY KEY (content, run_id, count, number));
        """)
  }

  /// A later version of the program may have columns that the database was made without.
  static func addMissingColumns(_ database: Database) throws {
    let wanted =
      layerColumns.map { ("layers", $0.name, $0.sqlType) } + resultColumns.map { ("results", $0.0, $0.1) }
    var known: [String: Set<String>] = [:]
    for table in ["layers", "results"] { known[table] = Set(try database.columns(in: table).map(\.name)) }
    for (table, name, type) in wanted where known[table]?.contains(name) != true {
      try database.execute(sql: "ALTER TABLE \(table) ADD COLUMN \"\(name)\" \(type)")
    }
  }
}

extension LayerColumn {
  /// Lists are JSON texts.
  var sqlType: String {
    switch kind {
    case .integer: "INTEGER"
    case .number: "REAL"
    case .text, .integers, .numbers: "TEXT"
    }
  }
}
