import Glibc

/// The quarter-circle law: the Marchenko–Pastur law of a square matrix (Q = 1)
/// in terms of singular values ν = √λ, where it has no singularity.
///
/// Density √(4σ² − ν²)/(πσ²) on [0, 2σ]; the radius scales with σ.
public struct QuarterCircle: Sendable, Equatable {
  /// σ > 0: the standard deviation of the entries of W, for X = WᵀW/N.
  public let sigma: Double

  public init(sigma: Double = 1) {
    precondition(sigma > 0, "σ > 0")
    self.sigma = sigma
  }

  /// The largest singular value, 2σ.
  public var radius: Double { 2 * sigma }

  /// 8σ/(3π).
  public var mean: Double { 8 * sigma / (3 * .pi) }

  public func density(_ value: Double) -> Double {
    guard value >= 0, value < radius else { return 0 }
    return (radius * radius - value * value).squareRoot() / (.pi * sigma * sigma)
  }

  public func cumulative(_ value: Double) -> Double {
    if value <= 0 { return 0 }
    if value >= radius { return 1 }
    let x = value / sigma
    let height = (4 - x * x).squareRoot()
    return (x * height / 2 + 2 * atan2(x, height)) / .pi
  }
}
