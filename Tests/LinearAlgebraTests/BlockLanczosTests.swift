import LinearAlgebra
import SpectralCore
import Testing

/// WᵀW of a matrix in memory.
private final class InMemory: SymmetricOperator {
  let rows: Int
  let order: Int
  private let block: AlignedBuffer<Double>

  init(matrix: RandomMatrix) {
    rows = matrix.rows
    order = matrix.columns
    var block = AlignedBuffer<Double>(count: rows * order)
    var span = block.mutableSpan
    for index in 0..<span.count { span[index] = matrix.values[index] }
    self.block = block
  }

  func multiply(_ x: MatrixOperand<Double>, columns: Int, into y: MatrixOperand<Double>, workers: Workers) {
    var product = GramProduct(of: x, order: order, columns: columns, into: y)
    product.add(rows: block, rowCount: rows, workers: workers)
  }

  /// All eigenvalues, descending.
  func eigenvalues() throws -> [Double] {
    var gram = GramMatrix<Double>(order: order)
    gram.add(rows: block, rowCount: rows)
    return try gram.eigenvalues().reversed()
  }
}

/// Normal deviates, one after the other.
private func normals(seed: UInt64) -> (Int) -> [Double] {
  var random = PortableRandom(seed: seed)
  return { random.normals($0) }
}

@Suite struct BlockLanczosTests {
  private func largest(
    _ a: InMemory, _ count: Int, window: Int? = nil, width: Int = 8, threads: Int = 1
  ) throws -> (ritz: RitzValues, products: Int) {
    let window = window ?? min(3 * count + 8 * width, a.order)
    var lanczos = BlockLanczos(order: a.order, width: width, capacity: window, normals: normals(seed: 1))
    let ritz = try lanczos.converge(
      count, window: window, tolerance: 1e-12, productLimit: 20 * a.order, by: a, workers: Workers(threads))
    return (ritz, lanczos.productCount)
  }

  static let ensembles: [RandomEnsemble] = [
    .gaussian, .spiked(strengths: [4, 6, 10]), .powerLawCovariance(alpha: 2.5), .symmetricPareto(mu: 1.5),
    .lowRank(rank: 40), .unequalNorms(deviation: 0.4),
  ]

  /// Within 1e-10 of the largest, as the bound says.
  @Test(arguments: ensembles, [1, 60]) func largestEigenvalues(ensemble: RandomEnsemble, count: Int) throws {
    let a = InMemory(matrix: ensemble.matrix(seed: 3, rows: 450, columns: 400))
    let exact = try a.eigenvalues()
    let found = try largest(a, count).ritz
    for index in 0..<count { #expect(abs(found.values[index] - exact[index]) <= 1e-12 * exact[0]) }
    #expect(found.errorBound(count: count) <= 1e-12 * exact[0])
  }

  /// Each eigenvalue as often as it occurs: W = W₀ ⊗ I has each six times.
  @Test func repeatedEigenvalues() throws {
    let small = RandomMatrix.gaussian(seed: 4, rows: 80, columns: 60)
    var values = [Double](repeating: 0, count: 480 * 360)
    for row in 0..<480 {
      for column in 0..<60 { values[row * 360 + column * 6 + row % 6] = small.values[row / 6 * 60 + column] }
    }
    let a = InMemory(matrix: RandomMatrix(rows: 480, columns: 360, values: values))
    let exact = try a.eigenvalues()
    let found = try largest(a, 50, width: 8).ritz
    for index in 0..<50 { #expect(abs(found.values[index] - exact[index]) <= 1e-12 * exact[0]) }
  }

  /// Of one eigenvalue only, and of nothing at all, blocks go on with random vectors.
  @Test(arguments: [0.0, 1.0]) func oneEigenvalue(value: Double) throws {
    var values = [Double](repeating: 0, count: 200 * 200)
    for index in 0..<200 { values[index * 201] = value }
    let found = try largest(InMemory(matrix: RandomMatrix(rows: 200, columns: 200, values: values)), 30).ritz
    #expect(found.values.allSatisfy { abs($0 - value) <= 1e-13 })
  }

  /// A basis of everything has all eigenvalues.
  @Test func completeBasis() throws {
    let a = InMemory(matrix: .gaussian(seed: 5, rows: 120, columns: 100))
    let exact = try a.eigenvalues()
    let found = try largest(a, 90, window: 100, width: 7)
    #expect(found.ritz.values.count == 100 && found.products == 100)
    for (value, expected) in zip(found.ritz.values, exact) {
      let error = abs(value - expected)
      #expect(error <= 1e-13 * exact[0])
    }
    #expect(found.ritz.errorBound(count: 100) == 0)
  }

  @Test func wideMatricesDoNotDependOnTheThreadCount() throws {
    let a = InMemory(matrix: .gaussian(seed: 6, rows: 60, columns: 1100))
    let expected = try largest(a, 20).ritz
    for threads in [2, 8] { #expect(try largest(a, 20, threads: threads).ritz == expected) }
  }

  /// ‖R‖, or ‖R‖² over the distance to the next value.
  @Test func errorBounds() {
    let ritz = RitzValues(values: [9, 5, 4, 3.9], residuals: [0, 0.01, 0.1, 0.5])
    #expect(ritz.errorBound(count: 1) == 0)
    #expect(abs(ritz.errorBound(count: 2) - 1e-4) <= 1e-16)
    // All three together are √0.0101 off at most, which is less than 0.0101 over the distance of 0.1 to the fourth.
    #expect(abs(ritz.errorBound(count: 3) - 0.0101.squareRoot()) <= 1e-15)
    #expect(ritz.convergedCount(upTo: 4, errorBound: 1e-3) == 2)
    #expect(ritz.convergedCount(upTo: 4, errorBound: 0) == 1)
  }
}

@Suite struct LanczosQuadratureTests {
  private func density(
    _ matrix: RandomMatrix, steps: Int, vectors: Int, seed: UInt64 = 2
  ) throws -> (density: StochasticDensity, quadratures: [LanczosQuadrature], exact: [Double]) {
    let a = InMemory(matrix: matrix)
    let lanczos = BlockLanczos(order: a.order, width: 1, capacity: 1, normals: normals(seed: 1))
    var sequences = LanczosQuadratures(
      vectors: vectors, without: 0, of: lanczos, workers: Workers(1), normals: normals(seed: seed))
    // In two goes, which must not show.
    for steps in [steps / 3, steps] { sequences.extend(to: steps, by: a, of: lanczos, workers: Workers(1)) }
    let found = try sequences.quadratures(steps: steps)
    let half = try sequences.quadratures(steps: (steps + 1) / 2)
    let exact = try Array(a.eigenvalues().reversed())
    let density = StochasticDensity(
      found.map { StochasticDensity.Quadrature(nodes: $0.nodes, weights: $0.weights) },
      half: half.map { StochasticDensity.Quadrature(nodes: $0.nodes, weights: $0.weights) }, steps: steps,
      count: a.order, sum: exact.reduce(0, +), upper: exact[exact.count - 1])
    return (density, found, exact)
  }

  /// The mean distance of quantiles, W₁.
  private func meanDistance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(a.count)
  }

  /// The largest difference of the distribution functions.
  private func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
    var index = 0
    var largest = 0.0
    for (rank, value) in b.enumerated() {
      while index < a.count, a[index] <= value { index += 1 }
      largest = max(largest, abs(Double(index - rank) - 0.5) / Double(a.count))
    }
    return largest
  }

  /// The figures of the theory for 2000×1000, 100 steps and 10 vectors: KS .015 to .023, W₁ below 4e-3 of the width
  /// (bound .06).
  @Test func figuresOfTheTheory() throws {
    let found = try density(.gaussian(seed: 7, rows: 2000, columns: 1000), steps: 100, vectors: 10)
    let (values, width) = (found.density.eigenvalues(), found.exact[999] - found.exact[0])
    #expect(found.density.meanDistanceBound <= 0.0604 * found.exact[999])
    #expect(meanDistance(values, found.exact) <= 4e-3 * width)
    let difference = largestDifference(values, found.exact)
    #expect(difference <= 0.023 && difference <= found.density.samplingError + found.density.quadratureError)
    for quadrature in found.quadratures {
      #expect(abs(quadrature.weights.reduce(0, +) - 1) <= 1e-12)
      #expect(quadrature.nodes == quadrature.nodes.sorted() && quadrature.nodes[0] >= 0)
    }
  }

  /// Eigenvalues that stand apart are nodes, to 1e-15; the density is as near as its errors say.
  @Test func heavyTails() throws {
    let matrix = RandomEnsemble.powerLawCovariance(alpha: 2.5).matrix(seed: 7, rows: 600, columns: 400)
    let found = try density(matrix, steps: 100, vectors: 10)
    let values = found.density.eigenvalues()
    #expect(meanDistance(values, found.exact) <= 4e-3 * found.exact[399])
    #expect(
      largestDifference(values, found.exact) <= found.density.samplingError + found.density.quadratureError)
    let largest = found.quadratures.compactMap(\.nodes.last).max()!
    #expect(abs(largest - found.exact[399]) <= 1e-14 * largest)
  }

  /// What is orthogonal to a vector's sequence is never seen, and exact values need few nodes.
  @Test func fewDistinctEigenvaluesAreExact() throws {
    var values = [Double](repeating: 0, count: 90 * 60)
    for index in 0..<60 { values[index * 61] = index < 20 ? 0 : index < 50 ? 1 : 2 }
    let found = try density(RandomMatrix(rows: 90, columns: 60, values: values), steps: 30, vectors: 40)
    #expect(found.quadratures.allSatisfy { $0.nodes.count == 3 })
    let estimated = found.density.eigenvalues()
    #expect(estimated.first == 0 && estimated.max()! <= 4)
    let zeroCount = estimated.count { $0 < 0.5 }
    #expect(abs(zeroCount - 20) <= 4)
  }

  /// A third of the eigenvalues at zero stay there; nothing is between them and the others.
  @Test func zerosAreApart() throws {
    let matrix = RandomEnsemble.lowRank(rank: 400).matrix(seed: 8, rows: 800, columns: 600)
    let estimated = try density(matrix, steps: 100, vectors: 10).density.eigenvalues()
    let zeros = estimated.count { $0 <= 1e-9 * estimated[599] }
    #expect(abs(zeros - 200) <= 20)
    #expect(estimated[zeros] > 1e-4 * estimated[599])
  }
}
