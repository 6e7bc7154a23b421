/// Where a figure is seen.
public enum Medium: Sendable, Equatable {
  /// In a file of its own, which carries its style sheet.
  case file
  /// In a page that has `StyleSheet.page`, and at times only a telephone's width.
  case page

  /// Lengths in pixels.
  struct Sizes {
    /// Of the whole figure.
    var width: Double
    /// Of a panel.
    var height: Double
    var margin: Double
    /// Letters.
    var text: Double
    var tick: Double
    var title: Double
    /// From one line of text to the next.
    var line: Double { text * 1.35 }
  }

  var resolution: Resolution { self == .file ? .tenths : .halves }

  var sizes: Sizes {
    switch self {
    case .file: Sizes(width: 680, height: 290, margin: 18, text: 13, tick: 12, title: 16)
    case .page: Sizes(width: 420, height: 190, margin: 8, text: 12, tick: 11, title: 13.5)
    }
  }
}
