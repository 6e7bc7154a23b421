import Glibc

/// The upper incomplete gamma function Γ(s, z) = ∫_z^∞ t^(s−1) e^(−t) dt for
/// any real s and z > 0, to about 10⁻¹³ relative.
public func upperIncompleteGamma(_ s: Double, _ z: Double) -> Double {
  exp(s * log(z) - z) * scaledUpperGamma(s, z)
}

/// h(s, z) = Γ(s, z) z^(−s) e^z: the same without the factors that over- and underflow.
///
/// h(s, 0) = −1/s for s < 0, so that an exponential cut-off of rate zero needs no special case.
func scaledUpperGamma(_ s: Double, _ z: Double) -> Double {
  if z >= 1 { return continuedFraction(s, z) }
  if s >= 0.5 { return complementOfSeries(s, z) }
  // Downwards from s + n in [−½, ½): h(s) = (z·h(s+1) − 1)/s, stable as |s| ≥ ½.
  let steps = max((-0.5 - s).rounded(.up), 0)
  // Each step divides an error by |s|/z, so far down any start forgets itself.
  var remaining = min(steps, longestRecurrence)
  var value = steps > remaining ? -1 / (s + remaining) : nearZero(s + steps, z)
  while remaining > 0 {
    remaining -= 1
    value = (z * value - 1) / (s + remaining)
  }
  return value
}

/// Π 1/|s| over these steps is below the smallest double.
private let longestRecurrence = 200.0

/// Lentz's algorithm for 1/(z+1−s − 1(1−s)/(z+3−s − 2(2−s)/(z+5−s − …))) (DLMF 8.9.2).
private func continuedFraction(_ s: Double, _ z: Double) -> Double {
  let tiny = 1e-300
  var b = z + 1 - s
  var c = 1 / tiny
  var d = 1 / (b == 0 ? tiny : b)
  var value = d
  for index in 1..<10_000 {
    let i = Double(index)
    let a = -i * (i - s)
    b += 2
    d = a * d + b
    d = 1 / (abs(d) < tiny ? tiny : d)
    c = b + a / c
    if abs(c) < tiny { c = tiny }
    let factor = c * d
    value *= factor
    if abs(factor - 1) < 1e-16 { break }
  }
  return value
}

/// Γ(s) − γ(s, z), for s ≥ ½ and z < 1, where the difference keeps its digits.
private func complementOfSeries(_ s: Double, _ z: Double) -> Double {
  var term = 1 / s
  var sum = term
  var n = s
  while term > 1e-18 * sum {
    n += 1
    term *= z / n
    sum += term
  }
  return tgamma(s) * exp(z - s * log(z)) - sum
}

/// For |s| ≤ ½ and z < 1: (Γ(1+s) − z^s)/s − Σ_{k≥1} (−1)^k z^(s+k)/(k!(s+k)), whose limit s → 0 is E₁.
private func nearZero(_ s: Double, _ z: Double) -> Double {
  var sum = 0.0
  var term = 1.0
  var k = 1.0
  while abs(term) > 1e-18 {
    term *= -z / k
    sum += term / (s + k)
    k += 1
  }
  let power = pow(z, s)
  return (singularPart(s, logarithm: log(z)) / power - sum) * exp(z)
}

/// (Γ(1+s) − z^s)/s.
private func singularPart(_ s: Double, logarithm: Double) -> Double {
  if s == 0 { return -eulerGamma - logarithm }
  if abs(s) >= 0.1 { return (tgamma(1 + s) - exp(s * logarithm)) / s }
  return (expm1(logGammaNearOne(s)) - expm1(s * logarithm)) / s
}

private let eulerGamma = 0.57721566490153286061

/// ζ(k) − 1, k = 2 … 15.
private let zetaMinusOne: [Double] = [
  0.644934066848226436, 0.202056903159594285, 0.082323233711138192, 0.036927755143369926, 0.017343061984449139,
  0.008349277381922827, 0.004077356197944339, 0.002008392826082214, 0.000994575127818085, 0.000494188604119465,
  0.000246086553308048, 0.000122713347578489, 0.000061248135058704, 0.000030588236307020,
]

/// ln Γ(1 + s) = −ln(1+s) + s(1−γ) + Σ (ζ(k)−1)(−s)^k/k for |s| < 0.1, accurate relative to s (DLMF 5.7.3).
private func logGammaNearOne(_ s: Double) -> Double {
  var sum = -log1p(s) + s * (1 - eulerGamma)
  var power = -s
  for (index, zeta) in zetaMinusOne.enumerated() {
    power *= -s
    sum += zeta * power / Double(index + 2)
  }
  return sum
}
