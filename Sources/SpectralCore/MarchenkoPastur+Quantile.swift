import Glibc

extension MarchenkoPastur {
  /// Where the distribution function is `probability`, to about 10⁻¹⁴ of the support.
  ///
  /// - Precondition: `probability` is in [0, 1].
  public func quantile(_ probability: Double) -> Double { quantiles([probability])[0] }

  /// The quantiles of `probabilities`, each in [0, 1]. Ascending ones are found fastest.
  public func quantiles(_ probabilities: [Double]) -> [Double] {
    let law = AngularMarchenkoPastur(root: 1 / aspectRatio.squareRoot())
    return law.points(of: probabilities).map { variance * $0.position }
  }
}

/// The Marchenko–Pastur law of σ² = 1 in the angle θ in [0, π] of x = 1 + y − 2√y·cos θ, y = 1/Q.
///
/// Both edges of the law become smooth in it, and its arc sines simplify: with s = √y
///
///     F = [2s·sin θ + (1 + s²)θ − (1 − s²)β]/(2πs²),  tan(β/2) = (1 + s)/(1 − s)·tan(θ/2).
struct AngularMarchenkoPastur {
  /// s = 1/√Q in (0, 1].
  let root: Double

  /// The derivative of x with respect to s at a fixed probability, for θ in (0, π).
  func drift(_ point: Point) -> Double {
    let outer = point.auxiliaryAngle(root)
    let inner = 2 * point.sine * (1 - (1 - root * root) / point.position) + 2 * root * (point.angle + outer)
    let change = inner / (2 * .pi * root * root) - 2 / root * cumulative(point, outer)
    return 2 * (root - point.cosine - root * point.sine * change / point.slope)
  }

  /// F.
  ///
  /// - Parameter outer: the point's β.
  private func cumulative(_ point: Point, _ outer: Double) -> Double {
    let square = root * root
    return (2 * root * point.sine + (1 + square) * point.angle - (1 - square) * outer) / (2 * .pi * square)
  }

  /// Where the distribution function is one of `probabilities`, each in [0, 1]. Ascending ones are found fastest.
  func points(of probabilities: [Double]) -> [Point] {
    var result: [Point] = []
    result.reserveCapacity(probabilities.count)
    for (index, probability) in probabilities.enumerated() {
      precondition(probability >= 0 && probability <= 1, "a probability is in [0, 1]")
      let previous = result.last.map { ($0, probability - probabilities[index - 1]) }
      result.append(point(of: probability, after: previous))
    }
    return result
  }

  /// Halley's method, kept inside a shrinking bracket.
  ///
  /// - Parameter previous: a point, and how much less its probability is.
  private func point(of probability: Double, after previous: (point: Point, step: Double)?) -> Point {
    if probability <= 0 { return Point(0, root) }
    if probability >= 1 { return Point(.pi, root) }
    var (low, high) = (0.0, Double.pi)
    var angle = Double.pi * probability
    if let (point, step) = previous, step >= 0 {
      low = point.angle
      let newton = step / point.slope
      angle = low + newton - newton * newton * point.curvature(root) / 2
    }
    if !(angle > low && angle < high) { angle = (low + high) / 2 }
    var point = Point(angle, root)
    for _ in 0..<100 {
      let excess = cumulative(point, point.auxiliaryAngle(root)) - probability
      if excess < 0 { low = point.angle } else { high = point.angle }
      let newton = excess / point.slope
      var next = point.angle - newton / (1 - newton * point.curvature(root) / 2)
      if !(next >= low && next <= high) { next = (low + high) / 2 }
      let isLast = abs(next - point.angle) <= AngularMarchenkoPastur.lastStep * min(point.angle, .pi - point.angle)
      point = Point(next, root)
      if isLast { break }
    }
    return point
  }

  /// What remains after a step is of the order of its cube.
  private static let lastStep = 1e-5

  /// What depends on θ alone or nearly so.
  struct Point {
    /// θ.
    let angle: Double
    fileprivate let sine: Double
    fileprivate let cosine: Double
    /// x.
    let position: Double
    private let halfSine: Double
    private let halfCosine: Double

    fileprivate init(_ angle: Double, _ root: Double) {
      self.angle = angle
      halfSine = sin(angle / 2)
      halfCosine = cos(angle / 2)
      sine = 2 * halfSine * halfCosine
      // Keeps the digits that 1 − cos θ would lose.
      cosine = 1 - 2 * halfSine * halfSine
      position = (1 - root) * (1 - root) + 4 * root * halfSine * halfSine
    }

    /// β in [0, π].
    fileprivate func auxiliaryAngle(_ root: Double) -> Double {
      2 * atan2((1 + root) * halfSine, (1 - root) * halfCosine)
    }

    /// dF/dθ.
    fileprivate var slope: Double { 2 * sine * sine / (.pi * position) }

    /// d²F/dθ² over dF/dθ.
    fileprivate func curvature(_ root: Double) -> Double { 2 * cosine / sine - 2 * root * sine / position }
  }
}
