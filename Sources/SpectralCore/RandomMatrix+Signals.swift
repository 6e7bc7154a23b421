import Glibc

extension RandomMatrix {
  /// Adds signals `sizes[i]`·uᵢvᵢᵀ in random directions, the uᵢ and vᵢ orthonormal: nothing of them shows in single entries.
  ///
  /// - Precondition: no more sizes than rows and columns.
  public mutating func addSignals(_ sizes: [Double], using random: inout PortableRandom) {
    precondition(sizes.count <= min(rows, columns), "no more signals than rows and columns")
    let left = RandomMatrix.orthonormal(count: sizes.count, dimension: rows, using: &random)
    let right = RandomMatrix.orthonormal(count: sizes.count, dimension: columns, using: &random)
    var product = left
    for (index, size) in sizes.enumerated() { for row in 0..<rows { product[index, row] *= size } }
    add(product, right)
  }

  /// A product of Gaussian factors: of rank `rank`, entries of mean 0 and variance 1.
  public static func lowRank(seed: UInt64, rows: Int, columns: Int, rank: Int) -> RandomMatrix {
    precondition(rank >= 1, "at least rank 1")
    var random = PortableRandom(seed: seed)
    var result = RandomMatrix(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
    let scale = 1 / Double(rank).squareRoot()
    let left = RandomMatrix(rows: rank, columns: rows, values: random.normals(rank * rows).map { scale * $0 })
    let right = RandomMatrix(rows: rank, columns: columns, values: random.normals(rank * columns))
    result.add(left, right)
    return result
  }

  /// Adds leftᵀ·right.
  private mutating func add(_ left: RandomMatrix, _ right: RandomMatrix) {
    for row in 0..<rows {
      let start = row * columns
      for inner in 0..<left.rows {
        let factor = left[inner, row]
        let other = inner * columns
        for column in 0..<columns { values[start + column] += factor * right.values[other + column] }
      }
    }
  }

  /// `count` orthonormal rows: Gaussian vectors, each made orthogonal to those before it.
  private static func orthonormal(count: Int, dimension: Int, using random: inout PortableRandom) -> RandomMatrix {
    var vectors: [[Double]] = []
    for _ in 0..<count {
      var vector = random.normals(dimension)
      for other in vectors {
        let product = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in 0..<dimension { vector[index] -= product * other[index] }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      vectors.append(vector.map { $0 / norm })
    }
    return RandomMatrix(rows: count, columns: dimension, values: vectors.flatMap(\.self))
  }
}
