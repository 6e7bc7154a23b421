import SpectralCore

extension LayerRecord {
  /// What the row says in words: exact facts, then tests against noise, then heuristics.
  public var findings: [Finding] {
    guard status == .ok else {
      let severity: Finding.Severity = status == .failed ? .problem : .note
      return [finding(.fact, severity, "is not analysed: \(reason ?? status.rawValue)", "status")]
    }
    guard norm != 0 else {
      let severity: Finding.Severity = isOfWeight ? .problem : .note
      return [finding(.fact, severity, "all entries are zero", "norm")]
    }
    return isOfWeight ? facts + tests + heuristics : facts
  }

  private var facts: [Finding] {
    var result: [Finding] = []
    if columns == 1 {
      let text =
        "each matrix is a single vector, as with one input channel or in depthwise convolutions: no spectrum to judge"
      result.append(finding(.fact, .note, text, "M", "slices"))
    }
    if let rankLoss, rankLoss > 0 {
      let text = "some eigenvalues are zero: dead units, equal or dependent rows, pruning, or a product of thin factors"
      let severity: Finding.Severity = hasCollapsed ? .attention : .note
      result.append(finding(.fact, severity, text, "rank_loss", "hard_rank", "num_evals"))
    }
    return result
  }

  private var tests: [Finding] {
    var result: [Finding] = []
    if phase == Phase.randomLike.rawValue {
      let text = "nothing tells the spectrum from that of noise"
      let finding =
        isLargeEnough
        ? finding(.test, .attention, text + ": the layer looks untrained", "phase", "tw_score", "tw_p_value")
        : finding(.test, .note, text + ", which says little about so small a matrix", "M", "tw_score", "tw_p_value")
      result.append(finding)
    }
    // Without a bulk that fits, nothing is known about the edge.
    if let spikeCount, spikeCount > 0, spikeStrengths != nil {
      let text = "eigenvalues above the edge of the noise show structure that noise does not explain"
      result.append(finding(.test, .note, text, "num_spikes", "tw_score", "tw_p_value"))
    }
    if let count = randomized?.trapCount, count > 0 {
      let text = "eigenvalues stay above the edge of the noise in random order: a few entries are far too large"
      result.append(finding(.test, .attention, text, "num_traps"))
    }
    if let strength = randomized?.meanSpike, strength > 1 {
      result.append(finding(.test, .note, "one spike is only the mean of the entries", "mean_spike"))
    }
    return result
  }

  private var heuristics: [Finding] {
    var result: [Finding] = []
    if phase != nil, !isLargeEnough {
      let text = "\(Finding.uncertainPhase): it was validated from M = \(PhaseAnalysis.validatedColumns) on"
      result.append(finding(.heuristic, .note, text, "M", "phase"))
    }
    if hasCollapsed {
      let text = "many eigenvalues are at or next to zero: over-regularised, pruned or a product of thin factors"
      result.append(finding(.heuristic, .attention, text, "phase"))
    }
    if let other = whitened?.phase, let phase, other != phase {
      let text = "the phase is another one with equal norms of rows and columns: unequal norms explain the difference"
      result.append(finding(.heuristic, .attention, text, "phase", "phase_whitened"))
    }
    if let alphaFinding { result.append(alphaFinding) }
    if kind == "embedding" {
      let text = "embeddings have a scale of their own: compare norms and α̂ with those of embeddings only"
      result.append(finding(.heuristic, .note, text, "kind"))
    }
    return result
  }

  /// The product of an adapter's thin factors is of low rank by design.
  private var hasCollapsed: Bool { phase == Phase.rankCollapse.rawValue && kind != "low_rank_adapter" }

  /// Whether the phase was validated on matrices of this size.
  private var isLargeEnough: Bool { (columns ?? 0) >= PhaseAnalysis.validatedColumns }

  private var alphaFinding: Finding? {
    guard let alpha, let sigma else { return nil }
    guard isAlphaCredible else {
      let reasons = warnings.filter { $0.label.deniesAlpha }.map(\.text).joined(separator: ", ")
      return alphaFinding(.note, "\(Finding.doubtfulAlpha): \(reasons)")
    }
    if universalityClass == UniversalityClass.gaussian.rawValue {
      return alphaFinding(.note, "a power law fits the tail, but noise with at most a few spikes explains the spectrum")
    }
    if alpha + 2 * sigma < Finding.heavyAlpha {
      return alphaFinding(
        .attention, "α is below \(Finding.heavyAlpha) by more than two standard errors: over-correlation is likely")
    }
    if alpha < Finding.heavyAlpha {
      return alphaFinding(.note, "α is below \(Finding.heavyAlpha), within two standard errors: a very heavy tail")
    }
    if alpha <= Finding.steepAlpha {
      return alphaFinding(.note, "α is consistent with a trained layer of weak to moderate heavy tail")
    }
    return alphaFinding(.note, "α is above \(Finding.steepAlpha): noise, with or without spikes, is likelier")
  }

  private func alphaFinding(_ severity: Finding.Severity, _ text: String) -> Finding {
    finding(.heuristic, severity, text, "alpha", "sigma", "D", "num_pl_spikes", "fit_p_value")
  }
}

extension LayerRecord {
  /// Whether α means something: enough eigenvalues in the tail, close to their law, not rejected by the bootstrap.
  public var isAlphaCredible: Bool { alpha != nil && !warnings.contains { $0.label.deniesAlpha } }
}

extension Caveat.Label {
  /// Whether it makes α meaningless.
  var deniesAlpha: Bool { self == .shortTail || self == .largeD || self == .lowP }
}
