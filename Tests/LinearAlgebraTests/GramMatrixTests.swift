import LinearAlgebra
import Testing

/// A row-major matrix of small test numbers.
private func entries(_ count: Int) -> [Double] {
  var state: UInt64 = 12345
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(Int64(bitPattern: state) >> 40) / Double(1 << 22)
  }
}

private func buffer(_ values: some Collection<Double>) -> AlignedBuffer<Double> {
  var result = AlignedBuffer<Double>(count: values.count)
  var span = result.mutableSpan
  for (index, value) in values.enumerated() { span[index] = value }
  return result
}

/// Eigenvalues by the cyclic Jacobi method, which shares no code with LAPACK.
private func jacobiEigenvalues(_ matrix: [Double], order: Int) -> [Double] {
  var a = matrix
  for _ in 0..<60 {
    for p in 0..<order {
      for q in (p + 1)..<max(order, p + 1) { rotate(&a, order: order, p, q) }
    }
  }
  return (0..<order).map { a[$0 * order + $0] }.sorted()
}

private func rotate(_ a: inout [Double], order: Int, _ p: Int, _ q: Int) {
  let off = a[p * order + q]
  guard abs(off) > 1e-300 else { return }
  let theta = (a[q * order + q] - a[p * order + p]) / (2 * off)
  let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
  let c = 1 / (t * t + 1).squareRoot()
  let s = t * c
  for k in 0..<order {
    let (x, y) = (a[k * order + p], a[k * order + q])
    (a[k * order + p], a[k * order + q]) = (c * x - s * y, s * x + c * y)
  }
  for k in 0..<order {
    let (x, y) = (a[p * order + k], a[q * order + k])
    (a[p * order + k], a[q * order + k]) = (c * x - s * y, s * x + c * y)
  }
}

/// WᵀW of a row-major matrix, element by element.
private func naiveGram(_ values: [Double], rows: Int, columns: Int) -> [Double] {
  var gram = [Double](repeating: 0, count: columns * columns)
  for i in 0..<columns {
    for j in 0..<columns {
      gram[i * columns + j] = (0..<rows).reduce(0) { $0 + values[$1 * columns + i] * values[$1 * columns + j] }
    }
  }
  return gram
}

private func expectClose(_ a: [Double], _ b: [Double], _ tolerance: Double) {
  #expect(a.count == b.count)
  for (x, y) in zip(a, b) { #expect(abs(x - y) <= tolerance) }
}

@Suite struct GramMatrixTests {
  @Test(arguments: [(1, 1), (5, 1), (4, 4), (7, 3), (40, 12)])
  func rowsGiveTheSpectrumOfTheNaiveProduct(rows: Int, columns: Int) throws {
    let values = entries(rows * columns)
    var gram = GramMatrix<Double>(order: columns)
    gram.add(rows: buffer(values), rowCount: rows)
    let expected = jacobiEigenvalues(naiveGram(values, rows: rows, columns: columns), order: columns)
    expectClose(try gram.eigenvalues(), expected, 1e-13 * max(expected.last ?? 0, 1))
  }

  @Test(arguments: [1, 2, 3, 7])
  func blocksOfRowsAddUp(blockSize: Int) throws {
    let (rows, columns) = (11, 4)
    let values = entries(rows * columns)
    var whole = GramMatrix<Double>(order: columns)
    whole.add(rows: buffer(values), rowCount: rows)
    var blocks = GramMatrix<Double>(order: columns)
    for start in stride(from: 0, to: rows, by: blockSize) {
      let end = min(start + blockSize, rows)
      blocks.add(rows: buffer(values[start * columns..<end * columns]), rowCount: end - start)
    }
    expectClose(try blocks.eigenvalues(), try whole.eigenvalues(), 1e-12)
  }

  @Test(arguments: [1, 3, 9])
  func blocksOfTransposedColumnsAddUp(blockSize: Int) throws {
    let (rows, columns) = (9, 5)
    let values = entries(rows * columns)
    var whole = GramMatrix<Double>(order: columns)
    whole.add(rows: buffer(values), rowCount: rows)
    var blocks = GramMatrix<Double>(order: columns)
    for start in stride(from: 0, to: rows, by: blockSize) {
      let end = min(start + blockSize, rows)
      // Wᵀ, row-major: M rows of the columns start ..< end.
      let block = (0..<columns).flatMap { column in (start..<end).map { values[$0 * columns + column] } }
      blocks.add(transposedColumns: buffer(block), columnCount: end - start)
    }
    expectClose(try blocks.eigenvalues(), try whole.eigenvalues(), 1e-12)
  }

  @Test func emptyBlocksChangeNothing() throws {
    var gram = GramMatrix<Double>(order: 3)
    gram.add(rows: AlignedBuffer<Double>(count: 0), rowCount: 0)
    gram.add(transposedColumns: AlignedBuffer<Double>(count: 0), columnCount: 0)
    #expect(try gram.eigenvalues() == [0, 0, 0])
  }

  @Test func orderZeroHasNoEigenvalues() throws {
    #expect(try GramMatrix<Double>(order: 0).eigenvalues().isEmpty)
  }

  @Test func orderOneIsTheSumOfSquares() throws {
    var gram = GramMatrix<Double>(order: 1)
    gram.add(rows: buffer([3, 4, 12]), rowCount: 3)
    #expect(try gram.eigenvalues() == [169])
  }

  @Test func aDiagonalMatrixHasItsSquares() throws {
    var gram = GramMatrix<Double>(order: 3)
    gram.add(rows: buffer([0, 0, -5, 2, 0, 0, 0, 1, 0]), rowCount: 3)
    expectClose(try gram.eigenvalues(), [1, 4, 25], 1e-13)
  }

  /// The 3×3 Hilbert matrix; its eigenvalues from the cubic x³ − 23/15 x² + 127/720 x − 1/2160.
  @Test func theHilbertMatrixHasItsEigenvaluesSquared() throws {
    var gram = GramMatrix<Double>(order: 3)
    let hilbert = [1, 2, 3, 2, 3, 4, 3, 4, 5].map { 1 / Double($0) }
    gram.add(rows: buffer(hilbert), rowCount: 3)
    let known = [0.002687340355773529, 0.12232706585390584, 1.4083189271236535].map { $0 * $0 }
    expectClose(try gram.eigenvalues(), known, 1e-14)
  }

  @Test func rankDeficiencyGivesZerosAndNothingNegative() throws {
    let (rows, columns) = (30, 10)
    let (left, right) = (entries(rows), entries(columns))
    let product = left.flatMap { x in right.map { x * $0 } }
    var gram = GramMatrix<Double>(order: columns)
    gram.add(rows: buffer(product), rowCount: rows)
    let values = try gram.eigenvalues()
    let largest = left.reduce(0) { $0 + $1 * $1 } * right.reduce(0) { $0 + $1 * $1 }
    #expect(values.allSatisfy { $0 >= 0 })
    #expect(abs(values[9] - largest) <= 1e-13 * largest)
    #expect(values[8] <= 10 * 2.3e-16 * largest)
  }

  @Test func equalEigenvaluesStayEqual() throws {
    var gram = GramMatrix<Double>(order: 4)
    gram.add(rows: buffer([2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2]), rowCount: 4)
    expectClose(try gram.eigenvalues(), [4, 4, 4, 4], 1e-14)
  }

  @Test func singlePrecisionAgreesToItsAccuracy() throws {
    let (rows, columns) = (60, 20)
    let values = entries(rows * columns)
    var exact = GramMatrix<Double>(order: columns)
    exact.add(rows: buffer(values), rowCount: rows)
    var single = AlignedBuffer<Float>(count: values.count)
    var span = single.mutableSpan
    for index in values.indices { span[index] = Float(values[index]) }
    var rounded = GramMatrix<Float>(order: columns)
    rounded.add(rows: single, rowCount: rows)
    let expected = try exact.eigenvalues()
    let tolerance = 20 * Double(Float.ulpOfOne) * (expected.last ?? 0)
    expectClose(try rounded.eigenvalues().map { Double($0) }, expected, tolerance)
  }

  @Test func theLibraryNamesItself() { #expect(BLAS.configuration.contains("OpenBLAS")) }
}
