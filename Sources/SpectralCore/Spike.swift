/// A rank-one signal of strength h in noise, by the theory of Baik, Ben Arous & Péché.
///
/// W = noise + Δ, noise of variance σ², h = ‖Δ‖₂²/(Nσ²), y = 1/Q. Above the
/// threshold h = √y the signal has an eigenvalue of its own; below it the noise
/// hides it. Lengths of λ are those of WᵀW/N in units of σ².
public struct Spike: Sendable, Equatable {
  /// h > 0.
  public let strength: Double
  /// Q ≥ 1.
  public let aspectRatio: Double

  /// - Precondition: `strength` > 0 and `aspectRatio` ≥ 1.
  public init(strength: Double, aspectRatio: Double) {
    precondition(strength > 0 && aspectRatio >= 1, "h > 0 and Q ≥ 1")
    self.strength = strength
    self.aspectRatio = aspectRatio
  }

  /// The spike whose eigenvalue is expected at `position` (λ/σ²): h = (t + √(t² − 4y))/2, t = λ/σ² − 1 − y.
  ///
  /// Trustworthy for an isolated eigenvalue: near the threshold many push each other up.
  /// - Returns: `nil` below the edge of the noise, and where h is beyond the range of numbers.
  public init?(position: Double, aspectRatio: Double) {
    let y = 1 / aspectRatio
    let t = position - 1 - y
    let discriminant = t * t - 4 * y
    guard t > 0, discriminant >= 0, discriminant.isFinite else { return nil }
    self.init(strength: (t + discriminant.squareRoot()) / 2, aspectRatio: aspectRatio)
  }

  /// y = 1/Q.
  private var y: Double { 1 / aspectRatio }

  /// κ = h√Q: 1 at the threshold.
  public var relativeStrength: Double { strength * aspectRatio.squareRoot() }

  /// Whether it has an eigenvalue of its own.
  public var isDetectable: Bool { relativeStrength > 1 }

  /// Expected λ/σ²: (1 + h)(1 + y/h), or the edge (1 + √y)² below the threshold.
  public var position: Double {
    guard isDetectable else { return (1 + y.squareRoot()) * (1 + y.squareRoot()) }
    return (1 + strength) * (1 + y / strength)
  }

  /// Squared overlap of the eigenvector of WᵀW (the M side) with the signal's, in [0, 1).
  public var rightOverlap: Double {
    isDetectable ? (strength * strength - y) / (strength * (strength + y)) : 0
  }

  /// The same for the eigenvector of WWᵀ (the N side).
  public var leftOverlap: Double {
    isDetectable ? (strength * strength - y) / (strength * (strength + 1)) : 0
  }

  /// Standard deviation of λ/σ² for a fixed Δ: √(2(1 − y/h²)(1 + 2h + y)/N).
  public func fluctuation(rows: Int) -> Double {
    guard isDetectable else { return 0 }
    return (2 * (1 - y / (strength * strength)) * (1 + 2 * strength + y) / Double(rows)).squareRoot()
  }

  /// The spike whose M-side overlap is `overlap`:
  /// κ = (p√y + √(p²y + 4(1 − p)))/(2(1 − p)).
  /// - Precondition: `overlap` in [0, 1).
  public init(rightOverlap overlap: Double, aspectRatio: Double) {
    precondition(overlap >= 0 && overlap < 1, "an overlap in [0, 1)")
    let y = 1 / aspectRatio
    let root = (overlap * overlap * y + 4 * (1 - overlap)).squareRoot()
    let relative = (overlap * y.squareRoot() + root) / (2 * (1 - overlap))
    self.init(strength: relative * y.squareRoot(), aspectRatio: aspectRatio)
  }

  /// The spike that a non-zero mean of the entries makes: h = M·mean²/variance; `nil` for a mean of 0.
  public init?(mean: Double, variance: Double, rows: Int, columns: Int) {
    let strength = Double(columns) * mean * mean / variance
    guard strength > 0, strength.isFinite else { return nil }
    self.init(strength: strength, aspectRatio: Double(rows) / Double(columns))
  }
}
