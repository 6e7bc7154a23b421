import ModelReading

/// A table of text fitted to a width: numbers to the right, words to the left,
/// the widest columns of words shortened first.
package struct TextTable {
  package struct Heading {
    var title: String
    var isNumeric: Bool
    /// A column that gives up width, down to `minimumWidth`, when the table is too wide.
    var isFlexible = false
    /// Cut at the end, as sentences are, rather than in the middle, as names are.
    var keepsStart = false
    /// Columns of higher value are left out sooner when even that is not enough; 0 stays.
    var expendability = 0

    package init(
      title: String, isNumeric: Bool, isFlexible: Bool = false, keepsStart: Bool = false, expendability: Int = 0
    ) {
      self.title = title
      self.isNumeric = isNumeric
      self.isFlexible = isFlexible
      self.keepsStart = keepsStart
      self.expendability = expendability
    }
  }

  private static let minimumWidth = 12
  private static let gap = "  "

  var headings: [Heading]
  var rows: [[String]]
  /// The colour of a cell by its text; all are plain where nothing else is said.
  var color: (String) -> TerminalColor? = { _ in nil }

  package init(headings: [Heading], rows: [[String]]) {
    self.headings = headings
    self.rows = rows
  }

  /// Lines of at most `width` characters, or of any length if `width` is `nil`.
  package func lines(width: Int?) -> [String] {
    var kept = Array(headings.indices)
    var widths = headings.indices.map(naturalWidth)
    if let width {
      while total(kept, widths) > width, let victim = mostExpendable(kept) { kept.removeAll { $0 == victim } }
      shrink(&widths, kept, to: width)
    }
    let header = line(kept, widths) { headings[$0].title }
    let rule = kept.map { String(repeating: "─", count: widths[$0]) }.joined(separator: TextTable.gap)
    return [header, rule] + rows.map { row in line(kept, widths) { row[$0] } }
  }

  private func naturalWidth(_ column: Int) -> Int {
    rows.reduce(headings[column].title.count) { max($0, TextTable.width(printable($1[column]))) }
  }

  private func total(_ kept: [Int], _ widths: [Int]) -> Int {
    // Flexible columns are counted with what they cannot give up.
    let sum = kept.reduce(0) { sum, column in
      sum + (headings[column].isFlexible ? min(widths[column], TextTable.minimumWidth) : widths[column])
    }
    return sum + TextTable.gap.count * max(kept.count - 1, 0)
  }

  private func mostExpendable(_ kept: [Int]) -> Int? {
    let candidates = kept.filter { headings[$0].expendability > 0 }
    return candidates.max { headings[$0].expendability < headings[$1].expendability }
  }

  private func shrink(_ widths: inout [Int], _ kept: [Int], to width: Int) {
    func excess() -> Int { kept.reduce(TextTable.gap.count * max(kept.count - 1, 0) - width) { $0 + widths[$1] } }
    while excess() > 0 {
      let flexible = kept.filter { headings[$0].isFlexible && widths[$0] > TextTable.minimumWidth }
      guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
    }
  }

  private func line(_ kept: [Int], _ widths: [Int], _ text: (Int) -> String) -> String {
    var line = ""
    for (position, column) in kept.enumerated() {
      let cell = shortened(printable(text(column)), to: widths[column], headings[column].keepsStart)
      let padding = String(repeating: " ", count: widths[column] - TextTable.width(cell))
      let shown = color(cell)?.painted(cell) ?? cell
      line += position == 0 ? "" : TextTable.gap
      line += headings[column].isNumeric ? padding + shown : shown + padding
    }
    while line.last == " " { line.removeLast() }
    return line
  }

  /// Characters of a text; those of plain text are its bytes.
  private static func width(_ text: String) -> Int {
    text.utf8.allSatisfy { $0 < 0x80 && $0 != 0x0D } ? text.utf8.count : text.count
  }

  /// The end of a name tells layers apart, so the middle goes.
  private func shortened(_ text: String, to width: Int, _ keepsStart: Bool) -> String {
    guard TextTable.width(text) > width else { return text }
    if keepsStart { return text.prefix(width - 1) + "…" }
    let tail = (width - 1) * 2 / 3
    return text.prefix(width - 1 - tail) + "…" + text.suffix(tail)
  }
}
