import Testing

@testable import LinearAlgebra

/// The tridiagonal matrix against LAPACK's eigenvalues of the band matrix that it comes from.
@Suite struct BulgeChaseTests {
  /// Symmetric, `BulgeChase.width` subdiagonals; what lies outside the band is there to be ignored.
  private func matrix(_ order: Int, _ element: (Int, Int) -> Double) -> AlignedBuffer<Double> {
    var buffer = AlignedBuffer<Double>(count: order * order)
    var span = buffer.mutableSpan
    for column in 0..<order {
      for row in column..<order { span[row + column * order] = element(row, column) }
    }
    return buffer
  }

  private func noise(_ row: Int, _ column: Int) -> Double {
    var bits = UInt64(row * 10_007 + column) &* 0x9E37_79B9_7F4A_7C15
    bits ^= bits >> 29
    bits = bits &* 0xBF58_476D_1CE4_E5B9
    return Double(bits >> 11) * 0x1p-52 - 1
  }

  private func chased(_ buffer: borrowing AlignedBuffer<Double>, _ order: Int, _ workers: Int = 1) throws -> [Double] {
    let chase = BulgeChase(bandOf: buffer.operand(leading: order), order: order)
    let tridiagonal = chase.run(workers: Workers(workers))
    #expect(tridiagonal.subdiagonal.last == 0)
    return try tridiagonal.eigenvalues()
  }

  private func expectAgreement(_ order: Int, _ element: (Int, Int) -> Double) throws {
    let banded = { (row: Int, column: Int) in row - column <= BulgeChase.width ? element(row, column) : 0 }
    var gram = GramMatrix<Double>(order: order)
    gram.elements = matrix(order, banded)
    let expected = try gram.directly()
    let found = try chased(matrix(order, element), order)
    let tolerance = 1e-13 * max(abs(expected.first ?? 0), abs(expected.last ?? 0))
    for (value, other) in zip(expected, found) { #expect(abs(value - other) <= tolerance) }
  }

  @Test(arguments: [1, 2, 3, 10, 48, 49, 50, 96, 97, 98, 150, 300])
  func eigenvaluesStay(order: Int) throws { try expectAgreement(order, noise) }

  /// Squares of these numbers are no numbers, or zero.
  @Test(arguments: [1e-300, 1e-160, 1e160, 1e300])
  func extremeScales(scale: Double) throws { try expectAgreement(120) { noise($0, $1) * scale } }

  /// Rows that fade away: reflections of what is far below the largest.
  @Test(arguments: [0.9, 0.5, 0.01])
  func gradedRows(ratio: Double) throws {
    try expectAgreement(200) { row, column in
      var factor = 1.0
      for _ in 0..<row + column { factor *= ratio }
      return noise(row, column) * factor
    }
  }

  @Test func whatIsDiagonalStays() throws {
    try expectAgreement(130) { $0 == $1 ? Double($0) - 60 : 0 }
    try expectAgreement(130) { _, _ in 0 }
    try expectAgreement(130) { $0 == $1 ? 1 : $0 == $1 + 1 ? 0.5 : 0 }
  }

  @Test(arguments: [2, 3, 7])
  func workersChangeNoBit(workers: Int) throws {
    let buffer = matrix(900, noise)
    #expect(try chased(buffer, 900, workers) == chased(buffer, 900))
  }
}
