import Analysis
import ModelReading

extension AnalysisResults {
  /// The report for people: a table per model, then what could not be read.
  public func table(_ options: TableOptions) -> String {
    models.map { $0.table(options) }.joined(separator: "\n")
  }
}

extension ModelReport {
  fileprivate func table(_ options: TableOptions) -> String {
    let width = options.width
    var table = TextTable(headings: headings(options), rows: layers.map { cells($0, options) })
    if options.isColored { table.color = TerminalColor.init(phaseIn:) }
    var lines = wrapped(title, width: width, indent: 2) + table.lines(width: width)
    lines += notes.flatMap { wrapped($0, width: width, indent: 4) }
    lines += wrapped(summaryLine, width: width, indent: 2)
    if options.showsFindings { lines += findingsText(width: width, isColored: options.isColored) }
    return lines.joined(separator: "\n") + "\n"
  }

  private var title: String {
    let producer = graph.producer.map { ", " + printable($0) } ?? ""
    return "\(printable(path))  (\(graph.format), \(graph.variant)\(producer))"
  }

  // MARK: Columns

  private struct Style {
    var title: String
    /// Digits after the point.
    var digits = 4
    /// Of the usual columns those of higher value are left out sooner where there is no room; 0 stays.
    var expendability = 0
  }

  private static let usual: [Column] = [
    "kind", "shape", "N", "M", "Q", "num_evals", "alpha", "D", "xmin", "num_pl_spikes", "spectral_norm", "stable_rank",
    "entropy", "num_spikes", "phase",
  ].map { name in Column.all.first { $0.name == name }! }

  private static let styles: [String: Style] = [
    "kind": Style(title: "kind", expendability: 3), "shape": Style(title: "shape", expendability: 5),
    "Q": Style(title: "Q", digits: 2, expendability: 4), "num_evals": Style(title: "evals", expendability: 8),
    "alpha": Style(title: "alpha", digits: 2), "D": Style(title: "D", digits: 3),
    "xmin": Style(title: "xmin", digits: 3, expendability: 9), "num_pl_spikes": Style(title: "tail", expendability: 2),
    "spectral_norm": Style(title: "λmax", digits: 2, expendability: 6),
    "stable_rank": Style(title: "stable rank", digits: 1, expendability: 7),
    "entropy": Style(title: "entropy", digits: 3, expendability: 10),
    "num_spikes": Style(title: "spikes", expendability: 11),
  ]

  private static func style(_ column: Column) -> Style { styles[column.name] ?? Style(title: column.name) }

  /// What was asked for stays, whatever the width.
  private func headings(_ options: TableOptions) -> [TextTable.Heading] {
    var headings = [TextTable.Heading(title: "layer", isNumeric: false, isFlexible: true)]
    headings += (options.columns ?? ModelReport.usual).map { column in
      let style = ModelReport.style(column)
      return TextTable.Heading(
        title: style.title, isNumeric: isNumeric(column),
        expendability: options.columns == nil ? style.expendability : 0)
    }
    if options.sparklines != .none {
      let expendability = options.sparklines == .always ? 0 : 12
      headings.append(.init(title: "ESD over log λ", isNumeric: false, expendability: expendability))
    }
    if options.columns == nil {
      headings.append(.init(title: "note", isNumeric: false, isFlexible: true, keepsStart: true, expendability: 1))
    }
    return headings
  }

  /// Whether a column has numbers, or nothing at all.
  private func isNumeric(_ column: Column) -> Bool {
    layers.allSatisfy { record in
      switch column.value(record) {
      case .null, .integer, .number: true
      case .text, .integers, .numbers: false
      }
    }
  }

  private func cells(_ record: LayerRecord, _ options: TableOptions) -> [String] {
    let columns = options.columns ?? ModelReport.usual
    var cells = [record.name] + columns.map { $0.value(record).text(digits: ModelReport.style($0).digits) }
    if options.sparklines != .none { cells.append(record.fitted.map { sparkline(of: $0.spectrum) } ?? "") }
    if options.columns == nil { cells.append(ModelReport.note(record)) }
    return cells
  }

  private static func note(_ record: LayerRecord) -> String {
    let status = record.status == .ok ? [] : [record.status.rawValue]
    return (status + [record.reason].compactMap { $0 } + record.warnings.map(\.label.rawValue)).joined(separator: ", ")
  }

  /// What was left out, one line per kind of diagnostic.
  private var notes: [String] {
    var order: [Diagnostic.Code] = []
    var subjects: [Diagnostic.Code: [Diagnostic]] = [:]
    for diagnostic in graph.diagnostics {
      if subjects[diagnostic.code] == nil { order.append(diagnostic.code) }
      subjects[diagnostic.code, default: []].append(diagnostic)
    }
    return order.map { code in
      let found = subjects[code]!
      let first = "\(printable(found[0].subject)) \(printable(found[0].message))"
      return "  \(code.rawValue): \(first)" + (found.count > 1 ? ", and \(found.count - 1) more" : "")
    }
  }

  private var summaryLine: String {
    var parts = [
      "\(grouped(summary.parameterCount)) parameters",
      "\(summary.analyzed) of \(layers.count) \(isPerSlice ? "matrices" : "weights") analysed",
    ]
    if summary.fitted > 0 {
      parts.append("\(summary.fitted) power-law fit\(summary.fitted == 1 ? "" : "s"), \(summary.credible) credible")
    }
    for (name, label) in [
      ("alpha_credible", "mean credible α"), ("alpha_weighted", "mean α̂"), ("log_norm", "mean log‖W‖²"),
    ] {
      guard let value = summary.means.first(where: { $0.name == name })?.value else { continue }
      parts.append("\(label) \(fixed(value, 3))")
    }
    return parts.joined(separator: " · ")
  }
}

extension Column.Value {
  /// For people, with so many digits after the point.
  func text(digits: Int) -> String {
    switch self {
    case .null: ""
    case .integer(let integer): "\(integer)"
    case .number(let number): fixed(number, digits)
    case .text(let text): text
    case .integers(let integers): shapeText(integers)
    case .numbers(let numbers): numbers.map { fixed($0, 2) }.joined(separator: " ")
    }
  }
}
