import Glibc

/// The Tracy–Widom law TW₁: the limit of the largest eigenvalue of WᵀW for a
/// real matrix of independent entries, centred and scaled by `LargestEigenvalueLaw`.
///
/// F₁(s) = det(1 − K), K(x, y) = Ai(x + y + s) on (0, ∞) (Ferrari & Spohn 2005). The determinant, by quadrature
/// (Bornemann 2010), has become three expansions of ln(−ln F₁), and far out ½∫Ai. Mean −1.20653, variance 1.60778.
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

  private static func logCumulative(_ s: Double) -> Double {
    guard let piece = TracyWidomExpansion.pieces.first(where: { s <= $0.range.upperBound }) else {
      return -integratedAiry(from: s) / 2
    }
    return -exp(piece(s))
  }

  /// ∫ₛ^∞ Ai(x) dx for s ≥ 12 by its asymptotic series, whose coefficients follow from those of Ai (DLMF 9.7.5).
  private static func integratedAiry(from s: Double) -> Double {
    let zeta = 2 * s * s.squareRoot() / 3
    var (airy, coefficient, power, sum) = (1.0, 1.0, 1.0, 1.0)
    for k in 1..<20 {
      let n = Double(k)
      airy *= (6 * n - 5) * (6 * n - 3) * (6 * n - 1) / (216 * n * (2 * n - 1))
      coefficient = airy + (n - 0.5) * coefficient
      power /= -zeta
      sum += coefficient * power
    }
    return exp(-zeta) * sum / (2 * (Double.pi * s * s.squareRoot()).squareRoot())
  }
}
