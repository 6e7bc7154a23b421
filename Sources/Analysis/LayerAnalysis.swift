import MatrixSlicing
import ModelReading
import SpectralCore

/// One weight of one layer, on its way to a row of the report.
struct LayerTask: Sendable {
  let layerID: Int
  let name: String
  let layer: Layer
  let parameter: Parameter

  /// One row, or one per slice.
  func run(_ options: AnalysisOptions) -> [LayerRecord] {
    do throws(LayerFailure) {
      return try analyze(options)
    } catch {
      return [row(options, error.isExpected ? .skipped : .failed, error.reason)]
    }
  }

  private func analyze(_ options: AnalysisOptions) throws(LayerFailure) -> [LayerRecord] {
    let sliced = try slice(options)
    guard let first = sliced.matrices.first else { return [row(options, .skipped, "has no matrices")] }
    guard let bytes = WeightMatrix.workingBytes(columns: first.columns), bytes <= options.maximumMemory else {
      let reason = "M = \(first.columns) needs more memory than the limit of \(options.maximumMemory) bytes"
      return [row(options, .skipped, reason)]
    }
    let data = try load()
    var spectra: [[Double]] = []
    for matrix in sliced.matrices { spectra.append(try matrix.eigenvalues(from: data, in: options.precision)) }
    guard options.perSlice else { return [record(sliced, spectra, options)] }
    return zip(sliced.matrices, spectra).map { matrix, spectrum in
      var record = record(sliced, [spectrum], options)
      record.name += matrix.origin.map { "[\($0.axis) \($0.index.map(String.init).joined(separator: ","))]" }.joined()
      return record
    }
  }

  private func slice(_ options: AnalysisOptions) throws(LayerFailure) -> SlicedWeight {
    do { return try options.slicing.matrices(of: parameter, in: layer) } catch { throw .read(error) }
  }

  private func load() throws(LayerFailure) -> TensorData {
    do { return try parameter.tensor.load() } catch { throw .read(error) }
  }

  private func row(_ options: AnalysisOptions, _ status: LayerRecord.Status, _ reason: String? = nil) -> LayerRecord {
    LayerRecord(
      layerID: layerID, name: name, kind: layer.kind.label, elementType: parameter.tensor.elementType.rawValue,
      shape: parameter.tensor.canonicalShape, slicing: options.slicing.rawValue, status: status, reason: reason,
      warnings: layer.note.map { [$0] } ?? [])
  }

  private func record(_ sliced: SlicedWeight, _ slices: [[Double]], _ options: AnalysisOptions) -> LayerRecord {
    let matrix = sliced.matrices[0]
    let spectrum = Spectrum(
      rows: matrix.rows, columns: matrix.columns, slices: slices, roundingUnit: options.precision.roundingUnit)
    var record = row(options, .ok)
    record.slices = slices.count
    record.receptiveField = sliced.receptiveField
    record.rows = spectrum.rows
    record.columns = spectrum.columns
    record.aspectRatio = spectrum.aspectRatio
    record.eigenvalueCount = spectrum.eigenvalues.count
    record.setMetrics(spectrum)
    record.setEdges(spectrum)
    record.setPowerLaw(spectrum, minimumEigenvalues: options.minimumEigenvalues)
    return record
  }
}

extension Precision {
  /// ε of the arithmetic.
  var roundingUnit: Double {
    switch self {
    case .double: Double.ulpOfOne
    case .single: Double(Float.ulpOfOne)
    }
  }
}

extension LayerRecord {
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

  /// Edges for WᵀW: those of convention A with Nσ² for σ².
  fileprivate mutating func setEdges(_ spectrum: Spectrum) {
    guard let norm, norm > 0, spectrum.columns > 1 else { return }
    let meanEigenvalue = norm / Double(spectrum.eigenvalues.count)
    let law = MarchenkoPastur(aspectRatio: spectrum.aspectRatio, variance: meanEigenvalue)
    sigmaMP = (meanEigenvalue / Double(spectrum.rows)).squareRoot()
    lambdaPlus = law.upperEdge
    lambdaMinus = law.lowerEdge
    softRank = law.upperEdge / spectrum.largest
  }

  fileprivate mutating func setPowerLaw(_ spectrum: Spectrum, minimumEigenvalues: Int) {
    let values = spectrum.positiveEigenvalues
    guard spectrum.columns > 1 else {
      reason = "M = 1: a vector has no spectrum to fit"
      return
    }
    guard values.count >= minimumEigenvalues else {
      reason = "\(values.count) positive eigenvalues are too few to fit, the minimum is \(minimumEigenvalues)"
      return
    }
    guard let fit = PowerLawFit(values) else {
      reason = "all eigenvalues are equal"
      return
    }
    alpha = fit.alpha
    distance = fit.distance
    sigma = fit.sigma
    xmin = fit.xmin
    xmax = spectrum.largest
    tailCount = fit.tailCount
    alphaWeighted = logSpectralNorm.map { fit.alpha * $0 }
    logAlphaNorm = SpectralCore.logAlphaNorm(spectrum.eigenvalues, alpha: fit.alpha)
    warnings += fit.caveats
  }
}

extension PowerLawFit {
  /// What makes the exponent doubtful, by the conditions under which it means something.
  fileprivate var caveats: [String] {
    var result: [String] = []
    if tailCount < PowerLawFit.credibleTailCount { result.append("only \(tailCount) eigenvalues in the tail") }
    if distance > PowerLawFit.credibleDistance { result.append("D is large for a power law") }
    return result
  }

  /// Below this many values almost any tail passes for a power law.
  private static let credibleTailCount = 20
  /// Heavy-tailed spectra have D of 0.01 to 0.06, bulk and spikes 0.08 to 0.10, Gaussian matrices 0.12 to 0.15.
  private static let credibleDistance = 0.06
}
