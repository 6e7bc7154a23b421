import Glibc

/// Gauss' quadrature Σ wᵢ f(θᵢ) for xᵀf(A)x with a unit vector x: an estimate of tr f(A)/n where x is random.
public struct LanczosQuadrature: Sendable, Equatable {
  /// θ, ascending.
  public let nodes: [Double]
  /// w ≥ 0, with a sum of 1.
  public let weights: [Double]
}

/// Quadratures for random vectors orthogonal to eigenvectors that are known, in what remains of A without these.
///
/// Lanczos' method for each vector on its own, all of them side by side, without reorthogonalisation: that repeats
/// nodes, but spoils no quadrature (Golub & Meurant 2010).
public struct LanczosQuadratures: ~Copyable {
  private let order: Int
  private let vectors: Int
  private let deflated: Int
  // Three successive Lanczos vectors of each sequence, a column for each.
  private var previous: AlignedBuffer<Double>
  private var current: AlignedBuffer<Double>
  private var next: AlignedBuffer<Double>
  /// The tridiagonal matrix of each sequence.
  private var diagonals: [[Double]]
  private var subdiagonals: [[Double]]
  private var isDone: [Bool]
  private var stepCount = 0

  /// - Parameters:
  ///   - vectors: how many random vectors.
  ///   - deflated: the first columns of the basis, which are eigenvectors; fewer than its order.
  public init(
    vectors: Int, without deflated: Int, of lanczos: borrowing BlockLanczos, workers: Workers,
    normals: (Int) -> [Double]
  ) {
    precondition(deflated < lanczos.order, "something remains")
    order = lanczos.order
    self.vectors = vectors
    self.deflated = deflated
    previous = AlignedBuffer(count: order * vectors)
    current = AlignedBuffer(count: order * vectors)
    next = AlignedBuffer(count: order * vectors)
    diagonals = Array(repeating: [], count: vectors)
    subdiagonals = Array(repeating: [], count: vectors)
    isDone = Array(repeating: false, count: vectors)
    begin(normals, outOf: lanczos.deflationBasis, TallProducts(rows: order, workers: workers))
  }

  private func begin(_ normals: (Int) -> [Double], outOf basis: MatrixOperand<Double>, _ tall: TallProducts) {
    let x = current.operand(leading: order)
    for column in 0..<vectors {
      for (row, value) in normals(order).enumerated() { x[row, column] = value }
    }
    project(x, outOf: basis, tall)
    project(x, outOf: basis, tall)
    for column in 0..<vectors {
      let length = dot(x, x, column).squareRoot()
      for row in 0..<order { x[row, column] /= length }
    }
  }

  /// Goes on until there are so many nodes for each vector, or fewer where these are exact.
  ///
  /// Cost: a product with A in each step.
  /// - Precondition: the basis still begins with the same eigenvectors.
  public mutating func extend(
    to steps: Int, by a: some SymmetricOperator, of lanczos: borrowing BlockLanczos, workers: Workers
  ) {
    let tall = TallProducts(rows: order, workers: workers)
    while stepCount < steps, isDone.contains(false) {
      step(a, outOf: lanczos.deflationBasis, tall)
      stepCount += 1
    }
  }

  private mutating func step(_ a: some SymmetricOperator, outOf basis: MatrixOperand<Double>, _ tall: TallProducts) {
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
    project(z, outOf: basis, tall)
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

  private func project(_ x: MatrixOperand<Double>, outOf basis: MatrixOperand<Double>, _ tall: TallProducts) {
    guard deflated > 0 else { return }
    let coefficients = AlignedBuffer<Double>(count: deflated * vectors)
    tall.project(x, vectors, outOf: basis, deflated, into: coefficients.operand(leading: deflated))
  }

  private func dot(_ a: MatrixOperand<Double>, _ b: MatrixOperand<Double>, _ column: Int) -> Double {
    var sum = 0.0
    for row in 0..<order { sum += a[row, column] * b[row, column] }
    return sum
  }

  /// What the quadratures were after so many steps: eigenvalues of the tridiagonal matrices, and the squared first
  /// components of their vectors.
  public func quadratures(steps: Int) throws(LinearAlgebraError) -> [LanczosQuadrature] {
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
