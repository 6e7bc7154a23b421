public import Analysis
public import ModelReading

/// Everything one run found out.
public struct AnalysisResults: Sendable {
  /// Name and value of each setting that the numbers depend on.
  public var settings: [(name: String, value: String)]
  public var models: [ModelReport]
  /// What could not be read, by the path that was opened.
  public var errors: [(path: String, error: ReadError)]
  /// The tool's version.
  public var version: String
  /// What was looked at beyond the spectra: their columns are in the reports.
  public var studies: Studies
  /// What is reported of each layer; `nil` for everything.
  public var chosenColumns: [Column]?

  /// The columns of the reports.
  var columns: [Column] { chosenColumns ?? Column.columns(for: studies) }

  /// Puts the layers of each model in the order of a column; those without a value come last.
  public mutating func sort(by column: Column, descending: Bool) {
    for index in models.indices { models[index].layers.sort(by: column, descending: descending) }
  }

  public init(
    settings: [(name: String, value: String)] = [], models: [ModelReport],
    errors: [(path: String, error: ReadError)] = [], version: String = heavyTailVersion, studies: Studies = []
  ) {
    self.settings = settings
    self.models = models
    self.errors = errors
    self.version = version
    self.studies = studies
  }
}
