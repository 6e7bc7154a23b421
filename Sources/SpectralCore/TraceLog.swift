import Glibc

/// The trace-log condition (det X = 1) of an ESD: the largest set of top
/// eigenvalues whose rescaled product is not yet below 1.
///
/// With λ̃ = λ·n/Σλ, the number of eigenvalues is the smallest one whose top
/// product Πλ̃ < 1, the eigenvalue that crosses included. Pure noise has a large
/// number too: only the gap to the power-law tail says something. Sums of
/// logarithms replace products, which overflow for large layers.
public struct TraceLog: Sendable, Equatable {
  /// n_ERG: how many of the largest eigenvalues; all if their product never falls below 1.
  public let count: Int
  /// The smallest eigenvalue among them, in its own units.
  public let threshold: Double

  /// n_ERG − n_PL, `tailCount` being the number of eigenvalues in the power-law tail.
  public func gap(tailCount: Int) -> Int { count - tailCount }

  /// - Parameter eigenvalues: ascending, ≥ 0.
  /// - Returns: `nil` if there is none above zero.
  public init?(_ eigenvalues: [Double]) {
    guard let largest = eigenvalues.last, largest > 0 else { return nil }
    // Relative to the largest, so that the sum cannot overflow.
    let mean = eigenvalues.reduce(0) { $0 + $1 / largest } / Double(eigenvalues.count)
    var sum = 0.0
    for (rank, value) in eigenvalues.reversed().enumerated() {
      sum += log(value / largest) - log(mean)
      if sum < 0 {
        count = rank + 1
        threshold = value
        return
      }
    }
    count = eigenvalues.count
    threshold = eigenvalues[0]
  }
}
