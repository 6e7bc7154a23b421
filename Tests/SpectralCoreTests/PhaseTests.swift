import Foundation
import PhaseEnsembles
import SpectralCore
import Testing

@Suite struct PhaseTests {
  /// Seeds and sizes that played no part in choosing the thresholds.
  @Test func ensemblesOfKnownPhaseAreRecognised() throws {
    var wrong: [String] = []
    let members = PhaseEnsembles.members(rows: 300, columns: 110, seed: 9001)
    for member in members where try PhaseAnalysis(member.matrix.spectrum())?.phase != member.phase {
      wrong.append(member.name)
    }
    #expect(members.count == 26)
    #expect(wrong.count <= 2, "\(wrong)")
  }

  @Test func theFeaturesAddUp() throws {
    var matrix = RandomMatrix.gaussian(seed: 5, rows: 300, columns: 120)
    for index in 0..<5 { matrix[index, index] += 30 + 3 * Double(index) }
    let analysis = try #require(PhaseAnalysis(matrix.spectrum()))
    let bulk = try #require(analysis.bulk)
    #expect(analysis.farCount + analysis.shoulderCount == bulk.outlierCount)
    #expect(close(analysis.outlierShare, Double(bulk.outlierCount) / 120, 1e-15))
    #expect(analysis.zeroCount == 0)
    #expect(analysis.isBulkGood)
    #expect(analysis.isWithinValidation)
    #expect(try #require(analysis.separation) > bulk.edge)
  }

  @Test func theScaleDoesNotMatter() throws {
    let matrices = [
      RandomMatrix.gaussian(seed: 77, rows: 200, columns: 100),
      RandomMatrix.lomax(seed: 77, rows: 200, columns: 100, mu: 3),
    ]
    for matrix in matrices {
      let spectrum = try matrix.spectrum()
      let scaled = Spectrum(rows: 200, columns: 100, slices: [spectrum.eigenvalues.map { $0 * 1e-250 }])
      #expect(PhaseAnalysis(scaled)?.phase == PhaseAnalysis(spectrum)?.phase)
    }
  }

  @Test func zerosMakeARankCollapse() throws {
    let values = try RandomMatrix.gaussian(seed: 3, rows: 100, columns: 45).eigenvalues()
    let spectrum = Spectrum(rows: 100, columns: 50, slices: [[0, 0, 0, 0, 0] + values])
    let analysis = try #require(PhaseAnalysis(spectrum))
    #expect(analysis.phase == .rankCollapse)
    #expect(analysis.zeroCount == 5)
    #expect(analysis.zeroShare == 0.1)
  }

  @Test(arguments: [
    Spectrum(rows: 5, columns: 1, slices: [[2]]), Spectrum(rows: 4, columns: 3, slices: [[0, 0, 0]]),
    Spectrum(rows: 4, columns: 3, slices: [[1, 2, 3]]),
  ])
  func tooLittleHasNoPhase(spectrum: Spectrum) { #expect(PhaseAnalysis(spectrum) == nil) }

  @Test func rankOneIsACollapse() {
    let spectrum = Spectrum(rows: 10, columns: 8, slices: [[0, 0, 0, 0, 0, 0, 0, 5]])
    let analysis = PhaseAnalysis(spectrum)
    #expect(analysis?.phase == .rankCollapse)
    #expect(analysis?.bulk == nil)
  }
}

@Suite(.enabled(if: Golden.isPresent("expected_phases.json"))) struct GoldenPhaseTests {
  private static let sets = [
    ("g2", "g2_symparato_mu1.5_1000x500_evals"), ("g3", "g3_gauss_5spikes_1000x400_evals"),
    ("g8", "g8_lomax_mu3_600x300_evals"), ("g9", "g9_popcovPL2.5_1000x500_evals"),
    ("g10", "g10_gauss_512x512_evals"),
  ]

  @Test(arguments: sets)
  func labelsAndFeatures(key: String, file: String) throws {
    let expected = try #require(try Golden.json("expected_phases.json")[key] as? [String: Any])
    func number(_ name: String) -> Double { (expected[name] as? NSNumber)?.doubleValue ?? .nan }
    let (rows, columns) = (Int(number("N")), Int(number("M")))
    // The files hold eigenvalues of WᵀW/N.
    let values = try Golden.column(file + ".csv").map { $0 * Double(rows) }
    let spectrum = Spectrum(rows: rows, columns: columns, slices: [values])
    let analysis = try #require(PhaseAnalysis(spectrum))
    let bulk = try #require(analysis.bulk)
    #expect(analysis.phase.rawValue == expected["phase"] as? String)
    #expect(close(bulk.elementVariance, number("s2"), 1e-10))
    #expect(close(bulk.law.aspectRatio, number("Qeff"), 1e-14))
    #expect(close(bulk.law.upperEdge / Double(rows), number("lambda_plus"), 1e-10))
    #expect(close(bulk.softRank, number("Rmp"), 1e-10))
    #expect(close(bulk.score, number("t_max"), 1e-8))
    #expect(close(bulk.distance, number("D"), 1e-8))
    #expect(close(try #require(analysis.separation) / Double(rows), number("lambda_sep"), 1e-10))
    #expect(bulk.outlierCount == Int(number("n_out")))
    #expect(analysis.farCount == Int(number("n_sep")))
    #expect(analysis.shoulderCount == Int(number("n_shoulder")))
    #expect(close(bulk.noiseShare, number("eta"), 1e-10))
    let variance = NoiseVariance(spectrum)
    #expect(close(variance.elements, number("s2_elements"), 1e-12))
    #expect(close(variance.median, number("s2_median"), 1e-10))
    #expect(close(variance.bema, number("s2_bema"), 1e-10))
    #expect(close(variance.iterativeTrace.variance, number("s2_kn"), 1e-10))
    #expect(variance.iterativeTrace.outlierCount == Int(number("k_kn")))
    let traceLog = try #require(TraceLog(spectrum.eigenvalues))
    #expect(traceLog.count == Int(number("ERG_num")))
    // A Gaussian 512×512 has 375 and 60: a gap of 315.
    let tailCount = try #require(PowerLawFit(spectrum.positiveEigenvalues)).tailCount
    if key == "g10" { #expect(traceLog.gap(tailCount: tailCount) == 315) }
    #expect(analysis.spikes.count == (analysis.isBulkGood ? bulk.outlierCount : 0))
    let metrics = SpectralMetrics(spectrum)
    #expect(close(try #require(metrics.entropy), number("entropy"), 1e-10))
    #expect(close(try #require(metrics.stableRank), number("stable_rank"), 1e-10))
  }
}
