import Glibc

/// Gauss–Legendre quadrature: nodes and weights on [−1, 1].
struct GaussLegendre: Sendable {
  /// Ascending.
  let nodes: [Double]
  let weights: [Double]

  /// - Parameter count: how many nodes; polynomials of degree 2·`count` − 1 are integrated exactly.
  init(count: Int) {
    let points = (0..<count).map { GaussLegendre.point(count - 1 - $0, of: count) }
    nodes = points.map(\.node)
    weights = points.map(\.weight)
  }

  /// A root of the Legendre polynomial P_n by Newton's method from a cosine, and 2/((1−x²)P_n′²).
  private static func point(_ index: Int, of count: Int) -> (node: Double, weight: Double) {
    var x = cos(.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
    var slope = 1.0
    for _ in 0..<100 {
      var (previous, current) = (0.0, 1.0)
      for degree in 1...count {
        let n = Double(degree)
        (previous, current) = (current, ((2 * n - 1) * x * current - (n - 1) * previous) / n)
      }
      slope = Double(count) * (x * current - previous) / (x * x - 1)
      let step = current / slope
      x -= step
      if abs(step) < 1e-16 { break }
    }
    return (x, 2 / ((1 - x * x) * slope * slope))
  }
}
