import CKernels

/// The eigenvalues of several symmetric tridiagonal matrices at once, one in each lane of a vector.
struct TridiagonalBatch {
  /// How many matrices fit: those of two vectors.
  static let capacity = 2 * Int(QL_LANES)

  /// Of each row, its number in each matrix.
  private var diagonal: [Double]
  /// The squares of the elements below the diagonal, as many, the last row's unused.
  private var squares: [Double]
  private let order: Int
  private let width: Int
  private let scales: [Double]

  /// - Parameter matrices: up to `capacity`, of one order.
  init(_ matrices: ArraySlice<Tridiagonal>) {
    order = matrices.first?.diagonal.count ?? 0
    width = matrices.count > Int(QL_LANES) ? 2 * Int(QL_LANES) : Int(QL_LANES)
    scales = matrices.map(\.scale)
    diagonal = [Double](repeating: 0, count: order * width)
    squares = diagonal
    for (lane, matrix) in matrices.enumerated() {
      for row in 0..<order {
        diagonal[row * width + lane] = matrix.diagonal[row]
        squares[row * width + lane] = matrix.subdiagonal[row] * matrix.subdiagonal[row]
      }
    }
  }

  /// Of each matrix, ascending.
  ///
  /// - Throws: `LinearAlgebraError` if an eigenvalue takes more steps than any should.
  func eigenvalues() throws(LinearAlgebraError) -> [[Double]] {
    let least = (0..<width).map(negligibleSquare)
    let vectors = Int32(width / Int(QL_LANES))
    var (values, besides) = (diagonal, squares)
    guard unsafe ql_iterate(&values, &besides, order, vectors, least) != 0 else {
      throw LinearAlgebraError(description: "an eigenvalue is not found in the steps that all others need")
    }
    return scales.enumerated().map { lane, scale in
      (0..<order).map { TridiagonalBatch.withoutTraces(values[$0 * width + lane]) * scale }.sorted()
    }
  }

  /// What changes no eigenvalue by more than a part of the rounding unit.
  private func negligibleSquare(_ lane: Int) -> Double {
    var largest = 0.0
    for index in stride(from: lane, to: order * width, by: width) {
      largest = max(largest, diagonal[index] * diagonal[index], squares[index])
    }
    return largest * (0x1p-56 * 0x1p-56)
  }

  /// The iteration puts 1e-100 where it would divide by zero: zero for the sum of a few such things.
  private static func withoutTraces(_ value: Double) -> Double { abs(value) < 1e-90 ? 0 : value }
}
