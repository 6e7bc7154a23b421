import Glibc

/// The Airy function Ai(x) for real x: absolute error below 10⁻¹⁰ for x < −5,
/// below 10⁻¹² above, where the relative error stays near 10⁻¹².
///
/// Maclaurin series around 0, a Chebyshev expansion for 1 ≤ x ≤ 8, and the
/// asymptotic series outside (DLMF 9.4.1, 9.7.5, 9.7.9).
func airyAi(_ x: Double) -> Double {
  if x > 8 { return decayingAiry(x) }
  if x >= 1 { return expandedAiry(x) }
  if x > -7 { return maclaurinAiry(x) }
  return oscillatingAiry(-x)
}

/// Ai(0) f(x) + Ai′(0) g(x), f and g the two power series that solve y″ = xy.
private func maclaurinAiry(_ x: Double) -> Double {
  let cube = x * x * x
  var (f, g) = (1.0, x)
  var (fTerm, gTerm) = (1.0, x)
  var n = 3.0
  while abs(fTerm) + abs(gTerm) > 1e-18 || n < 9 {
    fTerm *= cube / (n * (n - 1))
    gTerm *= cube / (n * (n + 1))
    f += fTerm
    g += gTerm
    n += 3
  }
  return 0.355028053887817239 * f - 0.258819403792806798 * g
}

/// Chebyshev coefficients of e^ζ Ai(x), ζ = ⅔x^(3/2), on [1, 8].
private let airyExpansion: [Double] = {
  let count = 40
  let angles = (0..<count).map { Double.pi * (Double($0) + 0.5) / Double(count) }
  let values = angles.map { integratedAiry(4.5 + 3.5 * cos($0)) }
  return (0..<count).map { degree in
    let sum = zip(angles, values).reduce(0.0) { $0 + $1.1 * cos(Double(degree) * $1.0) }
    return (degree == 0 ? 1 : 2) * sum / Double(count)
  }
}()

/// The Chebyshev expansion, by Clenshaw's recurrence.
private func expandedAiry(_ x: Double) -> Double {
  let t = (x - 4.5) / 3.5
  var (next, current) = (0.0, 0.0)
  for coefficient in airyExpansion.reversed() { (next, current) = (current, 2 * t * current - next + coefficient) }
  return exp(-2 * x * x.squareRoot() / 3) * (current - t * next)
}

/// e^ζ Ai(x) = 1/π ∫₀^∞ exp(−√x t²) cos(t³/3) dt by the trapezoidal rule (from DLMF 9.5.4).
private func integratedAiry(_ x: Double) -> Double {
  let root = x.squareRoot()
  let step = 0.1
  var sum = 0.5
  var t = step
  while root * t * t < 38 {
    sum += exp(-root * t * t) * cos(t * t * t / 3)
    t += step
  }
  return sum * step / .pi
}

/// Asymptotic coefficients u₀ … u₁₉ (DLMF 9.7.2).
private let airyCoefficients: [Double] = {
  var values = [1.0]
  for k in 1..<20 {
    let n = Double(k)
    values.append(values[k - 1] * (6 * n - 5) * (6 * n - 3) * (6 * n - 1) / (216 * n * (2 * n - 1)))
  }
  return values
}()

/// Calls `body` with each k and term u_k/ζ^k until they no longer matter or begin to grow.
private func forEachAsymptoticTerm(_ zeta: Double, _ body: (_ k: Int, _ term: Double) -> Void) {
  var power = 1.0
  var last = Double.infinity
  for (k, coefficient) in airyCoefficients.enumerated() {
    let term = coefficient * power
    if term > last { return }
    body(k, term)
    if term < 1e-17 { return }
    last = term
    power /= zeta
  }
}

private func decayingAiry(_ x: Double) -> Double {
  let zeta = 2 * x * x.squareRoot() / 3
  var sum = 0.0
  forEachAsymptoticTerm(zeta) { k, term in sum += k % 2 == 0 ? term : -term }
  return exp(-zeta) * sum / (2 * Double.pi.squareRoot() * x.squareRoot().squareRoot())
}

/// Ai(−x).
private func oscillatingAiry(_ x: Double) -> Double {
  let zeta = 2 * x * x.squareRoot() / 3
  var (even, odd) = (0.0, 0.0)
  forEachAsymptoticTerm(zeta) { k, term in
    let signed = (k / 2) % 2 == 0 ? term : -term
    if k % 2 == 0 { even += signed } else { odd += signed }
  }
  let phase = zeta - .pi / 4
  return (cos(phase) * even + sin(phase) * odd) / (Double.pi.squareRoot() * x.squareRoot().squareRoot())
}
