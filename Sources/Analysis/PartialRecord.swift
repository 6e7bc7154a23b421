import Glibc
import LinearAlgebra
import MatrixSlicing
import ModelReading
import SpectralCore

/// How much of a spectrum was computed.
public enum SpectrumExtent: String, Sendable, CaseIterable {
  /// Every eigenvalue.
  case full
  /// The largest eigenvalues, and a density of the others.
  case partial
}

extension LayerTask {
  /// What there is room for where there is none for all that is asked for; `nil` if nothing.
  func reducedRecords(
    _ sliced: SlicedWeight, _ options: AnalysisOptions, _ workers: Workers
  ) throws(LayerFailure) -> [LayerRecord]? {
    guard options.compatibility == nil else { return nil }
    guard !options.studies.isEmpty else { return try partialRecord(sliced, options, workers).map { [$0] } }
    var plain = options
    plain.studies = []
    let isWhole = workingBytes([]).map { $0 <= options.maximumMemory } ?? false
    let records = isWhole ? try analyze(plain, workers, nil) : try reducedRecords(sliced, plain, workers)
    let caveat = Caveat(label: .notStudied, text: "memory does not suffice to study the matrix further")
    return records?.map { record in
      var copy = record
      copy.warnings.append(caveat)
      return copy
    }
  }

  /// The row of a matrix whose Gram matrix has no room; `nil` where there is none for its largest eigenvalues either, or
  /// the layer is of another kind.
  private func partialRecord(
    _ sliced: SlicedWeight, _ options: AnalysisOptions, _ workers: Workers
  ) throws(LayerFailure) -> LayerRecord? {
    guard let matrix = partialMatrix(sliced, options), let produced = producedBytes,
      let search = PartialSpectrumSearch(matrix, memory: options.maximumMemory - produced)
    else { return nil }
    let a = GramOperator(matrix: matrix, data: try load(parameter.tensor))
    // Decoding, which each product needs anew, included.
    let partial = try clock.measure(.eigenvalues) { () throws(LayerFailure) in
      try search.run(a, seed: layerSeed(options.seed, name), workers: workers)
    }
    let spectra = LayerSpectra(
      slices: [SliceSpectrum(origin: matrix.origin, eigenvalues: partial.eigenvalues())], arithmetic: .double)
    var record = record(sliced, spectra, nil, options, workers)
    record.restrict(to: partial)
    return record
  }

  /// The least bytes that the largest eigenvalues need, where they can be computed alone and that is less.
  func partialBytes(_ sliced: SlicedWeight, _ options: AnalysisOptions) -> Int? {
    guard let matrix = partialMatrix(sliced, options), let produced = producedBytes,
      let bytes = PartialSpectrumSearch.smallestBytes(matrix)
    else { return nil }
    let (sum, overflow) = bytes.addingReportingOverflow(produced)
    return overflow || sum >= workingBytes(options.studies) ?? .max ? nil : sum
  }

  /// The layer's only matrix, if the report is of its eigenvalues as they are.
  private func partialMatrix(_ sliced: SlicedWeight, _ options: AnalysisOptions) -> WeightMatrix? {
    guard isPlain, sliced.matrices.count == 1, options.source == .weights, options.compatibility == nil,
      sliced.matrices[0].columns >= PartialSpectrumSearch.smallestOrder
    else { return nil }
    return sliced.matrices[0]
  }
}

extension LayerRecord {
  /// Takes out what does not follow from a partial spectrum, and says so.
  fileprivate mutating func restrict(to partial: PartialSpectrum) {
    guard let density = partial.density else { return }
    spectrum = SpectrumExtent.partial.rawValue
    fitted?.exactCount = partial.largest.count
    setNorms(partial)
    hardRank = nil
    rankLoss = nil
    if !partial.isExact(tailCount: traceLogCount ?? 0) {
      traceLogCount = nil
      traceLogGap = nil
    }
    var reasons: [String] = []
    if let tailCount, !partial.isExact(tailCount: tailCount + (fingerCount ?? 0)) {
      reasons.append(partial.reasonForNoTail)
      removePowerLaw()
    }
    restrictBulk(BulkSupport(partial, density), &reasons)
    if !reasons.isEmpty { reason = reasons.joined(separator: "; ") }
    warnings.insert(Caveat(label: .partialSpectrum, text: partial.description(density)), at: 0)
  }

  /// The sum of the squared entries is exact.
  private mutating func setNorms(_ partial: PartialSpectrum) {
    norm = partial.squaredNorm
    logNorm = log10(partial.squaredNorm)
    stableRank = partial.squaredNorm / partial.largest[0]
  }

  private mutating func removePowerLaw() {
    (alpha, distance, sigma, alphaInterval, xmin, xmax) = (nil, nil, nil, nil, nil, nil)
    (tailCount, fingerCount, rawAlpha, alphaWeighted, logAlphaNorm) = (nil, nil, nil, nil, nil)
    (bestFit, alphaTPL, lambdaTPL, sigmaAlphaTPL, sigmaLambdaTPL) = (nil, nil, nil, nil, nil)
    (fitPValue, traceLogGap, mu) = (nil, nil, nil)
    if universalityClass != UniversalityClass.gaussian.rawValue { universalityClass = nil }
    warnings.removeAll { $0.label.deniesAlpha }
  }

  private mutating func restrictBulk(_ support: BulkSupport, _ reasons: inout [String]) {
    if !support.hasEdges { (sigmaMP, lambdaPlus, lambdaMinus, softRank) = (nil, nil, nil, nil) }
    if !support.hasRatio { aspectRatioQuotient = nil }
    if !support.hasScore { (tracyWidomScore, tracyWidomPValue) = (nil, nil) }
    if !support.hasSpikes { (spikeCount, spikeStrengths, spikeOverlaps) = (nil, nil, nil) }
    if !support.hasPhase {
      if phase != nil { reasons.append("the density of the smaller eigenvalues leaves the phase open") }
      (phase, universalityClass, mu, spikeStrengths, spikeOverlaps) = (nil, nil, nil, nil, nil)
      bulkDistance = nil
    }
  }
}

/// What of the fit of the noise remains the same wherever the density lies within its error.
private struct BulkSupport {
  var hasEdges = false
  var hasRatio = false
  var hasScore = false
  var hasSpikes = false
  var hasPhase = false

  /// Edges may move by so much, in units of λ+, and Q̂ as much relatively …
  private static let edgeTolerance = 0.01
  /// … and the score of the largest eigenvalue by so much, relatively or absolutely.
  private static let scoreTolerance = (share: 0.02, units: 0.25)

  init(_ partial: PartialSpectrum, _ density: StochasticDensity) {
    let error = density.samplingError
    let spectra = [0, -error, error].map { partial.spectrum(shift: $0) }
    let phases = spectra.compactMap { PhaseAnalysis($0) }
    let bulks = phases.compactMap(\.bulk)
    let ratios = spectra.compactMap { FloatingAspectRatio($0)?.ratio }
    guard !partial.hasDoubt, bulks.count == 3, ratios.count == 3 else { return }
    let (middle, bulk) = (phases[0], bulks[0])
    let edge = bulk.law.upperEdge
    hasEdges = bulks.allSatisfy {
      abs($0.law.upperEdge - edge) <= BulkSupport.edgeTolerance * edge
        && abs($0.law.lowerEdge - bulk.law.lowerEdge) <= BulkSupport.edgeTolerance * edge
    }
    hasRatio = ratios.allSatisfy { abs($0 - ratios[0]) <= BulkSupport.edgeTolerance * ratios[0] }
    let tolerance = max(BulkSupport.scoreTolerance.units, BulkSupport.scoreTolerance.share * abs(bulk.score))
    hasScore = bulks.allSatisfy { abs($0.score - bulk.score) <= tolerance }
    // Spikes are counted where they are known one by one.
    hasSpikes = bulk.outlierCount < partial.largest.count && bulks.allSatisfy { $0.outlierCount == bulk.outlierCount }
    let isClear = abs(bulk.distance - middle.distanceBound) > error + density.quadratureError
    hasPhase = isClear && phases.allSatisfy { $0.phase == middle.phase }
  }
}

extension PartialSpectrum {
  fileprivate var reasonForNoTail: String {
    if hasDoubt { return "an eigenvalue among the largest occurs too often to be found each time" }
    let share = Int(PartialSpectrum.tailShare * 100)
    return "the tail of the power law is not within \(share) % of the \(largest.count) largest eigenvalues, "
      + "which is as many as memory and time allow"
  }

  fileprivate func description(_ density: StochasticDensity) -> String {
    "of \(columns) eigenvalues the \(largest.count) largest are computed, with errors below "
      + "\(short(errorBound)) of the largest; a density stands for the others, from "
      + "\(PartialSpectrumSearch.vectors) random vectors and \(density.steps) Lanczos steps: shares of them are off by "
      + "\(short(density.samplingError + density.quadratureError)) at most, quantiles by "
      + "\(short(density.meanDistanceBound)) in the mean at most"
  }
}

/// An error bound for people: two digits, rounded up.
private func short(_ bound: Double) -> String {
  guard bound > 0, bound.isFinite else { return "\(bound)" }
  let unit = pow(10, log10(bound).rounded(.down) - 1)
  return "\(Float((bound / unit).rounded(.up) * unit))"
}
