import Glibc

extension RandomMatrix {
  /// Independent entries of Student's t distribution with a whole number of degrees of freedom:
  /// mean 0 (for ν > 1), variance ν/(ν − 2) (for ν > 2), tail exponent μ = ν.
  public static func studentT(seed: UInt64, rows: Int, columns: Int, degreesOfFreedom: Int) -> RandomMatrix {
    precondition(degreesOfFreedom >= 1, "at least one degree of freedom")
    var random = PortableRandom(seed: seed)
    let values = (0..<rows * columns).map { _ in
      let deviates = random.normals(degreesOfFreedom + 1)
      let square = deviates.dropFirst().reduce(0) { $0 + $1 * $1 }
      return deviates[0] / (square / Double(degreesOfFreedom)).squareRoot()
    }
    return RandomMatrix(rows: rows, columns: columns, values: values)
  }

  /// Normal entries with a population covariance whose eigenvalues are the quantiles of a power law of density
  /// exponent `alpha`, in random directions: a spectrum with a tail of that exponent, at equal norms of columns as well.
  public static func powerLawCovariance(seed: UInt64, rows: Int, columns: Int, alpha: Double) -> RandomMatrix {
    precondition(alpha > 1, "α > 1")
    let factors = (0..<columns).map { column in
      pow((Double(column) + 0.5) / Double(columns), -0.5 / (alpha - 1))
    }
    var random = PortableRandom(seed: seed)
    let noise = RandomMatrix(rows: rows, columns: columns, values: random.normals(rows * columns))
    return noise.scalingColumns(by: factors).rotatingRows(using: &random)
  }

  /// Normal entries of variance 1 and signals along the first axes, √(N·h) at (i, i): spikes of strengths h.
  public static func spiked(seed: UInt64, rows: Int, columns: Int, strengths: [Double]) -> RandomMatrix {
    precondition(strengths.count <= min(rows, columns), "no more signals than columns")
    var matrix = gaussian(seed: seed, rows: rows, columns: columns)
    for (index, strength) in strengths.enumerated() { matrix[index, index] += (Double(rows) * strength).squareRoot() }
    return matrix
  }
}
