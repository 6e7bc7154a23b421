/// A symmetric tridiagonal matrix.
struct Tridiagonal: Sendable {
  /// Scaled by a power of two, such that squares neither overflow nor, where they matter, underflow.
  let diagonal: [Double]
  /// As many, scaled as well, the last one unused.
  let subdiagonal: [Double]
  /// What was divided by.
  let scale: Double

  /// - Parameter scale: what the elements have been divided by already.
  init(diagonal: [Double], subdiagonal: [Double], scale: Double) {
    self.diagonal = diagonal
    self.subdiagonal = subdiagonal
    self.scale = scale
  }

  init(diagonal: [Double], subdiagonal: [Double]) {
    let largest = (diagonal + subdiagonal.dropLast()).reduce(0) { max($0, abs($1)) }
    let scale = largest > 0 ? largest.binade : 1
    self.init(diagonal: diagonal.map { $0 / scale }, subdiagonal: subdiagonal.map { $0 / scale }, scale: scale)
  }
}

extension GramMatrix where Element == Double {
  /// A tridiagonal matrix with the same eigenvalues.
  ///
  /// - Throws: `LinearAlgebraError` if the routine reports failure.
  consuming func tridiagonal() throws(LinearAlgebraError) -> Tridiagonal {
    var diagonal = [Double](repeating: 0, count: order)
    var subdiagonal = diagonal
    let status = Double.tridiagonalize(elements.operand(leading: order), order, &diagonal, &subdiagonal)
    guard status == 0 else { throw LinearAlgebraError(description: "sytrd reports \(status)") }
    return Tridiagonal(diagonal: diagonal, subdiagonal: subdiagonal)
  }
}
