import Analysis
import ModelReading
import SpectralCore
import Testing

/// Layers whose Gram matrix has no room, against the same layers with room.
@Suite struct PartialSpectrumTests {
  private func record(
    _ matrix: RandomMatrix, memory: Int = .max, threads: Int = 1, axes: [Axis] = [.output, .input],
    _ change: (inout AnalysisOptions) -> Void = { _ in }
  ) throws -> LayerRecord {
    var options = AnalysisOptions()
    options.precision = .double
    options.bootstrapCount = 0
    options.threadCount = threads
    options.maximumMemory = memory
    change(&options)
    return try analyze(matrix.model(axes: axes), path: "", options: options).layers[0]
  }

  /// A little less than the whole problem needs.
  private func tight(_ matrix: RandomMatrix) -> Int { (16 << 20) + matrix.columns * (matrix.columns * 8 + 2300) }

  private func agree(_ value: Double?, _ other: Double?, _ tolerance: Double) -> Bool {
    guard let value, let other else { return false }
    return abs(value - other) <= tolerance * abs(other)
  }

  static let ensembles: [(RandomEnsemble, rows: Int, columns: Int)] = [
    (.decayingSpikes(rank: 100), 700, 600), (.spiked(strengths: [4, 6, 10, 20]), 900, 600),
    (.powerLawCovariance(alpha: 2.2), 700, 600), (.symmetricPareto(mu: 1.5), 600, 600), (.gaussian, 900, 600),
    (.unequalNorms(deviation: 0.5), 800, 600),
  ]

  /// Norms are the same; an α that is reported is that of the whole spectrum, and so is every count and phase.
  @Test(arguments: ensembles) func whatIsReportedIsRight(ensemble: RandomEnsemble, rows: Int, columns: Int) throws {
    let matrix = ensemble.matrix(seed: 21, rows: rows, columns: columns)
    let (full, partial) = try (record(matrix), record(matrix, memory: tight(matrix)))
    #expect(full.spectrum == "full" && partial.spectrum == "partial" && partial.status == .ok)
    #expect(partial.warnings[0].label == .partialSpectrum && partial.eigenvalueCount == columns)
    #expect(agree(partial.norm, full.norm, 1e-12) && agree(partial.spectralNorm, full.spectralNorm, 1e-12))
    #expect(agree(partial.stableRank, full.stableRank, 1e-12) && agree(partial.entropy, full.entropy, 2e-3))
    #expect(partial.hardRank == nil && partial.rankLoss == nil)
    if partial.alpha != nil {
      #expect(agree(partial.alpha, full.alpha, 1e-9) && agree(partial.xmin, full.xmin, 1e-9))
      #expect(agree(partial.distance, full.distance, 1e-9) && partial.tailCount == full.tailCount)
      #expect(agree(partial.alphaTPL, full.alphaTPL, 1e-6) && partial.bestFit == full.bestFit)
      #expect(agree(partial.logAlphaNorm, full.logAlphaNorm, 1e-3))
    } else {
      #expect(partial.reason?.hasPrefix("the tail of the power law is not within 80 %") == true)
    }
    if let spikes = partial.spikeCount { #expect(spikes == full.spikeCount) }
    if let edge = partial.lambdaPlus { #expect(agree(edge, full.lambdaPlus, 0.01)) }
    if let ratio = partial.aspectRatioQuotient { #expect(agree(ratio, full.aspectRatioQuotient, 0.02)) }
    if let phase = partial.phase { #expect(phase == full.phase) }
  }

  /// A tail among the largest eigenvalues is found, whichever side comes first, with as many threads as there are.
  @Test func aTailInsideIsExact() throws {
    let matrix = RandomEnsemble.decayingSpikes(rank: 100).matrix(seed: 22, rows: 700, columns: 600)
    let full = try record(matrix)
    let expected = try record(matrix, memory: tight(matrix))
    #expect(agree(expected.alpha, full.alpha, 1e-9) && expected.tailCount == full.tailCount)
    let values = Column.all.map { $0.value(expected) }
    for threads in [2, 8] {
      let row = try record(matrix, memory: tight(matrix), threads: threads)
      #expect(Column.all.map { $0.value(row) } == values)
    }
    let transposed = try record(matrix, memory: tight(matrix), axes: [.input, .output])
    #expect(agree(transposed.alpha, full.alpha, 1e-9))
  }

  /// When the largest eigenvalues are all that differ from zero, nothing is left to estimate.
  @Test func aLowRankIsKnownWhole() throws {
    let matrix = RandomEnsemble.lowRank(rank: 40).matrix(seed: 23, rows: 700, columns: 600)
    let (full, partial) = try (record(matrix), record(matrix, memory: tight(matrix)))
    #expect(partial.spectrum == "full" && partial.warnings == full.warnings)
    #expect(partial.hardRank == 40 && partial.phase == full.phase && partial.rankLoss == 560)
    #expect(agree(partial.alpha, full.alpha, 1e-9) && agree(partial.entropy, full.entropy, 1e-9))
  }

  @Test(arguments: [0.0, .nan, .infinity]) func zerosAndWhatIsNoNumber(value: Double) throws {
    let matrix = RandomMatrix(rows: 600, columns: 600, values: [Double](repeating: value, count: 360_000))
    let (full, partial) = try (record(matrix), record(matrix, memory: tight(matrix)))
    #expect(partial.status == full.status && partial.reason == full.reason && partial.norm == full.norm)
    #expect(partial.hardRank == full.hardRank && partial.alpha == nil)
  }

  /// All eigenvalues equal, and each of a few more often than a block is wide.
  @Test func repeatedEigenvaluesHaveNoFalseTail() throws {
    var values = [Double](repeating: 0, count: 600 * 600)
    for index in 0..<600 { values[index * 601] = 1 }
    let equal = RandomMatrix(rows: 600, columns: 600, values: values)
    let row = try record(equal, memory: tight(equal))
    #expect(row.status == .ok && agree(row.spectralNorm, 1, 1e-12) && agree(row.stableRank, 600, 1e-12))
    for index in 0..<600 { values[index * 601] = Double(1 + index / 60) }
    let steps = RandomMatrix(rows: 600, columns: 600, values: values)
    let other = try record(steps, memory: tight(steps))
    #expect(agree(other.spectralNorm, 100, 1e-12) && other.alpha == nil)
  }

  @Test func whatNeedsTheWholeSpectrumSaysSo() throws {
    let matrix = RandomEnsemble.decayingSpikes(rank: 100).matrix(seed: 22, rows: 700, columns: 600)
    let studied = try record(matrix, memory: tight(matrix)) { $0.studies = [.randomized] }
    #expect(studied.alpha != nil && studied.warnings.contains { $0.label == .notStudied })
    let inverse = try record(matrix, memory: tight(matrix)) { $0.source = .inverse }
    #expect(inverse.status == .skipped && inverse.reason?.hasPrefix("needs ") == true)
    let little = try record(matrix, memory: 5 << 20)
    #expect(little.status == .skipped)
    #expect(little.reason?.contains(" for the largest eigenvalues alone, the limit is 5242880") == true)
  }
}
