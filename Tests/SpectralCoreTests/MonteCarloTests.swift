import Glibc
import LinearAlgebra
import SpectralCore
import Testing

/// What theory and published experiments say of random matrices, on matrices of our own.
@Suite struct NoiseOracleTests {
  /// N, M; S of the theory, drawn and its deviation; R_s from the edge, from the Tracy–Widom mean, drawn and its deviation.
  ///
  /// The deviation of S at 4096×384 is that of 24 draws elsewhere; the five of the table had half of it.
  @Test(arguments: [
    [512, 512, 0.91985, 0.91971, 0.00025, 128.0, 129.67, 129.7, 1.6],
    [4096, 384, 0.992123, 0.992085, 0.000036, 225.07, 226.49, 226.7, 1.6],
    [384, 192, 0.952449, 0.95225, 0.00044, 65.88, 67.21, 67.1, 1.1],
  ])
  func entropyAndStableRank(row: [Double]) throws {
    let (rows, columns) = (row[0], row[1])
    let aspectRatio = rows / columns
    #expect(abs(1 - 1 / (2 * aspectRatio * log(columns)) - row[2]) < 6e-6)
    let law = LargestEigenvalueLaw(rows: rows, columns: columns)
    let mean = law.center + TracyWidom.mean * law.scale
    #expect(abs(columns / MarchenkoPastur(aspectRatio: aspectRatio).upperEdge - row[5]) < 6e-3)
    #expect(abs(rows * columns / mean - row[6]) < 6e-3)
    let matrix = RandomMatrix.gaussian(seed: 201, rows: Int(rows), columns: Int(columns))
    let metrics = SpectralMetrics(try matrix.spectrum())
    #expect(abs(try #require(metrics.entropy) - row[3]) < 4 * row[4])
    #expect(abs(try #require(metrics.stableRank) - row[7]) < 4 * row[8])
  }

  /// ∫ x ln x dF = y/2, by the trapezium rule in the angle between the edges.
  @Test(arguments: [(1.0, 1e-9), (2, 1e-12), (3, 1e-12), (10, 1e-12)])
  func theIntegralBehindTheEntropy(aspectRatio: Double, tolerance: Double) {
    let law = MarchenkoPastur(aspectRatio: aspectRatio)
    let (middle, half) = ((law.upperEdge + law.lowerEdge) / 2, (law.upperEdge - law.lowerEdge) / 2)
    let count = 20_000
    let sum = (1..<count).reduce(0.0) { sum, step in
      let angle = Double.pi * Double(step) / Double(count)
      let x = middle - half * cos(angle)
      return sum + x * log(x) * law.density(x) * half * sin(angle)
    }
    #expect(abs(sum * .pi / Double(count) - 0.5 / aspectRatio) < tolerance)
  }

  /// Eigenvalues of noise above λ+: .136 on average, .170 in the limit.
  @Test func eigenvaluesBeyondTheEdge() throws {
    let edge = MarchenkoPastur(aspectRatio: 3).upperEdge * 300
    let counts = try (0..<150 as Range<UInt64>).map { seed in
      try RandomMatrix.gaussian(seed: 3000 + seed, rows: 300, columns: 100).eigenvalues().count { $0 > edge }
    }
    #expect(abs(Double(counts.reduce(0, +)) / 150 - 0.136) < 0.12)
  }

  /// Mean and deviation over six matrices 1000×500: elements, median, BEMA, trace, edge.
  @Test func variancesOfNoise() throws {
    let draws = try (1...6 as ClosedRange<UInt64>).map { seed in
      let spectrum = try RandomMatrix.gaussian(seed: 1000 * seed, rows: 1000, columns: 500).spectrum()
      let variance = NoiseVariance(spectrum)
      return [
        variance.elements, variance.median, variance.bema, variance.iterativeTrace.variance,
        try #require(variance.edge()),
      ]
    }
    let expected = [(1.0015, 0.0023), (1.0015, 0.0053), (1.0013, 0.0026), (1.0015, 0.0023), (0.987, 0.007)]
    for (index, (mean, deviation)) in expected.enumerated() {
      let values = draws.map { $0[index] }
      let found = values.reduce(0, +) / 6
      let digits = index == 4 ? 6e-4 : 6e-5
      #expect(abs(found - mean) < digits)
      let square = values.reduce(0) { $0 + ($1 - found) * ($1 - found) } / 6
      #expect(abs(square.squareRoot() - deviation) < digits)
    }
  }

  /// N, M, number of signals; elements, median, BEMA, trace, edge, density.
  @Test(arguments: [
    [1000, 500, 5, 1.0699, 1.008, 1.010, 0.995, 5.42, 1.049],
    [500, 500, 5, 1.099, 1.014, 1.015, 0.990, 5.52, 1.110],
    [1000, 500, 50, 1.326, 1.066, 1.082, 0.965, 12.9, 1.108],
  ])
  func variancesBesideSignals(row: [Double]) throws {
    let (rows, columns, count) = (Int(row[0]), Int(row[1]), Int(row[2]))
    let relative = count == 5 ? [3, 5, 8, 12, 20] : (1...count).map { Double(count + 1) / Double($0) }
    let sizes = relative.map { (row[0] * $0 * (row[1] / row[0]).squareRoot()).squareRoot() }
    var random = PortableRandom(seed: 77)
    var matrix = RandomMatrix.gaussian(seed: 202, rows: rows, columns: columns)
    matrix.addSignals(sizes, using: &random)
    let spectrum = try matrix.spectrum()
    let variance = NoiseVariance(spectrum)
    #expect(abs(variance.elements - row[3]) < 0.02)
    #expect(abs(variance.median - row[4]) < 0.025)
    #expect(abs(variance.bema - row[5]) < 0.02)
    #expect(abs(variance.iterativeTrace.variance - row[6]) < 0.015)
    #expect(abs(try #require(variance.edge()) / row[7] - 1) < 0.06)
    let density = try #require(
      WeightWatcherBulk(spectrum.eigenvalues, aspectRatio: spectrum.aspectRatio, columns: columns))
    let scale = spectrum.eigenvalues.reduce(0, +) / (row[0] * row[1])
    #expect(abs(density.sigma * density.sigma * scale - row[8]) < 0.05)
  }

  /// N, M, Q̂ and its deviation.
  @Test(arguments: [(1000, 500, 2.0006, 0.0049), (500, 500, 1.0011, 0.0018), (300, 100, 2.91, 0.05)])
  func floatingQ(rows: Int, columns: Int, expected: Double, deviation: Double) throws {
    let spectrum = try RandomMatrix.gaussian(seed: 203, rows: rows, columns: columns).spectrum()
    #expect(abs(try #require(FloatingAspectRatio(spectrum)).aspectRatio - expected) < 4 * deviation)
  }

  /// α of noise means nothing: D is .12 to .15.
  @Test(arguments: [500, 1000, 2000])
  func powerLawsOfNoiseAreFar(rows: Int) throws {
    let values = try RandomMatrix.gaussian(seed: 204, rows: rows, columns: 500).eigenvalues()
    let fit = try #require(PowerLawFit(values))
    #expect(fit.alpha > 4 && fit.distance > 0.11 && fit.distance < 0.165)
  }

  /// 1 + 1/E[ln(x/median) | x > median].
  @Test(arguments: [(1.0, 2.122), (2, 2.706), (4, 3.455), (10, 4.873)])
  func hillExponentsOfTheLaw(aspectRatio: Double, expected: Double) {
    let law = MarchenkoPastur(aspectRatio: aspectRatio)
    let median = law.quantile(0.5)
    let count = 4000
    let values = law.quantiles((0..<count).map { 0.5 + (Double($0) + 0.5) / Double(2 * count) })
    let mean = values.reduce(0) { $0 + log($1 / median) } / Double(count)
    #expect(abs(1 + 1 / mean - expected) < 6e-4)
  }
}

@Suite struct SpikeOracleTests {
  /// The same position by three other authors' formulas, and the same threshold.
  @Test(arguments: [(1.0, 1.3), (2, 0.9), (2, 5), (10, 0.7)])
  func formulasAgree(aspectRatio: Double, strength: Double) {
    let y = 1 / aspectRatio
    let spike = Spike(strength: strength, aspectRatio: aspectRatio)
    // Baik & Silverstein with ℓ = 1 + h.
    #expect(close(spike.position, (1 + strength) * (1 + y / (1 + strength - 1)), 1e-14))
    // Martin & Mahoney with S = ‖Δ‖₂/(σ√N), above S = Q^−¼.
    let size = strength.squareRoot()
    #expect(close(spike.position, (y + size * size) * (1 + 1 / (size * size)), 1e-14))
    #expect(spike.isDetectable == (size > pow(aspectRatio, -0.25)))
    // Benaych-Georges & Nadakuditi: λ = (1 + θ²)(y + θ²)/θ² with θ² = h.
    #expect(close(spike.position, (1 + strength) * (y + strength) / strength, 1e-14))
  }

  /// 1000×500; h, λ/σ², squared overlaps right and left, measured.
  @Test(arguments: [(2.0, 3.744, 0.701, 0.582), (5, 6.601, 0.890, 0.816)])
  func aDrawnSpike(strength: Double, position: Double, right: Double, left: Double) throws {
    let matrix = RandomMatrix.spiked(seed: 205, rows: 1000, columns: 500, strengths: [strength])
    var buffer = AlignedBuffer<Double>(count: matrix.values.count)
    var span = buffer.mutableSpan
    for index in matrix.values.indices { span[index] = matrix.values[index] }
    var gram = GramMatrix<Double>(order: 500)
    gram.add(rows: buffer, rowCount: 1000)
    let system = try gram.eigenSystem()
    let spike = Spike(strength: strength, aspectRatio: 2)
    let value = system.values[499]
    #expect(abs(value / 1000 - position) < 4 * spike.fluctuation(rows: 1000))
    let vector = system.vector(499)
    #expect(abs(vector[0] * vector[0] - right) < 0.05)
    let image = (0..<500).reduce(0) { $0 + matrix[0, $1] * vector[$1] }
    #expect(abs(image * image / value - left) < 0.05)
  }

  /// Deviation of λ/σ² at 400×200 over many draws of a fixed signal: .1882 and .2580, .1852 and .2535 measured.
  @Test(arguments: [(3.0, 0.1852), (6, 0.2535)])
  func fluctuationsOfDrawnSpikes(strength: Double, measured: Double) throws {
    let count = 80
    let positions = try (0..<count).map { draw in
      let seed = 7000 + UInt64(draw)
      return try RandomMatrix.spiked(seed: seed, rows: 400, columns: 200, strengths: [strength])
        .eigenvalues()[199] / 400
    }
    let mean = positions.reduce(0, +) / Double(count)
    let deviation = (positions.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
    #expect(abs(deviation / measured - 1) < 4 / Double(2 * count).squareRoot())
  }
}

@Suite struct PrecisionOracleTests {
  /// Squared singular values by one-sided Jacobi rotations, ascending: small ones keep their digits.
  private func squaredSingularValues(_ matrix: RandomMatrix) -> [Double] {
    var columns = (0..<matrix.columns).map { column in (0..<matrix.rows).map { matrix[$0, column] } }
    for _ in 0..<12 {
      for p in 0..<matrix.columns {
        for q in p + 1..<matrix.columns {
          var (a, b, c) = (0.0, 0.0, 0.0)
          for (x, y) in zip(columns[p], columns[q]) {
            a += x * x
            b += y * y
            c += x * y
          }
          if abs(c) <= 1e-16 * (a * b).squareRoot() { continue }
          let zeta = (b - a) / (2 * c)
          let tangent = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
          let cosine = 1 / (1 + tangent * tangent).squareRoot()
          let sine = cosine * tangent
          for row in 0..<matrix.rows {
            let (x, y) = (columns[p][row], columns[q][row])
            columns[p][row] = cosine * x - sine * y
            columns[q][row] = sine * x + cosine * y
          }
        }
      }
    }
    return columns.map { $0.reduce(0) { $0 + $1 * $1 } }.sorted()
  }

  /// The upper half to 3·10⁻¹⁴, the smallest to cond·ε.
  @Test(arguments: [(60, 60), (80, 40)])
  func gramMatricesAgainstSingularValues(rows: Int, columns: Int) throws {
    let matrix = RandomMatrix.gaussian(seed: 206, rows: rows, columns: columns)
    let exact = squaredSingularValues(matrix)
    let found = try matrix.eigenvalues()
    for index in columns / 2..<columns { #expect(close(found[index], exact[index], 3e-14)) }
    #expect(abs(found[0] - exact[0]) < 1e-15 * Double(columns) * exact[columns - 1])
  }

  private func singleEigenvalues(_ matrix: RandomMatrix) throws -> [Double] {
    var buffer = AlignedBuffer<Float>(count: matrix.values.count)
    var span = buffer.mutableSpan
    for index in matrix.values.indices { span[index] = Float(matrix.values[index]) }
    var gram = GramMatrix<Float>(order: matrix.columns)
    gram.add(rows: buffer, rowCount: matrix.rows)
    return try gram.eigenvalues().map { Double($0) }
  }

  /// What single precision does to α, and to the upper half of a spectrum.
  @Test func singlePrecisionIsEnoughForAlpha() throws {
    // Not only the Gram matrix but the solver too is in single precision: errors are a few ε of the largest
    // eigenvalue, and depend on the order of summation.
    let matrices = [
      (RandomMatrix.gaussian(seed: 1, rows: 1000, columns: 500), 5e-6),
      (RandomMatrix.powerLawCovariance(seed: 8008, rows: 1000, columns: 500, alpha: 2.5), 2e-5),
    ]
    for (matrix, tolerance) in matrices {
      let exact = try matrix.eigenvalues()
      let single = try singleEigenvalues(matrix)
      for index in 250..<500 { #expect(close(single[index], exact[index], tolerance)) }
      let fit = try #require(PowerLawFit(exact))
      let other = try #require(PowerLawFit(single))
      #expect(other.tailCount == fit.tailCount && abs(other.alpha - fit.alpha) < 5e-6 * fit.alpha)
      let rounded = RandomMatrix(rows: 1000, columns: 500, values: matrix.values.map { Double(Float($0)) })
      let mixed = try #require(PowerLawFit(rounded.eigenvalues()))
      #expect(abs(mixed.alpha - fit.alpha) < 7e-8 * fit.alpha)
    }
  }

  /// Once more of the largest than the tail has are known, the fit is that of all.
  @Test func theLargestEigenvaluesSuffice() throws {
    let values = try RandomMatrix.powerLawCovariance(seed: 22, rows: 2000, columns: 1000, alpha: 2.5).eigenvalues()
    let all = try #require(PowerLawFit(values))
    #expect(all.tailCount == 149 && close(all.alpha, 2.6312507572103994, 1e-11))
    let some = try #require(PowerLawFit(values.suffix(200)))
    #expect(some.tailCount == 149 && close(some.alpha, all.alpha, 1e-12) && close(some.distance, all.distance, 1e-12))
    #expect(abs(try #require(PowerLawFit(values.suffix(100))).alpha - 2.639) < 6e-4)
  }
}
