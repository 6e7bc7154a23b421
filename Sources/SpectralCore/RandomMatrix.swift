import Glibc

/// A matrix of random numbers, row-major, reproducible from its seed: the null
/// models and heavy-tailed models that measured spectra are compared with.
public struct RandomMatrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// `rows` × `columns` numbers, row by row.
  public var values: [Double]

  /// - Precondition: as many values as the shape says.
  public init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "rows × columns values")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  public subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// Independent normal entries of mean 0 and standard deviation `sigma`.
  public static func gaussian(seed: UInt64, rows: Int, columns: Int, sigma: Double = 1) -> RandomMatrix {
    var random = PortableRandom(seed: seed)
    let values = random.normals(rows * columns).map { sigma * $0 }
    return RandomMatrix(rows: rows, columns: columns, values: values)
  }

  /// Independent entries, uniform on (−√3σ, √3σ): mean 0 and standard deviation `sigma`.
  public static func uniform(seed: UInt64, rows: Int, columns: Int, sigma: Double = 1) -> RandomMatrix {
    let halfWidth = 3.0.squareRoot() * sigma
    return filled(seed: seed, rows: rows, columns: columns) { random in
      (2 * random.uniform() - 1) * halfWidth
    }
  }

  /// Independent entries ±u^(−1/μ): a Pareto magnitude of at least 1, and a fair sign.
  /// Mean 0 for μ > 1, variance μ/(μ − 2) for μ > 2, else infinite.
  public static func symmetricPareto(seed: UInt64, rows: Int, columns: Int, mu: Double) -> RandomMatrix {
    filled(seed: seed, rows: rows, columns: columns) { random in
      let magnitude = pow(random.uniform(), -1 / mu)
      return random.uniform() < 0.5 ? -magnitude : magnitude
    }
  }

  /// Independent Lomax entries u^(−1/μ) − 1 ≥ 0, which NumPy calls Pareto.
  ///
  /// One-sided, of mean 1/(μ − 1): the mean alone adds a spike to the spectrum.
  public static func lomax(seed: UInt64, rows: Int, columns: Int, mu: Double) -> RandomMatrix {
    filled(seed: seed, rows: rows, columns: columns) { random in pow(random.uniform(), -1 / mu) - 1 }
  }

  /// Multiplies column j by `factors[j]`: with independent entries of variance 1,
  /// a population covariance diag(factors²).
  public func scalingColumns(by factors: [Double]) -> RandomMatrix {
    precondition(factors.count == columns, "one factor per column")
    var result = self
    for index in values.indices { result.values[index] *= factors[index % columns] }
    return result
  }

  /// Multiplies from the right by a random orthogonal matrix: no column stands out any more, and the spectrum stays.
  ///
  /// Rounds of rotations by 45° of all columns in random pairs: after log₂ of their number each is in all the
  /// others, after as many again in equal parts.
  public func rotatingRows(using random: inout PortableRandom) -> RandomMatrix {
    var result = self
    var order = Array(0..<columns)
    let roundCount = 2 * (Int.bitWidth - columns.leadingZeroBitCount)
    let half = 0.5.squareRoot()
    for _ in 0..<roundCount {
      random.shuffle(&order)
      for row in 0..<rows {
        let start = row * columns
        for pair in stride(from: 0, to: columns - 1, by: 2) {
          let (left, right) = (start + order[pair], start + order[pair + 1])
          let (a, b) = (result.values[left], result.values[right])
          result.values[left] = half * (a + b)
          result.values[right] = half * (a - b)
        }
      }
    }
    return result
  }

  private static func filled(
    seed: UInt64, rows: Int, columns: Int, _ entry: (inout PortableRandom) -> Double
  ) -> RandomMatrix {
    var random = PortableRandom(seed: seed)
    let values = (0..<rows * columns).map { _ in entry(&random) }
    return RandomMatrix(rows: rows, columns: columns, values: values)
  }
}
