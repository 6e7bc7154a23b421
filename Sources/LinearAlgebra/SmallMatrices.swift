/// Up to four small symmetric matrices, to be reduced to tridiagonal form at once, one in each lane of a vector.
struct SmallMatrices {
  private typealias Lanes = SIMD4<Double>

  private let order: Int
  /// Lower triangles, column by column.
  private var elements: [SIMD4<Double>]
  /// Powers of two that each matrix was divided by.
  private var scales: [Double] = []

  var isFull: Bool { scales.count == Lanes.scalarCount }

  init(order: Int) {
    self.order = order
    elements = [Lanes](repeating: .zero, count: order * order)
  }

  /// - Precondition: not full.
  mutating func add(_ gram: consuming GramMatrix<Double>) {
    let lane = scales.count
    let source = gram.elements.span
    var largest = 0.0
    for index in 0..<order { largest = max(largest, source[index * order + index]) }
    // Squares of the scaled elements neither overflow nor, where they matter, underflow.
    let scale = largest > 0 ? largest.binade : 1
    scales.append(scale)
    let inverse = 1 / scale
    for column in 0..<order {
      for index in column * order + column..<(column + 1) * order { elements[index][lane] = source[index] * inverse }
    }
  }

  /// Householder's reduction (Golub & Van Loan, algorithm 8.3.1).
  consuming func tridiagonal() -> [Tridiagonal] {
    let n = order
    var copy = elements
    var a = copy.mutableSpan
    var beside = [Lanes](repeating: .zero, count: n)
    var v = beside
    var w = beside
    for k in 0..<n - 1 {
      let (tau, beta) = reflect(a, k, into: &v)
      beside[k] = beta
      multiply(a, v, from: k + 1, into: &w)
      // w ← τ·A·v − ½τ²·(vᵀ·A·v)·v
      var product = Lanes.zero
      for i in k + 1..<n { product += w[i] * v[i] }
      let half = 0.5 * tau * tau * product
      for i in k + 1..<n { w[i] = tau * w[i] - half * v[i] }
      for j in k + 1..<n {
        let (vj, wj) = (v[j], w[j])
        for i in j..<n { a[j * n + i] -= v[i] * wj + w[i] * vj }
      }
    }
    let diagonal = (0..<n).map { a[$0 * n + $0] }
    return scales.indices.map { lane in
      Tridiagonal(
        diagonal: diagonal.map { $0[lane] }, subdiagonal: beside.map { $0[lane] }, scale: scales[lane])
    }
  }

  /// The vector v, of first element 1, and τ of the reflection 1 − τ·v·vᵀ that leaves only β of column `k` below the
  /// diagonal.
  private func reflect(
    _ a: borrowing MutableSpan<Lanes>, _ k: Int, into v: inout [Lanes]
  ) -> (tau: Lanes, beta: Lanes) {
    let n = order
    let first = a[k * n + k + 1]
    var squares = Lanes.zero
    for i in k + 2..<max(n, k + 2) { squares += a[k * n + i] * a[k * n + i] }
    let isDone = squares .== 0
    let norm = (first * first + squares).squareRoot()
    let beta = norm.replacing(with: -norm, where: first .>= 0)
    // Where nothing is to be done: τ = 0, and any divisor but zero.
    let tau = ((beta - first) / beta).replacing(with: 0, where: isDone)
    let inverse = 1 / (first - beta).replacing(with: 1, where: isDone)
    v[k + 1] = Lanes(repeating: 1)
    for i in k + 2..<max(n, k + 2) { v[i] = a[k * n + i] * inverse }
    return (tau, beta.replacing(with: first, where: isDone))
  }

  /// w ← A·v of the symmetric block that begins at `start`.
  private func multiply(_ a: borrowing MutableSpan<Lanes>, _ v: [Lanes], from start: Int, into w: inout [Lanes]) {
    let n = order
    for i in start..<n { w[i] = .zero }
    for j in start..<n {
      let vj = v[j]
      var sum = a[j * n + j] * vj
      for i in j + 1..<max(n, j + 1) {
        let element = a[j * n + i]
        w[i] += element * vj
        sum += element * v[i]
      }
      w[j] += sum
    }
  }
}
