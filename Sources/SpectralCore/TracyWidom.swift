import Glibc

/// The Tracy–Widom law TW₁: the limit of the largest eigenvalue of WᵀW for a
/// real matrix of independent entries, centred and scaled by `LargestEigenvalueLaw`.
///
/// F₁(s) = det(1 − K), K(x, y) = Ai(x + y + s) on (0, ∞) (Ferrari & Spohn 2005),
/// by Gauss–Legendre quadrature (Bornemann 2010). Mean −1.20653, variance 1.60768.
public enum TracyWidom {
  /// 99.9 % quantile.
  public static let quantile999 = 3.2721960590
  /// 99 % quantile.
  public static let quantile99 = 2.0234492814
  public static let mean = -1.2065335745
  /// √1.6077810345.
  public static let standardDeviation = 1.2679830577

  /// F₁(s): error below 10⁻⁹. 0 for s < −9, where it is below 10⁻¹³.
  public static func cumulative(_ s: Double) -> Double { s < lowest ? 0 : min(exp(logCumulative(s)), 1) }

  /// 1 − F₁(s), the p-value of a largest eigenvalue, to the same relative accuracy far into the tail.
  public static func survival(_ s: Double) -> Double { s < lowest ? 1 : min(max(-expm1(logCumulative(s)), 0), 1) }

  /// Where F₁ is `probability`.
  /// - Precondition: 0 < `probability` < 1.
  public static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a probability in (0, 1)")
    if probability > 0.5 { return upperQuantile(1 - probability) }
    return bracketedRoot(lowest, 0, tolerance: 1e-12) { log(max(cumulative($0), 1e-300)) - log(probability) }
  }

  /// Where 1 − F₁ is `probability`: keeps its digits where 1 − `probability` would not.
  /// - Precondition: 0 < `probability` < 1.
  public static func upperQuantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a probability in (0, 1)")
    if probability > 0.6 { return quantile(1 - probability) }
    // 1 − F₁(s) < e^(−⅔s^1.5) for s > 0.
    let largest = pow(-1.5 * log(probability), 2.0 / 3)
    return bracketedRoot(-3, largest, tolerance: 1e-12) { log(max(survival($0), 1e-300)) - log(probability) }
  }

  private static let lowest = -9.0
  private static let rule = GaussLegendre(count: 48)

  /// ln det(1 − K) = Σ ln(1 + p), p the pivots of elimination less 1.
  ///
  /// Keeping pivots less 1 preserves the small numbers of the upper tail. The
  /// matrix is symmetric and positive definite, so no pivoting is needed.
  private static func logCumulative(_ s: Double) -> Double {
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
