import Glibc

extension MarchenkoPastur {
  /// Where the distribution function is `probability`, to about 10⁻¹⁴ of the support.
  ///
  /// - Precondition: `probability` is in [0, 1].
  public func quantile(_ probability: Double) -> Double { quantiles([probability])[0] }

  /// The quantiles of `probabilities`, each in [0, 1]. Ascending ones are found fastest.
  ///
  /// Newton's method, kept inside a shrinking bracket, in the angle θ of
  /// x = 1 + y − 2√y·cos θ: both edges of the law become smooth in it, and the
  /// arc sines of the distribution function simplify.
  public func quantiles(_ probabilities: [Double]) -> [Double] {
    let law = AngularMarchenkoPastur(y: 1 / aspectRatio)
    var result: [Double] = []
    result.reserveCapacity(probabilities.count)
    var previous: (angle: Double, probability: Double)?
    for probability in probabilities {
      precondition(probability >= 0 && probability <= 1, "a probability is in [0, 1]")
      let angle = law.angle(of: probability, near: previous)
      previous = (angle, probability)
      result.append(variance * law.position(angle))
    }
    return result
  }
}

/// The Marchenko–Pastur law of σ² = 1 in the angle θ in [0, π].
private struct AngularMarchenkoPastur {
  /// 1/Q.
  let y: Double
  /// Half the width of the support.
  let halfWidth: Double

  init(y: Double) {
    self.y = y
    halfWidth = 2 * y.squareRoot()
  }

  func position(_ angle: Double) -> Double {
    // Twice the squared half-angle sine keeps its digits where 1 − cos θ does not.
    let root = 1 - y.squareRoot()
    let sine = sin(angle / 2)
    return root * root + 2 * halfWidth * sine * sine
  }

  /// The distribution function and its derivative.
  func cumulative(_ angle: Double) -> (value: Double, slope: Double) {
    let x = position(angle)
    let d = halfWidth * sin(angle)
    let second = y == 1 ? 0 : (1 - y) * atan2((1 + y) * x - (1 - y) * (1 - y), (1 - y) * d)
    let value = 0.5 + (d + (1 + y) * (angle - .pi / 2) - second) / (2 * .pi * y)
    return (value, x > 0 ? d * d / (2 * .pi * y * x) : 1 / .pi)
  }

  func angle(of probability: Double, near previous: (angle: Double, probability: Double)?) -> Double {
    if probability <= 0 { return 0 }
    if probability >= 1 { return .pi }
    var (low, high) = (0.0, Double.pi)
    var angle = Double.pi * probability
    if let previous, previous.probability <= probability {
      low = previous.angle
      let slope = cumulative(low).slope
      if slope > 0 { angle = low + (probability - previous.probability) / slope }
    }
    if !(angle > low && angle < high) { angle = (low + high) / 2 }
    for _ in 0..<100 {
      let (value, slope) = cumulative(angle)
      if value < probability { low = angle } else { high = angle }
      var next = angle - (value - probability) / slope
      if !(next >= low && next <= high) { next = (low + high) / 2 }
      if abs(next - angle) <= 1e-15 * .pi { return next }
      angle = next
    }
    return angle
  }
}
