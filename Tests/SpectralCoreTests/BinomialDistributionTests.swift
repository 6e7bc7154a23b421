import Testing

@testable import SpectralCore

@Suite struct BinomialDistributionTests {
  @Test(arguments: [(1, 0.3), (12, 0.5), (300, 0.02), (300, 0.97), (20_000, 0.4)])
  func momentsAreThoseOfTheTrials(count: Int, probability: Double) {
    let distribution = BinomialDistribution(count: count, probability: probability)
    var random = PortableRandom(seed: 5)
    let draws = (0..<20_000).map { _ in Double(distribution.draw(&random)) }
    let mean = draws.reduce(0, +) / 20_000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    let expected = Double(count) * probability * (1 - probability)
    #expect(abs(mean - Double(count) * probability) < 4 * (expected / 20_000).squareRoot())
    #expect(abs(variance / expected - 1) < 0.05)
    #expect(draws.allSatisfy { (0...Double(count)).contains($0) })
  }

  @Test func whatIsSureIsSure() {
    var random = PortableRandom(seed: 6)
    let (none, all) = (BinomialDistribution(count: 9, probability: 0), BinomialDistribution(count: 9, probability: 1))
    for _ in 0..<100 {
      #expect(none.draw(&random) == 0)
      #expect(all.draw(&random) == 9)
    }
    #expect(BinomialDistribution(count: 0, probability: 0.5).draw(&random) == 0)
  }

  /// Every number as often as it should be.
  @Test func frequenciesOfFewTrials() {
    let distribution = BinomialDistribution(count: 4, probability: 0.25)
    var random = PortableRandom(seed: 7)
    var counts = [0, 0, 0, 0, 0]
    for _ in 0..<256_000 { counts[distribution.draw(&random)] += 1 }
    for (count, expected) in zip(counts, [81_000, 108_000, 54_000, 12_000, 1_000]) {
      #expect(abs(Double(count - expected)) < 5 * Double(expected).squareRoot())
    }
  }
}
