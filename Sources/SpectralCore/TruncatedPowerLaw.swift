import Glibc

/// p(x) ∝ x^−α exp(−Λx): a power law with an exponential cut-off (TPL).
///
/// The density is xmin^(α−1) x^−α e^(−Λ(x−xmin))/h(1−α, Λ·xmin) with
/// h(s, z) = Γ(s, z) z^(−s) e^z; Λ = 0 is the power law, which it contains.
public struct TruncatedPowerLaw: TailDistribution, Equatable {
  /// α ≥ 1. The likelihood may be largest at the bound 1, where the law is e^(−Λx)/x.
  public let alpha: Double
  /// Λ ≥ 0, in units of 1/x. 0: no cut-off improves on the power law.
  public let rate: Double
  /// Whether α was stopped at 1 or Λ at 0.
  public let isAtBound: Bool

  /// Below this cut-off (in units of 1/xmin) nothing distinguishes the law from a power law.
  private static let smallestCutoff = 1e-14

  /// The maximum of the likelihood, which is unique as the family is exponential:
  /// for each α the cut-off that gives the mean, then the α that gives the mean logarithm.
  public init(_ sample: TailSample) {
    let meanLogarithm = sample.sumOfLogarithms / Double(sample.count)
    func excess(_ alpha: Double) -> Double {
      TruncatedPowerLaw.meanLogarithm(alpha, TruncatedPowerLaw.cutoff(alpha, sample)) - meanLogarithm
    }
    let pure = PowerLawTail(sample).alpha
    if TruncatedPowerLaw.cutoff(pure, sample) == 0 {
      self.init(alpha: pure, rate: 0, isAtBound: true)
    } else if excess(1) <= 0 {
      self.init(alpha: 1, rate: TruncatedPowerLaw.cutoff(1, sample) / sample.xmin, isAtBound: true)
    } else {
      let alpha = bracketedRoot(1, pure, tolerance: 1e-12, of: excess)
      self.init(alpha: alpha, rate: TruncatedPowerLaw.cutoff(alpha, sample) / sample.xmin, isAtBound: false)
    }
  }

  init(alpha: Double, rate: Double, isAtBound: Bool) {
    self.alpha = alpha
    self.rate = rate
    self.isAtBound = isAtBound
  }

  public func logDensities(_ sample: TailSample) -> [Double] {
    let z = rate * sample.xmin
    // Without a cut-off exactly what the power law says, so that nothing is left to compare.
    if z == 0 { return PowerLawTail(sample).logDensities(sample) }
    let constant = -log(sample.xmin) - log(scaledUpperGamma(1 - alpha, z))
    return zip(sample.ratios, sample.logarithms).map { constant - alpha * $1 - z * ($0 - 1) }
  }

  /// Z = Λ·xmin that gives the mean of x/xmin for this α; 0 if even none leaves it too small.
  private static func cutoff(_ alpha: Double, _ sample: TailSample) -> Double {
    let mean = 1 + sample.sumOfExcess / Double(sample.count)
    func excess(_ logarithm: Double) -> Double {
      let z = exp(logarithm)
      return scaledUpperGamma(2 - alpha, z) / scaledUpperGamma(1 - alpha, z) - mean
    }
    if excess(log(smallestCutoff)) <= 0 { return 0 }
    // An exponential alone, without the falling power, would need this much.
    let largest = log(1 / (mean - 1)) + 1e-9
    return exp(bracketedRoot(log(smallestCutoff), largest, tolerance: 1e-14, of: excess))
  }

  /// E ln(x/xmin) = ∂/∂s ln h(s, z) at s = 1 − α.
  private static func meanLogarithm(_ alpha: Double, _ z: Double) -> Double {
    if z == 0 { return 1 / (alpha - 1) }
    let step = 1e-5
    let upper = scaledUpperGamma(1 - alpha + step, z)
    let lower = scaledUpperGamma(1 - alpha - step, z)
    return log(upper / lower) / (2 * step)
  }
}

extension TruncatedPowerLaw {
  /// Standard errors of α and Λ: the square roots of the diagonal of the inverse information matrix, which for an
  /// exponential family is n times the covariance of ln x and x under the fitted law.
  ///
  /// For independent values; eigenvalues repel each other, which makes them conservative, as σ of the power law is.
  ///
  /// - Parameter sample: what was fitted.
  /// - Returns: `nil` where a parameter is at its bound, or the two cannot be told apart.
  public func standardErrors(_ sample: TailSample) -> (alpha: Double, rate: Double)? {
    guard !isAtBound else { return nil }
    let z = rate * sample.xmin
    let variance = varianceOfLogarithm(z)
    let (covariance, other) = (covarianceOfLogarithmAndRatio(z), varianceOfRatio(z))
    let determinant = variance * other - covariance * covariance
    guard determinant > 1e-9 * variance * other else { return nil }
    let count = Double(sample.count)
    let alphaError = (other / (count * determinant)).squareRoot()
    let rateError = (variance / (count * determinant)).squareRoot() / sample.xmin
    return alphaError.isFinite && rateError.isFinite ? (alphaError, rateError) : nil
  }

  /// Step of the differences in α below: their error is about its square.
  private static var step: Double { 1e-3 }

  /// Var ln(x/xmin) = ∂²/∂s² ln h(s, z) at s = 1 − α.
  private func varianceOfLogarithm(_ z: Double) -> Double {
    let step = TruncatedPowerLaw.step
    let (upper, middle, lower) = (
      scaledUpperGamma(1 - alpha + step, z), scaledUpperGamma(1 - alpha, z), scaledUpperGamma(1 - alpha - step, z)
    )
    return log(upper / middle * (lower / middle)) / (step * step)
  }

  /// Cov(ln(x/xmin), x/xmin) = −∂/∂α E(x/xmin).
  private func covarianceOfLogarithmAndRatio(_ z: Double) -> Double {
    func mean(_ alpha: Double) -> Double { scaledUpperGamma(2 - alpha, z) / scaledUpperGamma(1 - alpha, z) }
    let step = TruncatedPowerLaw.step
    return (mean(alpha - step) - mean(alpha + step)) / (2 * step)
  }

  /// Var(x/xmin).
  private func varianceOfRatio(_ z: Double) -> Double {
    let norm = scaledUpperGamma(1 - alpha, z)
    let mean = scaledUpperGamma(2 - alpha, z) / norm
    return scaledUpperGamma(3 - alpha, z) / norm - mean * mean
  }
}
