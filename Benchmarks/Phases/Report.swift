import Foundation
import SpectralCore

/// One matrix, judged.
struct Outcome: Sendable {
  /// Index of its size.
  var size: Int
  var name: String
  /// By construction; `nil` where there is none.
  var truth: Phase?
  var found: Phase?
}

/// The confusion matrix and its sums.
struct Report {
  var outcomes: [Outcome]
  var sizes: [(Int, Int)]

  var text: String {
    ([confusion] + perSize + ["", "Without an agreed phase:"] + undecided + ["", share(decided, "all")])
      .joined(separator: "\n")
  }

  private var decided: [Outcome] { outcomes.filter { $0.truth != nil } }

  private var confusion: String {
    let header = line("truth \\ found", Phase.allCases.map(\.rawValue))
    let rows = Phase.allCases.map { truth in
      let row = decided.filter { $0.truth == truth }
      return line(truth.rawValue, Phase.allCases.map { phase in String(row.count { $0.found == phase }) })
    }
    return ([header] + rows).joined(separator: "\n")
  }

  private var perSize: [String] {
    [""]
      + sizes.indices.map { index in
        share(decided.filter { $0.size == index }, "\(sizes[index].0)×\(sizes[index].1)")
      }
  }

  private var undecided: [String] {
    let others = outcomes.filter { $0.truth == nil }
    var names: [String] = []
    for outcome in others where !names.contains(outcome.name) { names.append(outcome.name) }
    return names.sorted().map { name in
      let found = others.filter { $0.name == name }.compactMap(\.found?.rawValue)
      let counts = Phase.allCases.map(\.rawValue).map { ($0, found.count(of: $0)) }.filter { $0.1 > 0 }
      return "\(name): " + counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
  }

  private func share(_ outcomes: [Outcome], _ label: String) -> String {
    let right = outcomes.count { $0.truth == $0.found }
    return String(format: "%@: %.4f right of %ld", label, Double(right) / Double(outcomes.count), outcomes.count)
  }

  private func line(_ label: String, _ cells: [String]) -> String {
    pad(label, to: 14) + cells.map { pad($0, to: -14) }.joined()
  }

  private func pad(_ text: String, to width: Int) -> String {
    let blank = String(repeating: " ", count: max(abs(width) - text.count, 0))
    return width < 0 ? blank + text : text + blank
  }
}

extension [String] {
  fileprivate func count(of element: String) -> Int { count { $0 == element } }
}
