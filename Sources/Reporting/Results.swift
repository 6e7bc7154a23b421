public import Analysis
public import ModelReading

/// Everything one run found out.
public struct AnalysisResults: Sendable {
  /// Name and value of each setting that the numbers depend on.
  public var settings: [(name: String, value: String)]
  public var models: [ModelReport]
  /// Files that could not be read.
  public var errors: [ReadError]
  /// The tool's version.
  public var version: String

  public init(settings: [(name: String, value: String)], models: [ModelReport], errors: [ReadError], version: String) {
    self.settings = settings
    self.models = models
    self.errors = errors
    self.version = version
  }
}
