import Glibc

/// The Marchenko–Pastur law: the limit of the ESD of X = WᵀW/N when the N×M
/// entries of W are independent with mean 0 and variance σ².
///
/// In convention A (X = WᵀW/N). For WᵀW itself, convention B, multiply σ² by N.
public struct MarchenkoPastur: Sendable, Equatable {
  /// Q = N/M ≥ 1.
  public let aspectRatio: Double
  /// σ² > 0.
  public let variance: Double

  /// - Precondition: Q ≥ 1 and σ² > 0.
  public init(aspectRatio: Double, variance: Double = 1) {
    precondition(aspectRatio >= 1 && variance > 0, "Q ≥ 1 and σ² > 0")
    self.aspectRatio = aspectRatio
    self.variance = variance
  }

  /// λ− = σ²(1 − 1/√Q)².
  public var lowerEdge: Double {
    let root = 1 - 1 / aspectRatio.squareRoot()
    return variance * root * root
  }

  /// λ+ = σ²(1 + 1/√Q)².
  public var upperEdge: Double {
    let root = 1 + 1 / aspectRatio.squareRoot()
    return variance * root * root
  }

  /// ρ(λ) = Q/(2πσ²) · √((λ+ − λ)(λ − λ−))/λ between the edges, 0 elsewhere.
  public func density(_ value: Double) -> Double {
    guard value > lowerEdge, value < upperEdge, value > 0 else { return 0 }
    let root = ((upperEdge - value) * (value - lowerEdge)).squareRoot()
    return aspectRatio / (2 * .pi * variance) * root / value
  }

  /// The distribution function, in closed form: absolute error below 10⁻¹⁴, at the edges too.
  ///
  /// F = 1/2 + [d + (1+y)·asin((x−1−y)/2√y) − (1−y)·asin(((1+y)x − (1−y)²)/(2x√y))]/(2πy)
  /// with x = λ/σ², y = 1/Q, d = √((λ+ − x)(x − λ−)). Near an edge an arc sine
  /// loses half its digits; its cosine is known exactly in terms of d, so that
  /// arc tangents, which lose none, take its place.
  public func cumulative(_ value: Double) -> Double {
    if value <= lowerEdge { return 0 }
    if value >= upperEdge { return 1 }
    let y = 1 / aspectRatio
    let x = value / variance
    let unit = MarchenkoPastur(aspectRatio: aspectRatio)
    let d = max((unit.upperEdge - x) * (x - unit.lowerEdge), 0).squareRoot()
    let first = atan2(x - 1 - y, d)
    let second = y == 1 ? 0 : atan2((1 + y) * x - (1 - y) * (1 - y), (1 - y) * d)
    let sum = 0.5 + (d + (1 + y) * first - (1 - y) * second) / (2 * .pi * y)
    return min(max(sum, 0), 1)
  }
}
