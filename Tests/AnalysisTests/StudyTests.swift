import Analysis
import Glibc
import ModelReading
import SpectralCore
import TestSupport
import Testing

/// What is looked at beyond the spectrum.
@Suite struct StudyTests {
  private func record(
    _ matrix: RandomMatrix, _ studies: Studies, transposed: Bool = false, seed: UInt64 = 0
  ) throws -> LayerRecord {
    var options = AnalysisOptions()
    options.studies = studies
    options.seed = seed
    let graph = try matrix.model(axes: transposed ? [.input, .output] : [.output, .input])
    return try #require(analyze(graph, path: "", options: options).layers.first)
  }

  private let gaussian = RandomMatrix.gaussian(seed: 3, rows: 400, columns: 200)

  @Test func withoutStudiesNothingIsStudied() throws {
    let record = try record(gaussian, [])
    #expect(record.randomized == nil && record.vectors == nil && record.whitened == nil)
  }

  // MARK: Random order

  @Test func noiseStaysNoise() throws {
    let study = try #require(record(gaussian, .randomized).randomized)
    #expect(study.trapCount == 0)
    #expect(try #require(study.distance) < 0.01)
    #expect(try #require(study.powerLawDistance) > 0.06)
    #expect(try #require(study.meanSpike) < 0.1)
  }

  /// Five entries of sixty standard deviations are in no position and five traps.
  @Test func hugeEntriesAreTraps() throws {
    var matrix = gaussian
    for index in 0..<5 { matrix.values[index * 15_013] = 60 }
    #expect(try #require(record(matrix, .randomized).randomized).trapCount == 5)
  }

  /// What depends on position is gone: a spike of rank one is no trap.
  @Test func spikesAreNotTraps() throws {
    var matrix = gaussian
    for row in 0..<400 {
      for column in 0..<200 { matrix[row, column] += row % 2 == column % 2 ? 0.3 : -0.3 }
    }
    let record = try record(matrix, .randomized)
    #expect(record.spikeCount == 1)
    let study = try #require(record.randomized)
    #expect(study.trapCount == 0)
    #expect(study.largest < 0.5 * (try #require(record.spectralNorm)))
    #expect(try #require(study.distance) > 0.1)
  }

  /// The mean of the entries is a spike by itself, reported apart and taken off the traps.
  @Test func meansAreNotTraps() throws {
    var matrix = gaussian
    for index in matrix.values.indices { matrix.values[index] += 0.2 }
    let study = try #require(record(matrix, .randomized).randomized)
    #expect(study.trapCount == 0)
    // κ = h√Q, h = M · mean²/variance = 200 · 0.04.
    #expect(abs(try #require(study.meanSpike) - 8 * 2.0.squareRoot()) < 0.6)
  }

  @Test func orderDependsOnTheSeedAlone() throws {
    let first = try #require(record(gaussian, .randomized).randomized)
    #expect(try record(gaussian, .randomized).randomized == first)
    #expect(try record(gaussian, .randomized, seed: 1).randomized != first)
  }

  /// Stored the other way round it is the same matrix.
  @Test func transposedMatricesAreTheSame() throws {
    var turned = RandomMatrix(rows: 200, columns: 400, values: gaussian.values)
    for row in 0..<400 { for column in 0..<200 { turned[column, row] = gaussian[row, column] } }
    let studies: Studies = [.randomized, .vectors, .whitened]
    let (a, b) = (try record(gaussian, studies), try record(turned, studies))
    #expect(a.randomized == b.randomized)
    #expect(a.vectors == b.vectors)
    #expect(a.whitened == b.whitened)
    #expect(try record(turned, studies, transposed: true).randomized == a.randomized)
  }

  // MARK: Vectors

  @Test func vectorsOfNoiseAreRandom() throws {
    let record = try record(gaussian, .vectors)
    let study = try #require(record.vectors)
    let bulk = try #require(study.bulk)
    #expect(bulk.count + (study.tail?.count ?? 0) == 200)
    #expect(abs(bulk.participationScore) < 0.5 && abs(bulk.entropyScore) < 0.5)
    // Random unit vectors of dimension 200: P = (M/3)^¼, hist-entropy 4.05.
    #expect(abs(bulk.participationRatio.mean - 2.8574) < 0.05)
    #expect(abs(bulk.histogramEntropy.mean - 4.05) < 0.1)
    #expect(study.spikeInverseParticipations.isEmpty)
  }

  /// A spike on one column has its vector there.
  @Test func localisedSpikes() throws {
    var matrix = gaussian
    for row in 0..<400 { matrix[row, 17] *= 4 }
    let record = try record(matrix, .vectors)
    let study = try #require(record.vectors)
    #expect(study.spikeInverseParticipations.count == record.spikeCount)
    #expect(try #require(study.spikeInverseParticipations.first) > 0.8)
  }

  // MARK: Equal norms

  /// Noise whose neurons differ in norm: the phase is that of the norms, and the note says so.
  @Test func unequalNormsAreFound() throws {
    var random = PortableRandom(seed: 5)
    let factors = (0..<200).map { _ in random.normalPair().0 * 0.3 }.map { exp($0) }
    let record = try record(gaussian.scalingColumns(by: factors), .whitened)
    #expect(record.phase != "RANDOM-LIKE")
    #expect(record.whitened?.phase == "RANDOM-LIKE")
    #expect(record.warnings.contains { $0.label == .normsDiffer })
  }

  @Test func equalNormsAgree() throws {
    let record = try record(gaussian, .whitened)
    #expect(record.phase == "RANDOM-LIKE" && record.whitened?.phase == "RANDOM-LIKE")
    #expect(!record.warnings.contains { $0.label == .normsDiffer })
  }

  // MARK: Columns

  @Test func columnsOfTheStudiesComeBeforeTheOutcome() {
    let names = Column.columns(for: [.randomized, .vectors, .whitened]).map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.suffix(3) == ["status", "reason", "warning"])
    #expect(names.contains("num_traps") && names.contains("tail_part_z") && names.contains("phase_whitened"))
    #expect(Column.all.count == names.count - 7 - 23 - 3)
  }
}
