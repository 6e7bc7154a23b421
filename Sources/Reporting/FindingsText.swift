package import Analysis
import ModelReading

extension ModelReport {
  /// The findings for people, the most trustworthy first.
  func findingsText(width: Int?, isColored: Bool) -> [String] {
    let all = findings.map { ("", $0) } + layers.flatMap { layer in layer.findings.map { (layer.name + ": ", $0) } }
    var lines: [String] = []
    for level in Finding.Level.allCases {
      let found = all.filter { $0.1.level == level }
      if found.isEmpty { continue }
      lines.append("  " + level.heading)
      for (name, finding) in found {
        let text = "    \(finding.severity.mark) \(printable(name + finding.text))\(finding.evidenceText)"
        let found = wrapped(text, width: width, indent: 8)
        // Only the mark: it is the first that is no space.
        let mark = finding.severity.mark
        let painted = isColored ? TerminalColor(finding.severity)?.painted(mark) ?? mark : mark
        lines += ["    " + painted + found[0].dropFirst(4 + mark.count)] + found.dropFirst()
      }
    }
    return lines
  }
}

extension Finding {
  /// " (alpha 2.1, D 0.05)".
  fileprivate var evidenceText: String {
    guard !evidence.isEmpty else { return "" }
    return " (" + evidence.map { "\($0.name) \($0.value.shortText)" }.joined(separator: ", ") + ")"
  }
}

extension Finding.Level {
  package var heading: String {
    switch self {
    case .fact: "Facts"
    case .test: "Tests against noise"
    case .heuristic: "Heuristics"
    }
  }
}

extension Finding.Severity {
  fileprivate var mark: String {
    switch self {
    case .note: "·"
    case .attention: "!"
    case .problem: "✗"
    }
  }
}

extension Column.Value {
  var shortText: String {
    switch self {
    case .null: "none"
    case .integer(let integer): "\(integer)"
    case .number(let number): number == 0 ? "0" : fixed(number, 3)
    case .text(let text): printable(text)
    case .integers(let integers): shapeText(integers)
    case .numbers(let numbers): numbers.map { fixed($0, 3) }.joined(separator: " ")
    }
  }
}
