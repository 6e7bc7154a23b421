import Foundation
import Testing

@testable import SpectralCore

@Suite struct TailDeviationTests {
  /// ln x of values of a power law, or of one with a kink.
  private func sample(_ count: Int, seed: UInt64) -> [Double] {
    var random = PortableRandom(seed: seed)
    let values = (0..<count).map { _ in -log(random.uniform()) / 1.7 }
    return (seed % 2 == 0 ? values : values.map { $0 > 0.4 ? 2 * $0 : $0 }).sorted()
  }

  /// |F(x) − rank/n| of each value.
  private func deviations(_ logarithms: [Double], from start: Int, alpha: Double) -> [Double] {
    let count = logarithms.count - start
    return (0..<count).map { rank in
      abs(1 - exp((1 - alpha) * (logarithms[start + rank] - logarithms[start])) - Double(rank) / Double(count))
    }
  }

  @Test(arguments: [2, 3, 9, 40, 300, 2000], [1, 2, 3, 4] as [UInt64])
  func findsTheLargest(count: Int, seed: UInt64) throws {
    let logarithms = sample(count, seed: seed)
    for start in [0, count / 3] {
      let expected = try #require(deviations(logarithms, from: start, alpha: 2.6).max())
      var suspects = TailDeviation.Suspects()
      guard let deviation = TailDeviation(logarithms.span, from: start, alpha: 2.6, maximum: nil) else {
        Issue.record("the law has nothing")
        return
      }
      let largest = try #require(deviation.largest(below: .infinity, suspects: &suspects))
      #expect(abs(largest - expected) <= 1e-13)
    }
  }

  /// With and without suspects of what was asked before.
  @Test(arguments: [2, 3, 9, 40, 300, 2000], [1, 2, 3, 4] as [UInt64])
  func isBelowWhatIsAboveTheLargest(count: Int, seed: UInt64) throws {
    let logarithms = sample(count, seed: seed)
    guard let deviation = TailDeviation(logarithms.span, from: 0, alpha: 2.6, maximum: nil) else {
      Issue.record("the law has nothing")
      return
    }
    var suspects = TailDeviation.Suspects()
    let largest = try #require(deviation.largest(below: .infinity, suspects: &suspects))
    for bound in [largest / 2, largest.nextDown, largest, largest.nextUp, largest * 1.01, largest * 2, 1] {
      var fresh = TailDeviation.Suspects()
      #expect(deviation.isBelow(bound, suspects: &fresh) == (largest < bound))
      #expect(deviation.isBelow(bound, suspects: &suspects) == (largest < bound))
    }
  }
}
