import Testing

@testable import Statistics

@Suite struct AssociationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var x: [Double]
    var y: [Double]
    var tau: Double
    var rho: Double
    var r: Double
    var slope: Double
    var intercept: Double
    var error: Double
    var testDescription: String { "\(x.count) pairs" }
  }

  /// By SciPy 1.15's kendalltau, spearmanr, pearsonr and linregress.
  static let cases = [
    Case(
      x: [1, 2, 3, 4, 5], y: [2, 1, 4, 3, 5], tau: 0.6, rho: 0.8, r: 0.8, slope: 0.8, intercept: 0.6,
      error: 0.848528137423857),
    Case(
      x: [1, 1, 2, 2, 3, 3, 4], y: [1, 2, 2, 3, 1, 4, 4], tau: 0.5, rho: 0.5566037735849058, r: 0.6054055145966813,
      slope: 0.6923076923076922, intercept: 0.8461538461538463, error: 0.9376144618769908),
    Case(
      x: [2.5, -1, 0, 7.25, 3.5, 3.5, 9, -4], y: [0.1, 0.2, 0.2, -5, 3, 2, 1, 0.2], tau: 0.0769800358919501,
      rho: 0.18408026012768097, r: -0.21206878714930716, slope: -0.11694344016177464, intercept: 0.515822047919603,
      error: 2.1513134475489046),
    Case(x: [1, 2, 3], y: [3, 2, 1], tau: -1, rho: -1, r: -1, slope: -1, intercept: 4, error: 0),
    Case(
      x: [-0.802, -1.324, -0.248, 0.42, 1.136, 0.11, -0.553, -0.785, 0.749, 1.635, 0.273, -1.233],
      y: [-1.359, 0.938, 0.079, -1.522, 0.484, -1.108, -0.906, -0.881, -0.339, 1.371, 0.073, -1.206],
      tau: 0.2424242424242424, rho: 0.3076923076923077, r: 0.4156480916437107, slope: 0.42229733030367816,
      intercept: -0.3427775883792594, error: 0.8289046780684421),
  ]

  @Test(arguments: cases) func agreesWithSciPy(expected: Case) throws {
    let found = Association(expected.x, expected.y, replicates: 50)
    for (value, truth) in [
      (found.kendall?.value, expected.tau), (found.spearman?.value, expected.rho), (found.pearson?.value, expected.r),
      (found.regression?.slope, expected.slope), (found.regression?.intercept, expected.intercept),
      (found.rootMeanSquareError?.value, expected.error),
    ] { #expect(abs(try #require(value) - truth) < 1e-14) }
  }

  @Test func intervalsComeFromTheSeed() throws {
    let data = AssociationTests.cases[4]
    let first = Association(data.x, data.y, seed: 7)
    #expect(first == Association(data.x, data.y, seed: 7) && first != Association(data.x, data.y, seed: 8))
    let interval = try #require(first.kendall?.interval)
    #expect(interval.contains(data.tau) && interval.lowerBound < -0.1 && interval.upperBound > 0.5)
    #expect(Association(data.x, data.y, replicates: 0).kendall?.interval == nil)
  }

  @Test func withoutDifferencesThereIsNoOrder() {
    let flat = Association([1, 1, 1], [1, 2, 3])
    #expect(flat.kendall == nil && flat.spearman == nil && flat.pearson == nil && flat.regression == nil)
    let level = Association([1, 2, 3], [5, 5, 5])
    #expect(level.kendall == nil && level.pearson == nil && level.regression?.slope == 0)
    #expect(Association([], []).count == 0 && Association([1], [1]).kendall == nil)
  }

  /// Against counting the pairs.
  @Test func tauOfManyPairs() throws {
    var state: UInt64 = 1
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return Double(state >> 60)
    }
    let (x, y) = ((0..<101).map { _ in next() }, (0..<101).map { _ in next() })
    var (difference, untiedX, untiedY) = (0.0, 0.0, 0.0)
    for i in x.indices {
      for j in 0..<i {
        let (dx, dy) = (x[i] - x[j], y[i] - y[j])
        difference += dx * dy > 0 ? 1 : dx * dy < 0 ? -1 : 0
        untiedX += dx == 0 ? 0 : 1
        untiedY += dy == 0 ? 0 : 1
      }
    }
    let truth = difference / (untiedX * untiedY).squareRoot()
    #expect(abs(try #require(kendallTau(x, y)) - truth) < 1e-14)
  }

  @Test func quantilesAsNumPyHasThem() {
    let values = [1.0, 2, 4, 8, 16, 32]
    #expect([0.025, 0.5, 0.975].map { quantile(values, $0) } == [1.125, 6, 30])
  }
}
