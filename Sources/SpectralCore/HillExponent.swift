import Glibc

/// The exponent by Hill's estimator for the upper half of the eigenvalues: 1 + k/Σ ln(λᵢ/median), i over that half.
///
/// What TempBalance and AlphaPruning rank layers by. No tail is looked for, so
/// that a Gaussian matrix has 2.12, 2.71, 3.46 and 4.87 for Q = 1, 2, 4 and 10:
/// compare layers of the same shape only.
///
/// - Parameter eigenvalues: ascending and positive.
/// - Returns: `nil` unless some eigenvalue is above the median.
public func hillExponent(_ eigenvalues: [Double]) -> Double? {
  let tail = eigenvalues.suffix(eigenvalues.count / 2)
  guard let first = tail.first, let median = eigenvalues.dropLast(tail.count).last, median > 0 else { return nil }
  let origin = eigenvalues.count % 2 == 1 ? median : median / 2 + first / 2
  let sum = tail.reduce(0) { $0 + log($1 / origin) }
  return sum > 0 && sum.isFinite ? 1 + Double(tail.count) / sum : nil
}
