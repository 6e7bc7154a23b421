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

  /// The columns of the reports.
  var columns: [Column] { Column.columns(for: studies) }

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
