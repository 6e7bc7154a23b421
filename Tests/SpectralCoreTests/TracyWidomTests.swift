import Glibc
import SpectralCore
import Testing

@Suite struct TracyWidomTests {
  static let knownCumulative: [[Double]] = [
    [-2, 0.274320198], [-1, 0.583789896], [0, 0.831908066], [1, 0.951421237], [2, 0.989597571],
  ]
  static let knownQuantiles: [[Double]] = [
    [0.01, -3.895433], [0.05, -3.180380], [0.5, -1.268575], [0.9, 0.450143], [0.95, 0.979316], [0.975, 1.453771],
    [0.99, 2.023449], [0.995, 2.422327], [0.999, 3.272196], [0.9999, 4.359420],
  ]

  @Test(arguments: knownCumulative)
  func distribution(row: [Double]) {
    #expect(abs(TracyWidom.cumulative(row[0]) - row[1]) < 1e-9)
    #expect(abs(TracyWidom.survival(row[0]) - (1 - row[1])) < 1e-9)
  }

  @Test(arguments: knownQuantiles)
  func quantiles(row: [Double]) {
    #expect(abs(TracyWidom.quantile(row[0]) - row[1]) < 1e-6)
    #expect(abs(TracyWidom.upperQuantile(1 - row[0]) - row[1]) < 1e-6)
  }

  @Test(.enabled(if: Golden.isPresent("tw1_cdf.csv")))
  func theTable() throws {
    for row in try Golden.table("tw1_cdf.csv") { #expect(abs(TracyWidom.cumulative(row[0]) - row[1]) < 1e-9) }
    for row in try Golden.table("tw1_quantiles.csv") {
      #expect(abs(TracyWidom.quantile(row[0]) - row[1]) < 1e-8)
    }
  }

  @Test func theConstantsAreItsOwn() {
    #expect(abs(TracyWidom.upperQuantile(0.001) - TracyWidom.quantile999) < 1e-8)
    #expect(abs(TracyWidom.upperQuantile(0.01) - TracyWidom.quantile99) < 1e-8)
    // Simpson's rule for the mean and variance: ∫ x dF by parts.
    let h = 0.25
    let points = (0...64).map { -8 + Double($0) * h }
    func integral(_ f: (Double) -> Double) -> Double {
      points.enumerated().reduce(0.0) { sum, point in
        let ends = point.offset == 0 || point.offset == points.count - 1
        return sum + (ends ? 1 : point.offset % 2 == 1 ? 4 : 2) * f(point.element)
      } * h / 3
    }
    let mean = 8 - integral { TracyWidom.cumulative($0) }
    #expect(abs(mean - TracyWidom.mean) < 1e-6)
    let square = 64 - integral { 2 * $0 * TracyWidom.cumulative($0) }
    #expect(abs((square - mean * mean).squareRoot() - TracyWidom.standardDeviation) < 1e-6)
    #expect(abs(TracyWidom.mean + 1.20653) < 6e-6)
    #expect(abs(TracyWidom.standardDeviation * TracyWidom.standardDeviation - 1.6077810346) < 1e-9)
    let cube = 512 - integral { 3 * $0 * $0 * TracyWidom.cumulative($0) }
    let central = cube - 3 * mean * square + 2 * mean * mean * mean
    #expect(abs(central / pow(TracyWidom.standardDeviation, 3) - 0.29346452) < 2e-5)
  }

  @Test func theExpansionsAreThoseOfTheDeterminant() {
    for step in 0...520 {
      let s = -9 + Double(step) * 0.05
      let expected = TracyWidomDeterminant.logCumulative(s)
      // Far down the determinant itself loses digits, though not of F₁; far up ln F₁ is −(1 − F₁).
      #expect(abs(TracyWidom.cumulative(s) - exp(expected)) < 1e-12, "at \(s)")
      if s > -5 { #expect(close(log(TracyWidom.cumulative(s)), expected, 2e-9) || s > 0, "at \(s)") }
      if s > 0 { #expect(close(log1p(-TracyWidom.survival(s)), expected, 1e-10), "at \(s)") }
    }
  }

  @Test func tailsKeepTheirDigits() {
    #expect(TracyWidom.cumulative(-20) == 0)
    #expect(TracyWidom.survival(-20) == 1)
    #expect(TracyWidom.survival(500) >= 0)
    #expect(TracyWidom.survival(1e6) == 0)
    // Far out 1 − F ≈ ½∫_s^∞ Ai, whose leading term is e^(−⅔s^1.5)/(4√π s^0.75).
    let leading = exp(-2 * 40 * 40.0.squareRoot() / 3) / (4 * Double.pi.squareRoot() * pow(40, 0.75))
    #expect(abs(TracyWidom.survival(40) / leading - 1) < 0.02)
    var previous = 1.0
    for step in -8...20 {
      let value = TracyWidom.survival(Double(step))
      #expect(value <= previous)
      previous = value
    }
    for p in [1e-3, 1e-15] {
      #expect(close(TracyWidom.survival(TracyWidom.upperQuantile(p)), p, 1e-8))
    }
  }
}

@Suite struct LargestEigenvalueLawTests {
  /// N, M, μ/N, σ/N, mean, 99 % and 99.9 % of λmax/N; WeightWatcher's margin √(Q^−½ λ+^⅔ M^−⅔) in units of σ/N.
  static let known: [[Double]] = [
    [300, 100, 2.480850, 0.049165, 2.421532, 2.580331, 2.641728, 4.51],
    [500, 500, 3.996000, 0.039987, 3.947756, 4.076909, 4.126844, 5.00],
    [1000, 500, 2.912153, 0.022896, 2.884529, 2.958480, 2.987073, 6.61],
    [4096, 384, 1.705442, 0.008275, 1.695459, 1.722185, 1.732519, 10.99],
    [2000, 1000, 2.913183, 0.014425, 2.895779, 2.942371, 2.960385, 8.33],
    [4096, 4096, 3.999512, 0.009843, 3.987636, 4.019428, 4.031719, 10.08],
  ]

  @Test(arguments: known)
  func centerAndScale(row: [Double]) {
    let law = LargestEigenvalueLaw(rows: row[0], columns: row[1])
    #expect(abs(law.center / row[0] - row[2]) < 1e-6)
    #expect(abs(law.scale / row[0] - row[3]) < 1e-6)
    #expect(abs((law.center + TracyWidom.mean * law.scale) / row[0] - row[4]) < 2e-6)
    #expect(abs((law.center + TracyWidom.quantile99 * law.scale) / row[0] - row[5]) < 4e-6)
    #expect(abs((law.center + TracyWidom.quantile999 * law.scale) / row[0] - row[6]) < 1e-6)
    let edge = MarchenkoPastur(aspectRatio: row[0] / row[1]).upperEdge
    let unit = (row[1] / row[0]).squareRoot() * pow(edge / row[1], 2.0 / 3)
    #expect(abs(unit.squareRoot() / (law.scale / row[0]) - row[7]) < 6e-3)
    #expect(abs(unit / (law.scale / row[0]) - 1) < 2 / row[1])
  }

  @Test func pooledSlicesRaiseTheBar() {
    let single = LargestEigenvalueLaw.criticalScore(significance: 0.001, sliceCount: 1)
    let pooled = LargestEigenvalueLaw.criticalScore(significance: 0.001, sliceCount: 9)
    #expect(abs(single - TracyWidom.quantile999) < 1e-7)
    #expect(pooled > single)
    #expect(close(LargestEigenvalueLaw.pValue(score: pooled, sliceCount: 9), 0.001, 1e-6))
  }

  @Test func scoresAreInUnitsOfTheLaw() {
    let law = LargestEigenvalueLaw(rows: 300, columns: 100)
    #expect(law.score(law.center) == 0)
    #expect(close(law.score(law.center + 2 * law.scale), 2, 1e-12))
  }
}
