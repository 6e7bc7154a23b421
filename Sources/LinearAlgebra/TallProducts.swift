/// Products of tall matrices, `rows` × a few columns each, column-major.
///
/// Divided among threads by their shapes alone: the numbers do not depend on how many threads there are.
struct TallProducts {
  let rows: Int
  let workers: Workers

  /// C ← AᵀB for m columns A and n columns B.
  func inner(
    _ a: MatrixOperand<Double>, _ m: Int, _ b: MatrixOperand<Double>, _ n: Int, into c: MatrixOperand<Double>
  ) {
    let width = TallProducts.columnsPerPart
    workers.forEach((m + width - 1) / width) { part in
      let first = part * width
      Double.multiply(
        1, a.at(0, first).transposed, b, plus: 0, into: c.at(first, 0), min(width, m - first), n, rows)
    }
  }

  /// B ← B − A·C for m columns A and n columns B.
  func subtract(
    _ a: MatrixOperand<Double>, _ m: Int, times c: MatrixOperand<Double>, from b: MatrixOperand<Double>, _ n: Int
  ) {
    let strips = Strips(rows).ranges
    workers.forEach(strips.count) { index in
      let strip = strips[index]
      Double.multiply(
        -1, a.at(strip.lowerBound, 0), c, plus: 1, into: b.at(strip.lowerBound, 0), strip.count, n, m)
    }
  }

  /// B ← A·C in the place of A: m columns become n ≤ m.
  func replace(_ a: MatrixOperand<Double>, _ m: Int, byProductWith c: MatrixOperand<Double>, _ n: Int) {
    let height = TallProducts.rowsPerPart
    workers.forEach((rows + height - 1) / height) { part in
      let first = part * height
      let count = min(height, rows - first)
      let product = AlignedBuffer<Double>(count: count * n)
      let result = product.operand(leading: count)
      Double.multiply(1, a.at(first, 0), c, plus: 0, into: result, count, n, m)
      for column in 0..<n {
        for row in 0..<count { a[first + row, column] = result[row, column] }
      }
    }
  }

  /// Takes from n columns B what lies along m orthonormal columns A, and leaves how much that is in C.
  ///
  /// Once leaves rounding errors behind; twice is enough.
  func project(
    _ b: MatrixOperand<Double>, _ n: Int, outOf a: MatrixOperand<Double>, _ m: Int, into c: MatrixOperand<Double>
  ) {
    guard m > 0 else { return }
    inner(a, m, b, n, into: c)
    subtract(a, m, times: c, from: b, n)
  }

  private static let columnsPerPart = 128
  private static let rowsPerPart = 128
}
