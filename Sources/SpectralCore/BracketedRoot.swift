/// A root of a continuous function between two points where it has opposite signs.
///
/// Chandrupatla's method (1997): inverse quadratic interpolation where that is
/// safe, bisection elsewhere; never leaves the bracket.
///
/// - Parameter tolerance: the width of the final bracket, relative to the root.
/// - Returns: the root, or the end where the function is nearer to zero if the signs do not differ.
func bracketedRoot(
  _ first: Double, _ second: Double, tolerance: Double = 1e-14, of function: (Double) -> Double
) -> Double {
  var (a, b) = (second, first)
  var (fa, fb) = (function(a), function(b))
  if fa == 0 || fb == 0 || (fa > 0) == (fb > 0) { return abs(fa) < abs(fb) ? a : b }
  var (c, fc) = (a, fa)
  var fraction = 0.5
  for _ in 0..<200 {
    let x = a + fraction * (b - a)
    let fx = function(x)
    if (fx > 0) == (fa > 0) {
      (c, fc) = (a, fa)
    } else {
      (c, fc) = (b, fb)
      (b, fb) = (a, fa)
    }
    (a, fa) = (x, fx)
    let best = abs(fa) < abs(fb) ? a : b
    let relative =
      max(tolerance * abs(best), Double.leastNormalMagnitude) / max(abs(b - a), Double.leastNormalMagnitude)
    if relative > 0.5 || fx == 0 { return best }
    let xi = (a - b) / (c - b)
    let phi = (fa - fb) / (fc - fb)
    if phi * phi < xi, (1 - phi) * (1 - phi) < 1 - xi {
      fraction = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    } else {
      fraction = 0.5
    }
    fraction = min(max(fraction, relative), 1 - relative)
  }
  return a
}
