import CKernels

/// A symmetric tridiagonal matrix.
struct Tridiagonal: Sendable {
  /// Scaled by a power of two, such that squares neither overflow nor, where they matter, underflow.
  let diagonal: [Double]
  /// As many, scaled as well, the last one zero.
  let subdiagonal: [Double]
  /// What was divided by.
  let scale: Double

  /// Reduces a Gram matrix in one go: the way for those that fit in the caches.
  ///
  /// In doubles whatever its own precision: so many steps in floats would add their roundings up.
  ///
  /// - Parameter a: `order` × `order`; only the lower triangle is read.
  init<Element: MatrixElement>(_ a: MatrixOperand<Element>, order: Int) {
    let group = Tridiagonal.group
    let rows = Tridiagonal.rows(order)
    // No element of a Gram matrix is larger than all of its diagonal.
    let largest = (0..<order).reduce(0) { max($0, Double(a[$1, $1])) }
    scale = largest > 0 ? largest.binade : 1
    let packed = AlignedBuffer<Double>(count: Tridiagonal.packedCount(order))
    let workspace = AlignedBuffer<Double>(count: 4 * rows)
    var start = 0
    for head in stride(from: 0, to: rows, by: group) {
      let target = packed.operand(leading: rows - head).at(start, 0)
      start += group * (rows - head)
      for column in head..<min(head + group, order) {
        for row in column..<order { target[row - head, column - head] = Double(a[row, column]) / scale }
        for row in head..<column { target[row - head, column - head] = Double(a[column, row]) / scale }
      }
    }
    var diagonal = [Double](repeating: 0, count: order)
    var subdiagonal = diagonal
    unsafe tridiagonal_reduce(packed.base, order, workspace.base, &diagonal, &subdiagonal)
    (self.diagonal, self.subdiagonal) = (diagonal, subdiagonal)
  }

  private static var group: Int { Int(TRIDIAGONAL_GROUP) }
  /// Filled up to whole groups.
  private static func rows(_ order: Int) -> Int { (order + group - 1) / group * group }
  private static func packedCount(_ order: Int) -> Int { (rows(order) + group) * rows(order) / 2 }

  /// What the reduction needs beside the matrix.
  static func workingBytes(order: Int) -> Int { (packedCount(order) + 6 * rows(order)) * MemoryLayout<Double>.size }

  /// Ascending.
  ///
  /// - Throws: `LinearAlgebraError` if the iteration does not converge.
  func eigenvalues() throws(LinearAlgebraError) -> [Double] {
    var (values, besides) = (diagonal, subdiagonal)
    let status = unsafe BLAS.routines.dsterf(Int32(values.count), &values, &besides)
    guard status == 0 else { throw LinearAlgebraError(description: "sterf reports \(status)") }
    return values.map { $0 * scale }
  }
}

extension GramMatrix {
  /// A tridiagonal matrix with the same eigenvalues.
  consuming func tridiagonal() -> Tridiagonal {
    Tridiagonal(elements.operand(leading: order), order: order)
  }
}
