import Glibc

/// Gauss' quadrature Σ wᵢ f(θᵢ) for xᵀf(A)x with a unit vector x: an estimate of tr f(A)/n where x is random.
public struct LanczosQuadrature: Sendable, Equatable {
  /// θ, ascending.
  public let nodes: [Double]
  /// w ≥ 0, with a sum of 1.
  public let weights: [Double]
}

extension BlockLanczos {
  /// Quadratures for random vectors orthogonal to the first `deflated` columns of the basis, in what remains of A
  /// without these.
  ///
  /// Lanczos' method for each vector on its own, all of them side by side, without reorthogonalisation: that repeats
  /// nodes, but spoils no quadrature (Golub & Meurant 2010). Cost: a product with A in each step.
  ///
  /// - Parameters:
  ///   - vectors: how many random vectors.
  ///   - steps: nodes for each of them, fewer where these are exact.
  /// - Returns: the quadratures, and what they were after half of the steps.
  /// - Precondition: the columns are eigenvectors, `deflated` < `order`.
  public func quadratures(
    of a: some SymmetricOperator, without deflated: Int, vectors: Int, steps: Int, workers: Workers,
    normals: (Int) -> [Double]
  ) throws(LinearAlgebraError) -> (full: [LanczosQuadrature], half: [LanczosQuadrature]) {
    var panels = LanczosPanels(order: order, vectors: vectors, tall: TallProducts(rows: order, workers: workers))
    let v = deflationBasis
    panels.begin(normals, outOf: v, deflated)
    for _ in 0..<steps where panels.isActive { panels.step(a, outOf: v, deflated) }
    return (try panels.quadratures(steps: steps), try panels.quadratures(steps: (steps + 1) / 2))
  }
}

/// Three successive Lanczos vectors of several sequences, a column for each.
private struct LanczosPanels: ~Copyable {
  let order: Int
  let vectors: Int
  let tall: TallProducts
  private var previous: AlignedBuffer<Double>
  private var current: AlignedBuffer<Double>
  private var next: AlignedBuffer<Double>
  /// The tridiagonal matrix of each sequence.
  private var diagonals: [[Double]]
  private var subdiagonals: [[Double]]
  private var isDone: [Bool]

  init(order: Int, vectors: Int, tall: TallProducts) {
    self.order = order
    self.vectors = vectors
    self.tall = tall
    previous = AlignedBuffer(count: order * vectors)
    current = AlignedBuffer(count: order * vectors)
    next = AlignedBuffer(count: order * vectors)
    diagonals = Array(repeating: [], count: vectors)
    subdiagonals = Array(repeating: [], count: vectors)
    isDone = Array(repeating: false, count: vectors)
  }

  var isActive: Bool { isDone.contains(false) }

  mutating func begin(_ normals: (Int) -> [Double], outOf basis: MatrixOperand<Double>, _ deflated: Int) {
    let x = current.operand(leading: order)
    for column in 0..<vectors {
      for (row, value) in normals(order).enumerated() { x[row, column] = value }
    }
    project(x, outOf: basis, deflated)
    project(x, outOf: basis, deflated)
    for column in 0..<vectors {
      let length = dot(x, x, column).squareRoot()
      for row in 0..<order { x[row, column] /= length }
    }
  }

  mutating func step(_ a: some SymmetricOperator, outOf basis: MatrixOperand<Double>, _ deflated: Int) {
    let (x, y, z) = (
      previous.operand(leading: order), current.operand(leading: order), next.operand(leading: order)
    )
    a.multiply(y, columns: vectors, into: z, workers: tall.workers)
    for column in 0..<vectors {
      let beta = subdiagonals[column].last ?? 0
      for row in 0..<order { z[row, column] -= beta * x[row, column] }
      let alpha = dot(y, z, column)
      for row in 0..<order { z[row, column] -= alpha * y[row, column] }
      if !isDone[column] { diagonals[column].append(alpha) }
    }
    project(z, outOf: basis, deflated)
    for column in 0..<vectors {
      let beta = dot(z, z, column).squareRoot()
      let scale = diagonals[column].reduce(0) { max($0, abs($1)) }
      // What remains is rounding errors: the sequence has seen all that its vector touches.
      if beta <= Double(order).squareRoot() * .ulpOfOne * scale { isDone[column] = true }
      if !isDone[column] { subdiagonals[column].append(beta) }
      let factor = isDone[column] ? 0 : 1 / beta
      for row in 0..<order { z[row, column] *= factor }
    }
    swap(&previous, &current)
    swap(&current, &next)
  }

  private func project(_ x: MatrixOperand<Double>, outOf basis: MatrixOperand<Double>, _ deflated: Int) {
    guard deflated > 0 else { return }
    let coefficients = AlignedBuffer<Double>(count: deflated * vectors)
    tall.project(x, vectors, outOf: basis, deflated, into: coefficients.operand(leading: deflated))
  }

  private func dot(_ a: MatrixOperand<Double>, _ b: MatrixOperand<Double>, _ column: Int) -> Double {
    var sum = 0.0
    for row in 0..<order { sum += a[row, column] * b[row, column] }
    return sum
  }

  /// Eigenvalues of the tridiagonal matrices of the first steps, and the squared first components of their vectors.
  func quadratures(steps: Int) throws(LinearAlgebraError) -> [LanczosQuadrature] {
    try (0..<vectors).map { (column) throws(LinearAlgebraError) in
      let n = min(diagonals[column].count, steps)
      let matrix = AlignedBuffer<Double>(count: n * n)
      let t = matrix.operand(leading: n)
      for index in 0..<n { t[index, index] = diagonals[column][index] }
      for index in 0..<max(n - 1, 0) { t[index + 1, index] = subdiagonals[column][index] }
      let values = try BlockLanczos.eigenvectors(t, n)
      return LanczosQuadrature(nodes: values.map { max($0, 0) }, weights: (0..<n).map { t[0, $0] * t[0, $0] })
    }
  }
}
