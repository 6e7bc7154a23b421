import Glibc
import SpectralCore
import Testing

@Suite struct QuantileTests {
  /// Q, median, 10 % and 90 % quantile for σ² = 1.
  static let known: [[Double]] = [
    [1, 0.652776, 0.024725, 2.594571], [1.3, 0.736117, 0.088190, 2.381757], [2, 0.830466, 0.208890, 2.092695],
    [2.05, 0.834680, 0.215943, 2.078133], [2.25, 0.849627, 0.242444, 2.025004], [6.12, 0.945258, 0.498587, 1.598694],
    [3, 0.887681, 0.322451, 1.877247], [4.1, 0.918070, 0.404095, 1.741534], [10, 0.966565, 0.597744, 1.461662],
  ]

  @Test(arguments: known)
  func mediansAndDeciles(row: [Double]) {
    let law = MarchenkoPastur(aspectRatio: row[0])
    #expect(abs(law.quantile(0.5) - row[1]) < 1e-6)
    #expect(abs(law.quantile(0.1) - row[2]) < 1e-6)
    #expect(abs(law.quantile(0.9) - row[3]) < 1e-6)
  }

  /// Gavish & Donoho's thresholds in units of the median singular value: β, ω(β).
  @Test(arguments: [(0.1, 1.60877), (0.5, 2.17119), (1, 2.85836)])
  func thresholdsOverTheMedian(beta: Double, omega: Double) {
    let root = (beta * beta + 14 * beta + 1).squareRoot()
    let threshold = (2 * (beta + 1) + 8 * beta / (beta + 1 + root)).squareRoot()
    #expect(abs(threshold / MarchenkoPastur(aspectRatio: 1 / beta).quantile(0.5).squareRoot() - omega) < 6e-6)
  }

  @Test(.enabled(if: Golden.isPresent("mp_quantiles.csv")))
  func quantilesOfTheTable() throws {
    for row in try Golden.table("mp_quantiles.csv") {
      #expect(close(MarchenkoPastur(aspectRatio: row[0]).quantile(row[1]), row[2], 1e-10))
    }
  }

  @Test(arguments: [1, 1.01, 2, 30, 1000] as [Double])
  func theyInvertTheDistribution(aspectRatio: Double) {
    let law = MarchenkoPastur(aspectRatio: aspectRatio, variance: 2.5)
    let probabilities = (0...200).map { Double($0) / 200 }
    for (p, x) in zip(probabilities, law.quantiles(probabilities)) { #expect(abs(law.cumulative(x) - p) < 1e-11) }
    #expect(close(law.quantile(0), law.lowerEdge, 1e-12))
    #expect(close(law.quantile(1), law.upperEdge, 1e-14))
  }

  @Test func orderDoesNotMatter() {
    let law = MarchenkoPastur(aspectRatio: 3)
    let mixed = law.quantiles([0.9, 0.1, 0.5, 0.5])
    #expect(close(mixed[0], law.quantile(0.9), 1e-13))
    #expect(close(mixed[1], law.quantile(0.1), 1e-13))
    #expect(mixed[2] == mixed[3])
  }

  @Test(arguments: [1e-12, 1 - 1e-12])
  func extremeProbabilitiesStayInside(probability: Double) {
    for aspectRatio in [1.0, 4.0] {
      let law = MarchenkoPastur(aspectRatio: aspectRatio)
      let x = law.quantile(probability)
      #expect(x >= law.lowerEdge && x <= law.upperEdge)
    }
  }
}

@Suite struct QuarterCircleTests {
  @Test(arguments: [0.1, 0.7, 1, 1.9])
  func itIsTheLawOfSquareRoots(value: Double) {
    let law = MarchenkoPastur(aspectRatio: 1)
    #expect(abs(QuarterCircle().cumulative(value) - law.cumulative(value * value)) < 1e-14)
    #expect(abs(QuarterCircle().density(value) - 2 * value * law.density(value * value)) < 1e-13)
  }

  @Test func theRadiusScalesWithSigma() {
    let law = QuarterCircle(sigma: 3)
    #expect(law.radius == 6)
    #expect(law.cumulative(6) == 1)
    #expect(law.cumulative(0) == 0)
    #expect(law.density(6.1) == 0)
    #expect(close(law.mean, 24 / (3 * Double.pi), 1e-15))
    #expect(close(law.cumulative(3), QuarterCircle().cumulative(1), 1e-15))
  }
}
