import Glibc

/// Scales the rows and columns of a matrix until all have the same mean square:
/// R W C with diagonal R and C (Sinkhorn's iteration on the squares of W).
///
/// Pure noise whose neurons differ in norm has the spectrum of a decaying bulk
/// or a heavy tail. After this it is noise again, while correlations stay: a
/// phase seen only before it is a profile of variances, not correlation.
public struct NormEqualization: Sendable, Equatable {
  /// One per row; 1 for rows of zeros.
  public let rowFactors: [Double]
  /// One per column; 1 for columns of zeros.
  public let columnFactors: [Double]

  /// Rows and columns of squares below this, relative to the largest, are as good as zeros: no factor overflows.
  private static let smallestSum = 1e-200

  /// Enough for the mean squares to agree to 10⁻⁶ on dense matrices.
  public static let defaultIterationCount = 30

  /// - Precondition: `values` are `rows` × `columns`, row-major.
  public init(_ values: [Double], rows: Int, columns: Int, iterationCount: Int = defaultIterationCount) {
    precondition(values.count == rows * columns, "rows × columns values")
    let scale = values.reduce(0) { max($0, abs($1)) }
    // Relative to the largest: no square overflows.
    let squares = scale > 0 && scale.isFinite ? values.map { ($0 / scale) * ($0 / scale) } : values.map { _ in 0 }
    var rowWeights = [Double](repeating: 1, count: rows)
    var columnWeights = [Double](repeating: 1, count: columns)
    for _ in 0..<iterationCount {
      var columnSums = [Double](repeating: 0, count: columns)
      for row in 0..<rows {
        var sum = 0.0
        for column in 0..<columns { sum += squares[row * columns + column] * columnWeights[column] }
        if sum > NormEqualization.smallestSum { rowWeights[row] = Double(columns) / sum }
        for column in 0..<columns { columnSums[column] += squares[row * columns + column] * rowWeights[row] }
      }
      for column in 0..<columns where columnSums[column] > NormEqualization.smallestSum {
        columnWeights[column] = Double(rows) / columnSums[column]
      }
    }
    let unit = scale > 0 && scale.isFinite ? 1 / scale : 1
    rowFactors = rowWeights.map { $0.squareRoot() * unit }
    columnFactors = columnWeights.map { $0.squareRoot() }
  }

  /// The scaled matrix: mean square 1 in every row and column that is not all zeros.
  public func applied(to values: [Double]) -> [Double] {
    let columns = columnFactors.count
    precondition(values.count == rowFactors.count * columns, "as many values as factors")
    var result = values
    for row in rowFactors.indices {
      for column in 0..<columns {
        result[row * columns + column] = values[row * columns + column] * rowFactors[row] * columnFactors[column]
      }
    }
    return result
  }
}
