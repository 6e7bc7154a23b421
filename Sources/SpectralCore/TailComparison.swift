/// The distributions that a tail is compared with.
public enum TailModel: String, Sendable, CaseIterable {
  case powerLaw = "PL"
  case truncatedPowerLaw = "TPL"
  case exponential = "EXP"
  case stretchedExponential = "SEXP"
  case lognormal = "LOGN"
}

/// Five distributions fitted to one tail, and which of them describes it best.
///
/// "Best" is relative: it does not say that the best one is right. That is what
/// `GoodnessOfFit` asks.
public struct TailComparison: Sendable {
  public let powerLaw: PowerLawTail
  public let truncatedPowerLaw: TruncatedPowerLaw
  /// Standard errors of its parameters; see `TruncatedPowerLaw.standardErrors`.
  public let truncatedPowerLawErrors: (alpha: Double, rate: Double)?
  public let exponential: ExponentialTail
  public let stretchedExponential: StretchedExponentialTail
  public let lognormal: LognormalTail
  /// Log-likelihood of each.
  public let logLikelihoods: [TailModel: Double]
  /// Truncated against pure power law, which it contains.
  public let truncation: LikelihoodRatio
  /// The better of the two power laws against each other distribution.
  public let alternatives: [TailModel: LikelihoodRatio]
  /// The winner by the recipe of Martin & Mahoney's published tables: the truncated
  /// power law if it improves on the pure one beyond chance, else the pure one;
  /// then the first of exponential, stretched exponential and lognormal that beats it beyond chance.
  public let best: TailModel

  /// What "beyond chance" means: p ≤ 0.05.
  public static let significance = 0.05

  public init(_ sample: TailSample) {
    powerLaw = PowerLawTail(sample)
    truncatedPowerLaw = TruncatedPowerLaw(sample)
    truncatedPowerLawErrors = truncatedPowerLaw.standardErrors(sample)
    exponential = ExponentialTail(sample)
    stretchedExponential = StretchedExponentialTail(sample)
    lognormal = LognormalTail(sample)
    let densities: [TailModel: [Double]] = [
      .powerLaw: powerLaw.logDensities(sample), .truncatedPowerLaw: truncatedPowerLaw.logDensities(sample),
      .exponential: exponential.logDensities(sample),
      .stretchedExponential: stretchedExponential.logDensities(sample), .lognormal: lognormal.logDensities(sample),
    ]
    logLikelihoods = densities.mapValues { $0.reduce(0, +) }
    truncation = LikelihoodRatio(
      nested: densities[.truncatedPowerLaw, default: []], within: densities[.powerLaw, default: []])
    let base: TailModel =
      truncation.favorsFirst(at: TailComparison.significance) ? .truncatedPowerLaw : .powerLaw
    var ratios: [TailModel: LikelihoodRatio] = [:]
    for model in TailComparison.challengers {
      ratios[model] = LikelihoodRatio(densities[base, default: []], densities[model, default: []])
    }
    alternatives = ratios
    let winner = TailComparison.challengers.first { model in
      ratios[model]?.favorsSecond(at: TailComparison.significance) ?? false
    }
    best = winner ?? base
  }

  private static let challengers: [TailModel] = [.exponential, .stretchedExponential, .lognormal]
}
