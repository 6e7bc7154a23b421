import ModelReading
import SpectralCore

extension ModelReport {
  /// What holds for the model as a whole.
  public var findings: [Finding] {
    layers.allSatisfy(\.isOfWeight) ? facts + copiesAndTies + tests + heuristics : facts
  }

  private var facts: [Finding] {
    var result: [Finding] = []
    if summary.failed > 0 {
      let evidence = [count("failed", summary.failed), count("analyzed", summary.analyzed)]
      result.append(finding(.fact, .problem, "some weights could not be analysed", evidence))
    }
    if summary.skipped > 0 {
      result.append(
        finding(.fact, .note, "some weights are left out on purpose", [count("skipped", summary.skipped)]))
    }
    return result
  }

  private var copiesAndTies: [Finding] {
    var result: [Finding] = []
    for names in copies {
      let text = "\(names.joined(separator: " and ")) have the same spectrum to the last bit: copies of each other"
      result.append(finding(.fact, .attention, text, []))
    }
    for parameter in graph.layers.flatMap(\.parameters) where parameter.isWeight && !parameter.aliases.isEmpty {
      let text =
        "\(parameter.tensor.name) is one weight under several names, also \(parameter.aliases.joined(separator: ", "))"
      result.append(finding(.fact, .note, text, []))
    }
    return result
  }

  private var tests: [Finding] {
    let phases = layers.compactMap(\.phase)
    guard !phases.isEmpty, phases.allSatisfy({ $0 == Phase.randomLike.rawValue }) else { return [] }
    let text = "no weight can be told from noise: the model looks untrained"
    return [finding(.test, .attention, text, [count(Phase.randomLike.rawValue, phases.count)])]
  }

  private var heuristics: [Finding] {
    var result: [Finding] = []
    let phases = layers.compactMap(\.phase)
    let mix = Phase.allCases.map { phase in count(phase.rawValue, phases.count { $0 == phase.rawValue }) }
    if !phases.isEmpty {
      result.append(finding(.heuristic, .note, "the phases of its weights", mix.filter { $0.value != .integer(0) }))
    }
    guard summary.fitted > 0 else { return result }
    let share = [count("credible", summary.credible), count("fitted", summary.fitted)]
    let means = ["alpha_credible", "alpha"].compactMap(mean)
    if summary.credible == 0 {
      result.append(finding(.heuristic, .attention, "no α is credible, and so no mean of them", share + means))
    } else {
      result.append(finding(.heuristic, .note, "only credible α should be averaged", share + means))
    }
    if let weighted = mean("alpha_weighted") {
      let text = "compare mean α̂ within one series of one architecture only: a small scale alone makes it small"
      result.append(finding(.heuristic, .note, text, [weighted]))
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
    for layer in layers {
      guard let columns = layer.columns, columns > 1, let norm = layer.norm, norm > 0 else { continue }
      guard let spectralNorm = layer.spectralNorm, let entropy = layer.entropy else { continue }
      let key = Key(shape: layer.shape, numbers: [norm, spectralNorm, entropy])
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(layer.name)
    }
    return order.compactMap { groups[$0] }.filter { $0.count > 1 }
  }

  private func finding(
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
