import SpectralCore
import Testing

@Suite struct RandomEnsembleTests {
  @Test(arguments: [(480, 240, 7), (300, 250, 8)] as [(Int, Int, UInt64)])
  func examplesShowTheirPhases(rows: Int, columns: Int, seed: UInt64) throws {
    for (index, example) in RandomEnsemble.examples(columns: columns).enumerated() {
      let matrix = example.ensemble.matrix(seed: seed + UInt64(index), rows: rows, columns: columns)
      #expect(PhaseAnalysis(try matrix.spectrum())?.phase == example.phase, "\(example.name)")
    }
  }

  @Test func examplesCoverEveryPhase() {
    #expect(Set(RandomEnsemble.examples(columns: 300).map(\.phase)) == Set(Phase.allCases))
  }

  @Test func signalsStandWhereTheTheoryPutsThem() throws {
    let (rows, columns) = (900, 300)
    let matrix = RandomEnsemble.spiked(strengths: [8]).matrix(seed: 3, rows: rows, columns: columns)
    let strength = 8 / 3.0.squareRoot()
    let spike = Spike(strength: strength, aspectRatio: 3)
    let position = try matrix.spectrum().largest / Double(rows)
    #expect(abs(position - spike.position) < 4 * spike.fluctuation(rows: rows))
    // The other way round it is the same matrix to the theory.
    let wide = RandomEnsemble.spiked(strengths: [8]).matrix(seed: 4, rows: columns, columns: rows)
    #expect(abs(try wide.spectrum().largest / Double(rows) - spike.position) < 4 * spike.fluctuation(rows: rows))
  }

  @Test func lowRankHasItsRankAndVariance() throws {
    let matrix = RandomMatrix.lowRank(seed: 5, rows: 200, columns: 120, rank: 30)
    let spectrum = try matrix.spectrum()
    #expect(spectrum.hardRank == 30)
    #expect(abs(spectrum.eigenvalues.reduce(0, +) / 24_000 - 1) < 0.1)
  }

  @Test func signalsLeaveNoEntryThatStandsOut() {
    let spiked = RandomEnsemble.spiked(strengths: [6, 6, 6]).matrix(seed: 1, rows: 400, columns: 200)
    #expect(spiked.values.map(abs).max()! < 6)
    let traps = RandomEnsemble.traps(count: 3).matrix(seed: 1, rows: 400, columns: 200)
    #expect(traps.values.count { abs($0) > 30 } == 3)
  }

  @Test func theSameSeedGivesTheSameMatrix() {
    for example in RandomEnsemble.examples(columns: 20) {
      let first = example.ensemble.matrix(seed: 11, rows: 30, columns: 20)
      #expect(first == example.ensemble.matrix(seed: 11, rows: 30, columns: 20))
      #expect(first != example.ensemble.matrix(seed: 12, rows: 30, columns: 20))
      #expect(first.values.allSatisfy { $0.isFinite })
    }
  }
}
