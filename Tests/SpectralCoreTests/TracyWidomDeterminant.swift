import Glibc

/// ln F₁ of the Tracy–Widom law from its definition, by Gauss–Legendre quadrature (Bornemann 2010): slow, and of
/// nothing but formulas, so that the tables of the product can be compared with it.
enum TracyWidomDeterminant {
  private static let rule = GaussLegendre(count: 48)

  /// ln det(1 − K) = Σ ln(1 + p), p the pivots of elimination less 1.
  ///
  /// Keeping pivots less 1 preserves the small numbers of the upper tail. The
  /// matrix is symmetric and positive definite, so no pivoting is needed.
  static func logCumulative(_ s: Double) -> Double {
    var matrix = kernel(s)
    let count = rule.nodes.count
    var logarithm = 0.0
    for k in 0..<count {
      let pivot = matrix[k * count + k]
      logarithm += log1p(pivot)
      for i in (k + 1)..<max(count, k + 1) {
        let factor = matrix[i * count + k] / (1 + pivot)
        for j in k + 1...i { matrix[i * count + j] -= factor * matrix[j * count + k] }
      }
    }
    return logarithm
  }

  /// −√wᵢ Ai(xᵢ + xⱼ + s) √wⱼ, lower triangle. Beyond s + x = 15 the kernel is below 10⁻¹⁷ of its size.
  private static func kernel(_ s: Double) -> [Double] {
    let length = max(15 - s, 8)
    let count = rule.nodes.count
    let points = rule.nodes.map { length * ($0 + 1) / 2 }
    let roots = rule.weights.map { (length * $0 / 2).squareRoot() }
    var matrix = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0...i { matrix[i * count + j] = -roots[i] * airyAi(points[i] + points[j] + s) * roots[j] }
    }
    return matrix
  }
}
