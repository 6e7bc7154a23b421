import Analysis
import ModelReading

extension AnalysisResults {
  /// The report for people: a table per model, then what could not be read.
  /// - Parameters:
  ///   - width: columns of the terminal, or `nil` for no limit.
  ///   - findings: whether what the numbers say in words follows each table.
  public func table(width: Int?, findings: Bool = false) -> String {
    models.map { $0.table(width: width, findings: findings) }.joined(separator: "\n")
  }
}

extension ModelReport {
  fileprivate func table(width: Int?, findings: Bool) -> String {
    var lines = wrapped(title, width: width, indent: 2)
    lines += TextTable(headings: ModelReport.headings, rows: layers.map(ModelReport.cells)).lines(width: width)
    lines += notes.flatMap { wrapped($0, width: width, indent: 4) }
    lines += wrapped(summaryLine, width: width, indent: 2)
    if findings { lines += findingsText(width: width) }
    return lines.joined(separator: "\n") + "\n"
  }

  private var title: String {
    let producer = graph.producer.map { ", " + printable($0) } ?? ""
    return "\(printable(path))  (\(graph.format), \(graph.variant)\(producer))"
  }

  private static let headings: [TextTable.Heading] = [
    .init(title: "layer", isNumeric: false, isFlexible: true),
    .init(title: "kind", isNumeric: false, expendability: 3),
    .init(title: "shape", isNumeric: false, expendability: 5),
    .init(title: "N", isNumeric: true), .init(title: "M", isNumeric: true),
    .init(title: "Q", isNumeric: true, expendability: 4),
    .init(title: "evals", isNumeric: true, expendability: 8),
    .init(title: "alpha", isNumeric: true), .init(title: "D", isNumeric: true),
    .init(title: "xmin", isNumeric: true, expendability: 9), .init(title: "tail", isNumeric: true, expendability: 2),
    .init(title: "λmax", isNumeric: true, expendability: 6),
    .init(title: "stable rank", isNumeric: true, expendability: 7),
    .init(title: "entropy", isNumeric: true, expendability: 10),
    .init(title: "spikes", isNumeric: true, expendability: 11), .init(title: "phase", isNumeric: false),
    .init(title: "note", isNumeric: false, isFlexible: true, keepsStart: true, expendability: 1),
  ]

  private static func cells(_ record: LayerRecord) -> [String] {
    [
      record.name, record.kind, shapeText(record.shape), record.rows.map(String.init) ?? "",
      record.columns.map(String.init) ?? "", fixed(record.aspectRatio, 2),
      record.eigenvalueCount.map(String.init) ?? "", fixed(record.alpha, 2), fixed(record.distance, 3),
      fixed(record.xmin, 3), record.tailCount.map(String.init) ?? "", fixed(record.spectralNorm, 2),
      fixed(record.stableRank, 1), fixed(record.entropy, 3), record.spikeCount.map(String.init) ?? "",
      record.phase ?? "", note(record),
    ]
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
