import Glibc

extension MarchenkoPastur {
  /// Where the distribution function is `probability`, to about 10⁻¹⁴ of the support.
  ///
  /// - Precondition: `probability` is in [0, 1].
  public func quantile(_ probability: Double) -> Double { quantiles([probability])[0] }

  /// The quantiles of `probabilities`, each in [0, 1]. Ascending ones are found fastest.
  public func quantiles(_ probabilities: [Double]) -> [Double] {
    let law = AngularMarchenkoPastur(root: 1 / aspectRatio.squareRoot())
    return law.angles(of: probabilities).map { variance * law.position($0) }
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

  /// x.
  func position(_ angle: Double) -> Double { Point(angle, root).position }

  /// The derivative of x with respect to s at a fixed probability, for θ in (0, π).
  func drift(_ angle: Double) -> Double {
    let point = Point(angle, root)
    let outer = point.auxiliaryAngle(root)
    let inner = 2 * point.sine * (1 - (1 - root * root) / point.position) + 2 * root * (angle + outer)
    let change = inner / (2 * .pi * root * root) - 2 / root * cumulative(point)
    return 2 * (root - point.cosine - root * point.sine * change / point.slope)
  }

  private func cumulative(_ point: Point) -> Double {
    let square = root * root
    let outer = (1 - square) * point.auxiliaryAngle(root)
    return (2 * root * point.sine + (1 + square) * point.angle - outer) / (2 * .pi * square)
  }

  /// The angles of `probabilities`, each in [0, 1]. Ascending ones are found fastest.
  func angles(of probabilities: [Double]) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(probabilities.count)
    var previous: (angle: Double, probability: Double)?
    for probability in probabilities {
      precondition(probability >= 0 && probability <= 1, "a probability is in [0, 1]")
      let angle = angle(of: probability, near: previous)
      previous = (angle, probability)
      result.append(angle)
    }
    return result
  }

  /// Halley's method, kept inside a shrinking bracket.
  private func angle(of probability: Double, near previous: (angle: Double, probability: Double)?) -> Double {
    if probability <= 0 { return 0 }
    if probability >= 1 { return .pi }
    var (low, high) = (0.0, Double.pi)
    var angle = Double.pi * probability
    if let previous, previous.probability <= probability {
      low = previous.angle
      let point = Point(low, root)
      let step = (probability - previous.probability) / point.slope
      angle = low + step - step * step * point.curvature(root) / 2
    }
    if !(angle > low && angle < high) { angle = (low + high) / 2 }
    for _ in 0..<100 {
      let point = Point(angle, root)
      let excess = cumulative(point) - probability
      if excess < 0 { low = angle } else { high = angle }
      let newton = excess / point.slope
      var next = angle - newton / (1 - newton * point.curvature(root) / 2)
      if !(next >= low && next <= high) { next = (low + high) / 2 }
      // What remains after a step is of the order of its cube.
      if abs(next - angle) <= 1e-6 * min(angle, .pi - angle) { return next }
      angle = next
    }
    return angle
  }

  /// What depends on θ alone or nearly so.
  private struct Point {
    let angle: Double
    let sine: Double
    let cosine: Double
    /// x.
    let position: Double
    private let halfSine: Double
    private let halfCosine: Double

    init(_ angle: Double, _ root: Double) {
      self.angle = angle
      halfSine = sin(angle / 2)
      halfCosine = cos(angle / 2)
      sine = 2 * halfSine * halfCosine
      // Keeps the digits that 1 − cos θ would lose.
      cosine = 1 - 2 * halfSine * halfSine
      position = (1 - root) * (1 - root) + 4 * root * halfSine * halfSine
    }

    /// β in [0, π].
    func auxiliaryAngle(_ root: Double) -> Double { 2 * atan2((1 + root) * halfSine, (1 - root) * halfCosine) }

    /// dF/dθ.
    var slope: Double { 2 * sine * sine / (.pi * position) }

    /// d²F/dθ² over dF/dθ.
    func curvature(_ root: Double) -> Double { 2 * cosine / sine - 2 * root * sine / position }
  }
}
