import ModelReading
import SpectralCore
import TestSupport
import Testing

@testable import Analysis

@Suite struct FindingTests {
  /// The report on a model of these matrices.
  private func report(
    _ matrices: [(name: String, matrix: RandomMatrix)], kind: LayerKind = .dense, studies: Studies = [],
    isDifference: Bool = false, maximumMemory: Int = .max
  ) throws -> ModelReport {
    let layers = try matrices.map { name, matrix in
      let parameter = Parameter(.kernel, try matrix.tensor(name), aliases: name == "tied" ? ["other"] : [])
      return Layer(name: name, kind: kind, parameters: [parameter])
    }
    var options = AnalysisOptions()
    options.studies = studies
    options.isDifference = isDifference
    options.maximumMemory = maximumMemory
    let graph = LayerGraph(format: "test", variant: "", files: [], layers: layers, inventory: [])
    return try analyze(graph, path: "", options: options)
  }

  private func findings(_ ensemble: RandomEnsemble, studies: Studies = []) throws -> [Finding] {
    let matrix = ensemble.matrix(seed: 9, rows: 300, columns: 200)
    return try #require(report([("w", matrix)], studies: studies).layers.first).findings
  }

  private func constant(_ value: Double, rows: Int = 20, columns: Int = 20) -> RandomMatrix {
    RandomMatrix(rows: rows, columns: columns, values: [Double](repeating: value, count: rows * columns))
  }

  @Test func factsComeFirstThenTestsThenHeuristics() throws {
    for example in RandomEnsemble.examples(columns: 200) {
      let levels = try findings(example.ensemble).map { Finding.Level.allCases.firstIndex(of: $0.level)! }
      #expect(levels == levels.sorted() && !levels.isEmpty, "\(example.name)")
    }
  }

  /// A difference from another model that is noise, or nothing, is no sign of an untrained weight.
  @Test func differencesAreNotJudgedAsWeights() throws {
    let noise = RandomEnsemble.gaussian.matrix(seed: 9, rows: 300, columns: 200)
    let report = try report([("noise", noise), ("same", constant(0))], isDifference: true)
    #expect(report.layers[0].findings.isEmpty)
    #expect(report.layers[1].findings.map(\.severity) == [.note])
    #expect(report.findings.isEmpty)
  }

  @Test func noiseLooksUntrained() throws {
    let found = try findings(.gaussian)
    #expect(found.contains { $0.level == .test && $0.severity == .attention && $0.text.contains("looks untrained") })
    let alpha = try #require(found.first { $0.text.hasPrefix("α is not credible: ") })
    #expect(alpha.level == .heuristic && alpha.text.contains("D is large"))
    #expect(alpha.evidence.map(\.name) == ["alpha", "sigma", "D", "num_pl_spikes", "fit_p_value"])
  }

  @Test func smallNoiseSaysLittle() throws {
    let matrix = RandomMatrix.gaussian(seed: 2, rows: 60, columns: 30)
    let found = try #require(report([("w", matrix)]).layers.first).findings
    #expect(!found.contains { $0.text.contains("untrained") })
    #expect(
      found.contains { $0.text.hasPrefix("the phase is uncertain") && $0.evidence.map(\.name) == ["M", "phase"] })
  }

  @Test func spikesComeWithAPValue() throws {
    let finding = try #require(findings(.spiked(strengths: [5, 9])).first { $0.level == .test })
    #expect(finding.evidence.first == Finding.Evidence(name: "num_spikes", value: .integer(2)))
    #expect(finding.evidence.map(\.name).contains("tw_p_value"))
  }

  @Test func collapseAndItsRankLossAreSeen() throws {
    let found = try findings(.lowRank(rank: 100))
    #expect(found[0].level == .fact && found[0].severity == .attention)
    #expect(found[0].evidence.first == Finding.Evidence(name: "rank_loss", value: .integer(100)))
    #expect(found.contains { $0.text.hasPrefix("many eigenvalues are at or next to zero") })
  }

  @Test func trapsAndUnequalNormsAreSeenWhereStudied() throws {
    let traps = try findings(.traps(count: 4), studies: .randomized)
    #expect(traps.contains { $0.evidence == [.init(name: "num_traps", value: .integer(4))] && $0.level == .test })
    #expect(try !findings(.traps(count: 4)).contains { $0.text.contains("random order") })
    let norms = try findings(.unequalNorms(deviation: 0.4), studies: .whitened)
    #expect(
      norms.contains { $0.text.contains("unequal norms") && $0.evidence.map(\.name) == ["phase", "phase_whitened"] })
  }

  @Test func theMeanMakesASpike() throws {
    var matrix = RandomMatrix.gaussian(seed: 5, rows: 300, columns: 200)
    for index in matrix.values.indices { matrix.values[index] += 0.3 }
    let found = try #require(report([("w", matrix)], studies: .randomized).layers.first).findings
    #expect(found.contains { $0.evidence.map(\.name) == ["mean_spike"] })
  }

  /// The ranges of a credible exponent, of which each says something else.
  @Test(arguments: [
    (1.5, 0.1, "by more than two standard errors", Finding.Severity.attention),
    (1.95, 0.1, "within two standard errors", .note), (3.0, 0.1, "consistent with a trained layer", .note),
    (6.5, 0.3, "likelier", .note),
  ])
  func credibleExponents(alpha: Double, sigma: Double, text: String, severity: Finding.Severity) throws {
    let matrix = RandomEnsemble.powerLawCovariance(alpha: 2.5).matrix(seed: 1, rows: 300, columns: 200)
    var record = try #require(report([("w", matrix)]).layers.first)
    record.warnings = []
    record.universalityClass = nil
    record.alpha = alpha
    record.sigma = sigma
    let finding = try #require(record.findings.last)
    #expect(finding.text.contains(text) && finding.severity == severity)
    #expect(finding.evidence[0] == Finding.Evidence(name: "alpha", value: .number(alpha)))
    record.universalityClass = UniversalityClass.gaussian.rawValue
    #expect(record.findings.last?.text.contains("explains the spectrum") == true)
    record.warnings = [Caveat(label: .lowP, text: "the bootstrap rejects the power law")]
    #expect(record.findings.last?.text == "α is not credible: the bootstrap rejects the power law")
  }

  @Test func whatIsNoSpectrumIsAFact() throws {
    let zeros = try #require(report([("w", constant(0))]).layers.first).findings
    #expect(
      zeros == [
        Finding(
          level: .fact, severity: .problem, text: "all entries are zero",
          evidence: [.init(name: "norm", value: .number(0))])
      ])
    let vector = try #require(report([("w", constant(1, columns: 1))]).layers.first).findings
    #expect(vector[0].level == .fact && vector[0].text.hasPrefix("each matrix is a single vector"))
    let failed = try report([("w", constant(.nan))])
    #expect(failed.layers[0].findings.map(\.severity) == [.problem])
    #expect(failed.findings[0].severity == .problem && failed.findings[0].evidence[0].value == .integer(1))
    let skipped = try report([("w", constant(1))], maximumMemory: 10)
    #expect(skipped.layers[0].findings.map(\.severity) == [.note] && skipped.findings[0].text.contains("left out"))
  }

  @Test func embeddingsStandApart() throws {
    let matrix = RandomMatrix.gaussian(seed: 2, rows: 300, columns: 200)
    let found = try #require(report([("w", matrix)], kind: .embedding).layers.first).findings
    #expect(found.last?.text.hasPrefix("embeddings have a scale of their own") == true)
  }

  @Test func copiesAndTiesAreSeen() throws {
    let matrix = RandomMatrix.gaussian(seed: 2, rows: 40, columns: 30)
    let other = RandomMatrix.gaussian(seed: 3, rows: 40, columns: 30)
    let found = try report([
      ("a", matrix), ("b", other), ("c", matrix), ("tied", other.scalingColumns(by: [Double](repeating: 2, count: 30))),
    ]).findings
    #expect(found[0].text == "a and c have the same spectrum to the last bit: copies of each other")
    #expect(found[1].text == "tied is one weight under several names, also other")
  }

  @Test func modelsOfNoiseLookUntrained() throws {
    let noise = (0..<2).map { ("w\($0)", RandomMatrix.gaussian(seed: UInt64(7 + $0), rows: 300, columns: 200)) }
    let model = try report(noise)
    #expect(
      model.findings.contains { $0.level == .test && $0.evidence == [.init(name: "RANDOM-LIKE", value: .integer(2))] })
    #expect(model.summary.credible == 0 && model.findings.contains { $0.text.hasPrefix("no α is credible") })
    #expect(model.summary.means.first { $0.name == "alpha_credible" }?.value == nil)
    let mixed = try report(noise + [("h", RandomEnsemble.lomax(mu: 2.5).matrix(seed: 8, rows: 300, columns: 200))])
    #expect(!mixed.findings.contains { $0.level == .test })
    #expect(mixed.summary.credible == 1)
    #expect(mixed.summary.means.first { $0.name == "alpha_credible" }?.value == mixed.layers[2].alpha)
    let phases = try #require(mixed.findings.first { $0.text == "the phases of its weights" })
    #expect(phases.evidence.map(\.name) == ["RANDOM-LIKE", "HEAVY-TAILED"])
  }
}
