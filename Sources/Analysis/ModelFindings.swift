import ModelReading
import SpectralCore

extension ModelReport {
  /// What holds for the model as a whole; of a part only what needs no other part.
  public var findings: [Finding] {
    let areWeights = layers.allSatisfy(\.isOfWeight)
    guard part == nil else { return areWeights ? ModelFindings.ties(graph.ties) : [] }
    return ModelFindings(layers.map(SummaryRow.init), summary, ties: graph.ties, areWeights: areWeights).all
  }
}

extension LayerGraph {
  /// Of each weight that has several names, these in a sentence.
  fileprivate var ties: [String] {
    layers.flatMap(\.parameters).filter { $0.isWeight && !$0.aliases.isEmpty }.map { parameter in
      "\(parameter.tensor.name) is one weight under several names, also \(parameter.aliases.joined(separator: ", "))"
    }
  }
}

/// What holds for a model as a whole, told from its rows.
public struct ModelFindings {
  private let rows: [SummaryRow]
  private let summary: ModelSummary
  private let ties: [String]
  private let areWeights: Bool

  /// - Parameters:
  ///   - ties: sentences about weights that have several names.
  ///   - areWeights: whether the rows are of weights as they are: `LayerRecord.isOfWeight`.
  public init(_ rows: [SummaryRow], _ summary: ModelSummary, ties: [String], areWeights: Bool) {
    self.rows = rows
    self.summary = summary
    self.ties = ties
    self.areWeights = areWeights
  }

  public var all: [Finding] {
    areWeights ? facts + copiesOfOthers + ModelFindings.ties(ties) + tests + heuristics : facts
  }

  fileprivate static func ties(_ texts: [String]) -> [Finding] { texts.map { finding(.fact, .note, $0, []) } }

  private var facts: [Finding] {
    var result: [Finding] = []
    if summary.failed > 0 {
      let evidence = [count("failed", summary.failed), count("analyzed", summary.analyzed)]
      result.append(Self.finding(.fact, .problem, "some weights could not be analysed", evidence))
    }
    if summary.skipped > 0 {
      result.append(
        Self.finding(.fact, .note, "some weights are left out on purpose", [count("skipped", summary.skipped)]))
    }
    return result
  }

  private var copiesOfOthers: [Finding] {
    copies.map { names in
      let text = "\(names.joined(separator: " and ")) have the same spectrum to the last bit: copies of each other"
      return Self.finding(.fact, .attention, text, [])
    }
  }

  private var tests: [Finding] {
    let phases = rows.compactMap(\.phase)
    guard !phases.isEmpty, phases.allSatisfy({ $0 == Phase.randomLike.rawValue }) else { return [] }
    let text = "no weight can be told from noise: the model looks untrained"
    return [Self.finding(.test, .attention, text, [count(Phase.randomLike.rawValue, phases.count)])]
  }

  private var heuristics: [Finding] {
    var result: [Finding] = []
    let phases = rows.compactMap(\.phase)
    let mix = Phase.allCases.map { phase in count(phase.rawValue, phases.count { $0 == phase.rawValue }) }
    if !phases.isEmpty {
      let found = mix.filter { $0.value != .integer(0) }
      result.append(Self.finding(.heuristic, .note, "the phases of its weights", found))
    }
    guard summary.fitted > 0 else { return result }
    let share = [count("credible", summary.credible), count("fitted", summary.fitted)]
    let means = ["alpha_credible", "alpha"].compactMap(mean)
    if summary.credible == 0 {
      result.append(Self.finding(.heuristic, .attention, "no α is credible, and so no mean of them", share + means))
    } else {
      result.append(Self.finding(.heuristic, .note, "only credible α should be averaged", share + means))
    }
    if let weighted = mean("alpha_weighted") {
      let text = "compare mean α̂ within one series of one architecture only: a small scale alone makes it small"
      result.append(Self.finding(.heuristic, .note, text, [weighted]))
    }
    return result
  }

  /// Names of weights that agree in shape and, to the last bit, in what the whole spectrum goes into.
  private var copies: [[String]] {
    struct Key: Hashable {
      var shape: [Int]
      var numbers: [Double]
    }
    var groups: [Key: [String]] = [:]
    var order: [Key] = []
    for row in rows {
      guard let columns = row.columns, columns > 1, let norm = row.number("norm"), norm > 0 else { continue }
      guard let spectralNorm = row.number("spectral_norm"), let entropy = row.number("entropy") else { continue }
      let key = Key(shape: row.shape, numbers: [norm, spectralNorm, entropy])
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(row.name)
    }
    return order.compactMap { groups[$0] }.filter { $0.count > 1 }
  }

  private static func finding(
    _ level: Finding.Level, _ severity: Finding.Severity, _ text: String, _ evidence: [Finding.Evidence]
  ) -> Finding {
    Finding(level: level, severity: severity, text: text, evidence: evidence)
  }

  private func count(_ name: String, _ value: Int) -> Finding.Evidence {
    Finding.Evidence(name: name, value: .integer(value))
  }

  private func mean(_ name: String) -> Finding.Evidence? {
    summary.means.first { $0.name == name }?.value.map { Finding.Evidence(name: "mean_" + name, value: .number($0)) }
  }
}
