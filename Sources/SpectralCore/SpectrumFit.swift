/// Everything that is fitted to one spectrum: the noise, the phase, the tail, and how credible it is.
///
/// One ESD in, values out; nothing random but the bootstrap, which its seed fixes.
public struct SpectrumFit: Sendable {
  public struct Options: Sendable, Equatable {
    /// Spectra with fewer eigenvalues above zero get no tail fit.
    public var minimumTailSpectrum = 8
    /// Whether few outlying largest eigenvalues are left out of the power law; see `FingerClipping`.
    public var clipsFingers = false
    /// Bootstrap replicates for the p-value; 0 leaves it out, `nil` has as many as `BootstrapBudget` allows, or fewer
    /// as soon as p is seen to be large.
    public var replicateCount: Int?
    /// Seed of the bootstrap.
    public var seed: UInt64 = 0
    /// Threads of the bootstrap, which change no result.
    public var threadCount = 1
    public var thresholds = PhaseThresholds()

    public init() {}
  }

  /// The phase and, in it, the fit of the noise; `nil` for zero matrices, M = 1 and very few eigenvalues.
  public let phase: PhaseAnalysis?
  /// The law of the noise with Q free as well: a diagnostic; `nil` for M = 1 and very few eigenvalues.
  public let floating: FloatingAspectRatio?
  /// The power law; `nil` for too few eigenvalues or all equal ones.
  public let powerLaw: PowerLawFit?
  /// What was left out of it; `nil` unless that was asked for.
  public let fingers: FingerClipping?
  /// The tail's distributions compared; `nil` without a power law.
  public let tail: TailComparison?
  /// The bootstrap of the power law; `nil` without one, or where it was left out.
  public let goodness: GoodnessOfFit?
  /// The trace-log condition; `nil` for a zero matrix.
  public let traceLog: TraceLog?

  public init(_ spectrum: Spectrum, options: Options = Options()) {
    phase = PhaseAnalysis(spectrum, thresholds: options.thresholds)
    traceLog = TraceLog(spectrum.eigenvalues)
    floating = spectrum.columns > 1 ? FloatingAspectRatio(spectrum) : nil
    let positive = spectrum.positiveEigenvalues
    let isEnough = spectrum.columns > 1 && positive.count >= options.minimumTailSpectrum
    fingers = isEnough && options.clipsFingers ? FingerClipping(Array(positive)) : nil
    guard isEnough, let fit = fingers?.fit ?? PowerLawFit(positive) else {
      powerLaw = nil
      tail = nil
      goodness = nil
      return
    }
    let values = positive.dropLast(fingers?.clippedCount ?? 0)
    powerLaw = fit
    tail = TailSample(values, xmin: fit.xmin).map { TailComparison($0) }
    let replicateCount =
      options.replicateCount ?? BootstrapBudget.replicateCount(for: spectrum, tailCount: fit.tailCount)
    goodness =
      replicateCount > 0
      ? GoodnessOfFit(
        values, fit: fit, replicateCount: replicateCount,
        until: options.replicateCount == nil ? GoodnessOfFit.sufficientWorseCount : .max, seed: options.seed,
        threadCount: options.threadCount) : nil
  }

  /// Whether the exponent means something: enough eigenvalues, close to their law, and not rejected by the bootstrap.
  public var isPowerLawCredible: Bool {
    guard let powerLaw else { return false }
    return powerLaw.tailCount >= SpectrumFit.credibleTailCount && powerLaw.distance <= SpectrumFit.credibleDistance
      && (goodness?.pValue ?? 1) >= GoodnessOfFit.rejection
  }

  /// Below this many values almost any tail passes for a power law.
  public static let credibleTailCount = 20
  /// Heavy-tailed spectra have D of 0.01 to 0.06, bulk and spikes 0.08 to 0.10, Gaussian matrices 0.12 to 0.15.
  public static let credibleDistance = 0.06

  /// μ, the tail exponent of independent entries that would have this α; `nil` where α is not credible
  /// or noise, with or without spikes, explains the spectrum.
  public var mu: Double? {
    guard let powerLaw, isPowerLawCredible, !isNoise else { return nil }
    return tailExponent(alpha: powerLaw.alpha)
  }

  /// `nil` where neither noise nor a credible power law explains the spectrum.
  public var universalityClass: UniversalityClass? {
    isNoise ? .gaussian : mu.map { UniversalityClass(mu: $0) }
  }

  /// Whether the spectrum is a bulk of noise with at most a few spikes.
  private var isNoise: Bool {
    switch phase?.phase {
    case .randomLike, .bleedingOut, .bulkPlusSpikes: true
    default: false
    }
  }
}
