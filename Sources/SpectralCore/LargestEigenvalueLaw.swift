import Glibc

/// How the largest eigenvalue of WᵀW is distributed when the N×M entries of W
/// are independent with variance 1: centre + scale · TW₁.
///
/// Centre and scale of Ma (Bernoulli 18, 2012): a = √(N − ½), b = √(M − ½),
/// μ = (a + b)², σ = (a + b)(1/a + 1/b)^(1/3), accurate to O(M^(−2/3)) relative
/// to the scale. For entries of variance σ² multiply both by σ²; for
/// X = WᵀW/N divide both by N.
public struct LargestEigenvalueLaw: Sendable, Equatable {
  /// μ, for variance 1 and X = WᵀW.
  public let center: Double
  /// One Tracy–Widom unit, for variance 1 and X = WᵀW.
  public let scale: Double

  /// - Precondition: both above ½. Fractions arise where outliers are shared among pooled slices.
  public init(rows: Double, columns: Double) {
    precondition(rows > 0.5 && columns > 0.5, "at least one row and one column")
    let (a, b) = ((rows - 0.5).squareRoot(), (columns - 0.5).squareRoot())
    center = (a + b) * (a + b)
    scale = (a + b) * cbrt(1 / a + 1 / b)
  }

  /// How many Tracy–Widom units `eigenvalue` (of WᵀW, variance 1) lies above the centre.
  public func score(_ eigenvalue: Double) -> Double { (eigenvalue - center) / scale }

  /// The probability that noise of this size has a larger eigenvalue, where the
  /// largest of `sliceCount` independent matrices was taken.
  public static func pValue(score: Double, sliceCount: Int = 1) -> Double {
    let single = TracyWidom.survival(score)
    return sliceCount == 1 ? single : -expm1(Double(sliceCount) * log1p(-single))
  }

  /// The score that the largest of `sliceCount` matrices of noise exceeds with probability `significance`.
  public static func criticalScore(significance: Double, sliceCount: Int) -> Double {
    TracyWidom.upperQuantile(-expm1(log1p(-significance) / Double(sliceCount)))
  }
}
