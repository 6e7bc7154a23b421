import SpectralCore
import Testing

@Suite struct MarchenkoPasturTests {
  /// Q, λ−, λ+, F(1), F(1.5) for σ² = 1.
  static let closedForms: [[Double]] = [
    [1, 0, 4, 0.608998, 0.727772],
    [1.3, 0.015115, 3.523347, 0.594970, 0.734508],
    [2, 0.085786, 2.914214, 0.576004, 0.754245],
    [2.05, 0.090944, 2.884665, 0.575047, 0.755703],
    [2.25, 0.111111, 2.777778, 0.571551, 0.761521],
    [3, 0.178633, 2.488034, 0.561783, 0.782713],
    [4.1, 0.256173, 2.231632, 0.552727, 0.811235],
    [6.12, 0.354947, 1.971851, 0.543067, 0.855937],
    [10, 0.467544, 1.732456, 0.533637, 0.920802],
  ]

  @Test(arguments: closedForms)
  func edgesAndDistribution(row: [Double]) {
    let law = MarchenkoPastur(aspectRatio: row[0])
    #expect(abs(law.lowerEdge - row[1]) < 1e-6)
    #expect(abs(law.upperEdge - row[2]) < 1e-6)
    #expect(abs(law.cumulative(1) - row[3]) < 1e-6)
    #expect(abs(law.cumulative(1.5) - row[4]) < 1e-6)
  }

  @Test(.enabled(if: Golden.isPresent("mp_pdf_cdf.csv")))
  func densityAndDistributionOfTheTable() throws {
    for row in try Golden.table("mp_pdf_cdf.csv") {
      let law = MarchenkoPastur(aspectRatio: row[0])
      // At the edges themselves the table's fifteen digits do not fix the density.
      if row[2] > 0 { #expect(abs(law.density(row[1]) - row[2]) < 1e-12) }
      #expect(abs(law.cumulative(row[1]) - row[3]) < 3e-14)
    }
  }

  @Test(arguments: [1, 1.7, 5] as [Double])
  func varianceScalesTheAxis(aspectRatio: Double) {
    let unit = MarchenkoPastur(aspectRatio: aspectRatio)
    let scaled = MarchenkoPastur(aspectRatio: aspectRatio, variance: 4)
    #expect(close(scaled.upperEdge, 4 * unit.upperEdge, 1e-15))
    #expect(close(scaled.cumulative(4.4), unit.cumulative(1.1), 1e-14))
    #expect(close(scaled.density(4.4), unit.density(1.1) / 4, 1e-14))
  }

  @Test(arguments: [1, 2, 7.5] as [Double])
  func theDensityIntegratesToTheDistribution(aspectRatio: Double) {
    let law = MarchenkoPastur(aspectRatio: aspectRatio)
    let (from, to) = (law.cumulative(0.9), law.cumulative(1.2))
    // Simpson's rule.
    let steps = 200
    let h = 0.3 / Double(steps)
    let sum = (0...steps).reduce(0.0) { sum, i in
      let weight = i == 0 || i == steps ? 1.0 : (i % 2 == 1 ? 4 : 2)
      return sum + weight * law.density(0.9 + Double(i) * h)
    }
    #expect(abs(sum * h / 3 - (to - from)) < 1e-10)
  }

  @Test func nothingLiesOutsideTheEdges() {
    let law = MarchenkoPastur(aspectRatio: 2)
    #expect(law.density(3) == 0)
    #expect(law.density(0.01) == 0)
    #expect(law.cumulative(0.01) == 0)
    #expect(law.cumulative(3) == 1)
    #expect(MarchenkoPastur(aspectRatio: 1).density(0) == 0)
  }
}
