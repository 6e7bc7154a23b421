public import Analysis

/// How a table for people is written.
public struct TableOptions: Sendable {
  /// Columns of the terminal, or `nil` for no limit.
  public var width: Int?
  /// Whether phases and severities are in colours.
  public var isColored: Bool
  /// Whether what the numbers say in words follows each table.
  public var showsFindings = false
  /// Whether there is a small picture of each spectrum: where there is room, or always.
  public var sparklines = Sparklines.none
  /// What is shown beside the names of the layers; `nil` for the usual.
  public var columns: [Column]?

  public enum Sparklines: Sendable {
    case none, whereRoom, always
  }

  public init(width: Int? = nil, isColored: Bool = false) {
    self.width = width
    self.isColored = isColored
  }
}
