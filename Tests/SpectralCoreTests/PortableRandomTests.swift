import SpectralCore
import Testing

@Suite struct PortableRandomTests {
  @Test func seedZeroGivesThePublishedNumbers() {
    var random = PortableRandom(seed: 0)
    #expect(
      (0..<3).map { _ in random.next() } == [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f])
  }

  @Test func uniformDeviatesOfSeed42() {
    var random = PortableRandom(seed: 42)
    for expected in [0.7415648788, 0.1599103929, 0.2786011303, 0.3441907165] {
      #expect(abs(random.uniform() - expected) < 1e-10)
    }
  }

  @Test func normalDeviatesOfSeed42() {
    var random = PortableRandom(seed: 42)
    for (value, expected) in zip(random.normals(4), [0.4147197504, 0.6526812222, -0.8918862136, 1.3268335628]) {
      #expect(abs(value - expected) < 1e-10)
    }
  }

  @Test func anOddCountIsAPrefixOfTheEvenOne() {
    var (odd, even) = (PortableRandom(seed: 9), PortableRandom(seed: 9))
    #expect(odd.normals(5) == Array(even.normals(6).prefix(5)))
    #expect(odd.normals(0).isEmpty)
  }

  @Test func indicesCoverTheirRange() {
    var random = PortableRandom(seed: 3)
    let seen = Set((0..<200).map { _ in random.index(below: 7) })
    #expect(seen == Set(0..<7))
  }

  @Test func generatorsHaveTheirMoments() {
    let uniform = RandomMatrix.uniform(seed: 1, rows: 100, columns: 50, sigma: 2).values
    #expect(abs(uniform.reduce(0) { $0 + $1 * $1 } / 5000 - 4) < 0.15)
    #expect(RandomMatrix.lomax(seed: 1, rows: 30, columns: 10, mu: 2).values.allSatisfy { $0 >= 0 })
    let pareto = RandomMatrix.symmetricPareto(seed: 1, rows: 100, columns: 10, mu: 2).values
    #expect(pareto.allSatisfy { abs($0) >= 1 })
    #expect(abs(pareto.count { $0 < 0 } - 500) < 80)
  }

  @Test func columnsAreScaled() {
    let matrix = RandomMatrix(rows: 2, columns: 2, values: [1, 2, 3, 4])
    #expect(matrix.scalingColumns(by: [10, 1]).values == [10, 2, 30, 4])
  }
}
