import LinearAlgebra
import MatrixSlicing
import ModelReading
import SpectralCore

/// One weight of one layer, on its way to a row of the report.
struct LayerTask: Sendable {
  let layerID: Int
  let name: String
  let layer: Layer
  let parameter: Parameter
  /// The matrices, or why there are none.
  let sliced: Result<SlicedWeight, ReadError>
  /// The frequencies of a convolution that is analysed as an operator.
  let grid: FourierGrid?
  let clock: StageClock

  init(
    layerID: Int, name: String, layer: Layer, parameter: Parameter, options: AnalysisOptions, clock: StageClock
  ) {
    self.clock = clock
    self.layerID = layerID
    self.name = name
    self.layer = layer
    let parameter = parameter.assuming(headWidth: options.headWidth)
    self.parameter = parameter
    sliced = Result { () throws(ReadError) in
      try options.slicing.matrices(of: parameter, in: layer, perHead: options.perHead)
    }
    let kernel = options.slicing == .fourier ? (try? sliced.get())?.kernel ?? [] : []
    grid = kernel.isEmpty ? nil : FourierGrid(kernel: kernel, side: options.gridSide)
  }

  /// The matrices; none where the weight cannot be cut.
  var matrices: [WeightMatrix] { (try? sliced.get())?.matrices ?? [] }
  /// Of a product of thin matrices, its factors, one pair for each matrix.
  var factors: [MatrixFactors] { (try? sliced.get())?.factors ?? [] }

  /// Order of the eigenproblems: M of the matrices, or the rank of a product; 0 if there are none.
  var columns: Int {
    factors.first?.left.inputCount ?? matrices.first?.columns ?? 0
  }

  /// Something that grows like the floating-point operations of the layer.
  var cost: Double {
    Double(parameter.tensor.elementCount) * Double(columns) * Double(grid.map { $0.pointCount ?? .max } ?? 1)
  }

  /// Floating-point operations of the Gram matrices and their eigenvalues: N·M² and 4/3·M³ of each.
  var operations: Double {
    let count = Double(grid.map { $0.pointCount ?? .max } ?? matrices.count)
    let order = Double(columns)
    return cost + count * 4 / 3 * order * order * order
  }

  /// Bytes that the analysis needs beside the mapped file, or `nil` if the number does not fit in `Int`.
  func workingBytes(_ studies: Studies) -> Int? {
    guard !studies.isEmpty else { return spectrumBytes }
    // Whole matrices as numbers, a few copies of one of them, and its eigenvectors.
    let (dense, overflow) = parameter.tensor.elementCount.multipliedReportingOverflow(by: 4 * 8)
    let (sum, carry) = (spectrumBytes ?? .max).addingReportingOverflow(dense)
    return overflow || carry ? nil : sum
  }

  private var spectrumBytes: Int? {
    let sliced = try? sliced.get()
    if let factors = sliced?.factors.first { return factors.workingBytes }
    guard let bytes = matrixBytes(sliced) else { return nil }
    guard let produced = producedBytes else { return nil }
    let (total, overflow) = bytes.addingReportingOverflow(produced)
    return overflow ? nil : total
  }

  /// Bytes that are in no file, and what making them needs.
  var producedBytes: Int? {
    guard case .produced(let production) = parameter.tensor.storage else { return 0 }
    let (sum, overflow) = production.byteCount.addingReportingOverflow(production.workingByteCount)
    return overflow ? nil : sum
  }

  private func matrixBytes(_ sliced: SlicedWeight?) -> Int? {
    guard let grid, let sliced, let matrix = sliced.matrices.first else {
      return WeightMatrix.workingBytes(columns: columns)
    }
    return grid.workingBytes(
      rows: matrix.rows, columns: columns, groups: sliced.matrices.count / sliced.receptiveField)
  }

  /// One row, or one per slice.
  ///
  /// - Parameters:
  ///   - workers: threads for each step; the numbers do not depend on them, but for the studies' last digits.
  ///   - spectra: eigenvalues of the matrices, where they have been computed already.
  func run(
    _ options: AnalysisOptions, workers: Workers = Workers(1), spectra: Result<LayerSpectra, LayerFailure>? = nil
  ) -> [LayerRecord] {
    do throws(LayerFailure) {
      return try analyze(options, workers, spectra)
    } catch {
      return [row(options, error.isExpected ? .skipped : .failed, error.reason)]
    }
  }

  func analyze(
    _ options: AnalysisOptions, _ workers: Workers, _ ahead: Result<LayerSpectra, LayerFailure>?
  ) throws(LayerFailure) -> [LayerRecord] {
    let sliced: SlicedWeight
    do { sliced = try self.sliced.get() } catch { throw .read(error) }
    let workingBytes = workingBytes(options.studies)
    guard let bytes = workingBytes, bytes <= options.maximumMemory else {
      if let records = try reducedRecords(sliced, options, workers) { return records }
      let needed = workingBytes.map { "\($0) bytes" } ?? "more memory than can be addressed"
      let least = partialBytes(sliced, options).map { ", \($0) for the largest eigenvalues alone" } ?? ""
      return [row(options, .skipped, "needs \(needed)\(least), the limit is \(options.maximumMemory)")]
    }
    var spectra: LayerSpectra
    if let ahead {
      spectra = try ahead.get()
    } else {
      spectra = try self.spectra(
        of: sliced, in: arithmetic(options), isBinding: options.precision != .auto, workers)
    }
    let suffices = clock.measure(.fits) {
      options.precision != .auto || spectra.suffice(of: sliced.matrices[0], perSlice: options.perSlice)
    }
    if !suffices {
      spectra = try self.spectra(of: sliced, in: .double, isBinding: true, workers)
    }
    if options.source == .inverse { spectra.slices = spectra.slices.map { $0.inverted(spectra.arithmetic) } }
    let matrices = grid == nil ? sliced.matrices : []
    guard options.perSlice else {
      return [studied(record(sliced, spectra, nil, options, workers), matrices, options, workers)]
    }
    return spectra.slices.enumerated().map { index, slice in
      var single = LayerSpectra(slices: [slice], arithmetic: spectra.arithmetic)
      single.slices[0].multiplicity = 1
      let matrix = matrices.isEmpty ? [] : [matrices[index]]
      var record = studied(record(sliced, single, index, options, workers), matrix, options, workers)
      record.name += slice.label
      return record
    }
  }

  /// The record with what the studies find in the same matrices.
  private func studied(
    _ record: LayerRecord, _ matrices: [WeightMatrix], _ options: AnalysisOptions, _ workers: Workers
  ) -> LayerRecord {
    guard !options.studies.isEmpty else { return record }
    return clock.measure(.studies) { withStudies(record, matrices, options, workers) }
  }

  private func withStudies(
    _ record: LayerRecord, _ matrices: [WeightMatrix], _ options: AnalysisOptions, _ workers: Workers
  ) -> LayerRecord {
    if workers.count > 1 { BLAS.setThreadCount(workers.count) }
    defer { if workers.count > 1 { BLAS.setThreadCount(1) } }
    var result = record
    guard grid == nil, options.source == .weights else {
      result.warnings.append(
        Caveat(label: .notStudied, text: "only the real matrices of weights are studied further"))
      return result
    }
    guard let dense = result.finding("studies", { () throws(LayerFailure) in try self.dense(matrices) }) else {
      return result
    }
    if options.studies.contains(.randomized) {
      result.randomized = result.finding("--randomize") { () throws(LayerFailure) in
        try RandomizedStudy(dense, record, seed: options.seed)
      }
      result.weightWatcher?.add(result.randomized)
    }
    if options.studies.contains(.vectors) {
      result.vectors = result.finding("--vectors") { () throws(LayerFailure) in try VectorStudy(dense, record) }
      result.weightWatcher?.add(result.vectors)
    }
    if options.studies.contains(.whitened) {
      result.whitened = result.finding("--whiten") { () throws(LayerFailure) in try WhitenedStudy(dense) }
      result.warnings += result.whitened?.caveat(record.phase).map { [$0] } ?? []
    }
    return result
  }

  private func dense(_ matrices: [WeightMatrix]) throws(LayerFailure) -> [RandomMatrix] {
    let data = try load(parameter.tensor)
    return try matrices.map { (matrix) throws(LayerFailure) in try matrix.checkedDense(from: data) }
  }

  private func row(_ options: AnalysisOptions, _ status: LayerRecord.Status, _ reason: String? = nil) -> LayerRecord {
    LayerRecord(
      layerID: layerID, name: name, kind: layer.kind.label, elementType: parameter.tensor.elementType.rawValue,
      shape: parameter.tensor.canonicalShape, slicing: grid?.label ?? options.slicing.rawValue,
      isOfWeight: options.source == .weights && !options.isDifference, status: status, reason: reason,
      warnings: layer.note.map { [Caveat(label: .seeWarning, text: $0)] } ?? [])
  }

  func record(
    _ sliced: SlicedWeight, _ spectra: LayerSpectra, _ slice: Int?, _ options: AnalysisOptions, _ workers: Workers
  ) -> LayerRecord {
    clock.measure(.fits) { fitted(sliced, spectra, slice, options, workers) }
  }

  private func fitted(
    _ sliced: SlicedWeight, _ spectra: LayerSpectra, _ slice: Int?, _ options: AnalysisOptions, _ workers: Workers
  ) -> LayerRecord {
    // Norms count every eigenvalue; what is fitted must hold each but once.
    let distinct = spectra.distinct(sliced.matrices[0])
    let spectrum = spectra.pooled(sliced.matrices[0])
    var record = row(options, .ok)
    record.arithmetic = spectra.arithmetic.rawValue
    record.spectrum = SpectrumExtent.full.rawValue
    record.slices = spectrum.sliceCount
    record.receptiveField = sliced.receptiveField
    record.rows = spectrum.rows
    record.columns = spectrum.columns
    record.aspectRatio = spectrum.aspectRatio
    record.eigenvalueCount = spectrum.eigenvalues.count
    record.setMetrics(spectrum)
    let fit = SpectrumFit(distinct, options: options.fitOptions(name, workers))
    if options.source == .weights { record.setBulk(fit) }
    record.setPowerLaw(fit, distinct, minimumEigenvalues: options.minimumEigenvalues)
    record.logAlphaNorm = fit.powerLaw.flatMap { logAlphaNorm(spectrum.eigenvalues, alpha: $0.alpha) }
    if options.perHead, !sliced.isPerHead { record.warnings += parameter.heads.map { [$0.caveat] } ?? [] }
    record.warnings += options.source == .weights ? fit.phaseCaveats + fit.tailCaveats : fit.tailCaveats
    if options.keepsSpectra {
      record.fitted = FittedSpectrum(spectrum: distinct, fit: fit, isInverse: options.source == .inverse)
    }
    if options.compatibility == .weightwatcher {
      record.weightWatcher = WeightWatcherRecord(
        slices: spectra.slices.map(\.eigenvalues), slice: slice, rows: spectrum.rows, columns: spectrum.columns,
        receptiveField: sliced.receptiveField, kind: layer.kind.label, name: name, options: options.weightWatcher)
    }
    return record
  }
}

extension AttentionHeads {
  /// Why the weight is not cut into them.
  fileprivate var caveat: Caveat {
    let obstacle =
      count.map { "cannot be cut into \($0) heads" } ?? "has an unknown number of heads, which --head-width can tell"
    return Caveat(label: .headsUnknown, text: "analysed whole: the projection \(obstacle)")
  }
}

extension LayerRecord {
  /// What a study finds. If it fails, a caveat says why, and the layer's own numbers stay.
  fileprivate mutating func finding<Value>(
    _ study: String, _ result: () throws(LayerFailure) -> Value
  ) -> Value? {
    do throws(LayerFailure) {
      return try result()
    } catch {
      warnings.append(Caveat(label: .notStudied, text: "no result of \(study): \(error.reason)"))
      return nil
    }
  }

  fileprivate mutating func setMetrics(_ spectrum: Spectrum) {
    let metrics = SpectralMetrics(spectrum)
    norm = metrics.norm
    logNorm = metrics.logNorm
    spectralNorm = metrics.spectralNorm
    logSpectralNorm = metrics.logSpectralNorm
    stableRank = metrics.stableRank
    hardRank = spectrum.hardRank
    rankLoss = metrics.rankLoss
    entropy = metrics.entropy
  }

  fileprivate mutating func setBulk(_ fit: SpectrumFit) {
    phase = fit.phase?.phase.rawValue
    universalityClass = fit.universalityClass?.rawValue
    mu = fit.mu
    guard let bulk = fit.phase?.bulk else { return }
    sigmaMP = bulk.relativeSigma
    lambdaPlus = bulk.law.upperEdge
    lambdaMinus = bulk.law.lowerEdge
    spikeCount = bulk.outlierCount
    if let phase = fit.phase, phase.isBulkGood {
      spikeStrengths = phase.spikes.map(\.relativeStrength)
      spikeOverlaps = phase.spikes.map(\.rightOverlap)
    }
    softRank = bulk.softRank
    bulkDistance = bulk.distance
    aspectRatioQuotient = fit.floating?.ratio
    tracyWidomScore = bulk.score
    tracyWidomPValue = bulk.pValue
  }

  fileprivate mutating func setPowerLaw(_ fit: SpectrumFit, _ spectrum: Spectrum, minimumEigenvalues: Int) {
    traceLogCount = fit.traceLog?.count
    guard let powerLaw = fit.powerLaw else {
      reason = LayerRecord.reasonForNoFit(spectrum, minimumEigenvalues)
      return
    }
    alpha = powerLaw.alpha
    distance = powerLaw.distance
    sigma = powerLaw.sigma
    alphaInterval = powerLaw.confidenceInterval
    fingerCount = fit.fingers?.clippedCount
    rawAlpha = fit.fingers?.rawAlpha
    let fingerCount = fingerCount ?? 0
    traceLogGap = fit.traceLog?.gap(tailCount: powerLaw.tailCount + fingerCount)
    xmin = powerLaw.xmin
    xmax = spectrum.eigenvalues.dropLast(fingerCount).last
    tailCount = powerLaw.tailCount
    alphaWeighted = logSpectralNorm.map { powerLaw.alpha * $0 }
    bestFit = fit.tail?.best.rawValue
    alphaTPL = fit.tail?.truncatedPowerLaw.alpha
    lambdaTPL = fit.tail?.truncatedPowerLaw.rate
    sigmaAlphaTPL = fit.tail?.truncatedPowerLawErrors?.alpha
    sigmaLambdaTPL = fit.tail?.truncatedPowerLawErrors?.rate
    fitPValue = fit.goodness?.pValue
  }

  private static func reasonForNoFit(_ spectrum: Spectrum, _ minimum: Int) -> String {
    let count = spectrum.positiveEigenvalues.count
    if spectrum.columns == 1 { return "M = 1: a vector has no spectrum to fit" }
    guard count < minimum else { return "all eigenvalues are equal" }
    return "\(count) positive eigenvalues are too few to fit, the minimum is \(minimum)"
  }
}

extension SpectrumFit {
  /// What makes the phase doubtful.
  fileprivate var phaseCaveats: [Caveat] {
    guard let phase, !phase.isWithinValidation else { return [] }
    let text = "the phase is uncertain: M is below \(PhaseAnalysis.validatedColumns)"
    return [Caveat(label: .smallM, text: text)]
  }

  /// What makes the exponent doubtful.
  fileprivate var tailCaveats: [Caveat] {
    guard let powerLaw else { return [] }
    var result: [Caveat] = []
    if powerLaw.tailCount < SpectrumFit.credibleTailCount {
      result.append(Caveat(label: .shortTail, text: "only \(powerLaw.tailCount) eigenvalues in the tail"))
    }
    if powerLaw.distance > SpectrumFit.credibleDistance {
      result.append(Caveat(label: .largeD, text: "D is large for a power law"))
    }
    if let goodness, goodness.pValue < GoodnessOfFit.rejection {
      result.append(Caveat(label: .lowP, text: "the bootstrap rejects the power law"))
    }
    return result
  }
}

extension AnalysisOptions {
  /// What the spectral core is asked for.
  fileprivate func fitOptions(_ name: String, _ workers: Workers) -> SpectrumFit.Options {
    var result = SpectrumFit.Options()
    result.minimumTailSpectrum = minimumEigenvalues
    result.clipsFingers = fixesFingers
    result.replicateCount = bootstrapCount
    result.seed = layerSeed(seed, name)
    result.threadCount = workers.count
    return result
  }
}
