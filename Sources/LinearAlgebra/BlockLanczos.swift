import Glibc

/// The largest eigenvalues of a symmetric positive semidefinite matrix that is known by its products only: Lanczos'
/// method with blocks, full reorthogonalisation and thick restarts.
///
/// The basis V grows by blocks, each the last one's product with A less what lies in V already; the eigenvalues of
/// VᵀAV (Ritz values) approach those of A from below, the largest first. When there is no more room, a restart keeps
/// the Ritz vectors of the largest ones. Since the projected matrix is kept as a whole, the basis may begin anywhere,
/// and a block that brings nothing new goes on with random vectors.
///
/// Memory: order · (`capacity` + 2 · `width`) + 4 · `capacity`² numbers.
public struct BlockLanczos: ~Copyable {
  public let order: Int
  /// Columns of a block: an eigenvalue that occurs more often may be found too seldom.
  public let width: Int
  /// Most columns of the basis.
  public let capacity: Int
  /// Columns of the basis so far.
  public private(set) var count = 0
  /// Columns that were multiplied with A so far.
  public private(set) var productCount = 0

  /// Orthonormal columns, then those of the next block.
  private var basis: AlignedBuffer<Double>
  /// Columns of the next block; 0 when the basis is complete.
  private var nextCount = 0
  private var product: AlignedBuffer<Double>
  /// VᵀAV; both triangles.
  private var projected: AlignedBuffer<Double>
  /// Columns of the last block, and YᵀY of what its product had that was new.
  private var lastCount = 0
  private var residual: AlignedBuffer<Double>
  private var random: Random

  /// Random numbers from outside.
  private struct Random {
    let normals: (Int) -> [Double]

    func fill(_ a: MatrixOperand<Double>, _ rows: Int, column: Int) {
      for (row, value) in normals(rows).enumerated() { a[row, column] = value }
    }
  }

  /// - Parameters:
  ///   - normals: so many standard normal deviates; the same each run.
  /// - Precondition: 1 ≤ `width` ≤ `capacity` ≤ `order`.
  public init(order: Int, width: Int, capacity: Int, normals: @escaping (Int) -> [Double]) {
    precondition(1 <= width && width <= capacity && capacity <= order, "blocks fit the basis, and it the matrix")
    self.order = order
    self.width = width
    self.capacity = capacity
    basis = AlignedBuffer(count: order * (capacity + width))
    product = AlignedBuffer(count: order * width)
    projected = AlignedBuffer(count: capacity * capacity)
    residual = AlignedBuffer(count: width * width)
    random = Random(normals: normals)
  }

  /// Bytes that basis, blocks and projected matrix take, and what a restart and the last restart's vectors need.
  ///
  /// - Returns: `nil` if the number does not fit in `Int`.
  public static func workingBytes(order: Int, width: Int, capacity: Int) -> Int? {
    let (tall, overflow) = order.multipliedReportingOverflow(by: capacity + 2 * width)
    let (square, tooLarge) = capacity.multipliedReportingOverflow(by: 4 * capacity + 4 * width + 16 * 128)
    let (sum, carry) = tall.addingReportingOverflow(square)
    let (bytes, excess) = sum.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
    return overflow || tooLarge || carry || excess ? nil : bytes
  }

  /// Whether a block more finds room.
  public var canExtend: Bool { count == 0 || nextCount > 0 && count + nextCount <= capacity }

  /// Adds a block to the basis.
  ///
  /// Cost: a product with A, and about 12 · order · `count` operations for each column.
  /// - Precondition: `canExtend`.
  /// - Throws: `LinearAlgebraError` if the block cannot be made orthonormal, as with infinite entries.
  public mutating func extend(by a: some SymmetricOperator, workers: Workers) throws(LinearAlgebraError) {
    let y = product.operand(leading: order)
    let tall = TallProducts(rows: order, workers: workers)
    if count == 0, nextCount == 0 {
      for column in 0..<width { random.fill(y, order, column: column) }
      try appendNext(width, tall)
    }
    precondition(canExtend, "the basis has room")
    let added = nextCount
    let v = basis.operand(leading: order)
    a.multiply(v.at(0, count), columns: added, into: y, workers: workers)
    count += added
    productCount += added
    let coefficients = AlignedBuffer<Double>(count: count * added)
    let c = coefficients.operand(leading: count)
    let t = projected.operand(leading: capacity)
    for column in 0..<added {
      for row in 0..<count { t[row, count - added + column] = 0 }
    }
    for _ in 0..<2 {
      tall.project(y, added, outOf: v, count, into: c)
      for column in 0..<added {
        for row in 0..<count { t[row, count - added + column] += c[row, column] }
      }
    }
    for column in count - added..<count {
      // The lower triangle follows from the upper one.
      for row in 0..<column { t[column, row] = t[row, column] }
    }
    lastCount = added
    tall.inner(y, added, y, added, into: residual.operand(leading: width))
    try appendNext(added, tall)
  }

  /// The basis, for those who look for what it lacks. Valid while this lives.
  var deflationBasis: MatrixOperand<Double> { basis.operand(leading: order) }

  /// Orthonormalises the first columns of the product, which lie outside the basis, and makes them the next block.
  ///
  /// The method of Stathopoulos & Wu (SIAM J. Sci. Comput. 23, 2002), until it changes nothing: eigenvectors of YᵀY, the
  /// columns scaled to norm 1. What is dependent becomes rounding errors, which are as good as random.
  private mutating func appendNext(_ columns: Int, _ tall: TallProducts) throws(LinearAlgebraError) {
    let y = product.operand(leading: order)
    let v = basis.operand(leading: order)
    nextCount = min(columns, order - count)
    var current = columns
    let coefficients = AlignedBuffer<Double>(count: max(count, 1) * columns)
    for _ in 0..<BlockLanczos.orthonormalizations {
      guard nextCount > 0 else { return }
      let gram = AlignedBuffer<Double>(count: current * current)
      let g = gram.operand(leading: current)
      tall.inner(y, current, y, current, into: g)
      if current == nextCount, BlockLanczos.isIdentity(g, current) {
        for column in 0..<current {
          for row in 0..<order { v[row, count + column] = y[row, column] }
        }
        return
      }
      let missing = (0..<current).filter { !(g[$0, $0] > 0) }
      if missing.isEmpty {
        let transform = try BlockLanczos.orthonormalizer(g, current, keeping: nextCount)
        tall.replace(y, current, byProductWith: transform.operand(leading: current), nextCount)
        current = nextCount
      } else {
        for column in missing { random.fill(y, order, column: column) }
      }
      tall.project(y, current, outOf: v, count, into: coefficients.operand(leading: max(count, 1)))
    }
    throw LinearAlgebraError(description: "a block of \(columns) columns cannot be made orthonormal")
  }

  private static let orthonormalizations = 12

  /// Whether YᵀY says that the columns are orthonormal but for rounding.
  private static func isIdentity(_ gram: MatrixOperand<Double>, _ n: Int) -> Bool {
    for column in 0..<n {
      for row in 0..<n where !(abs(gram[row, column] - (row == column ? 1 : 0)) <= 1e-13) { return false }
    }
    return true
  }

  /// The matrix that turns columns with YᵀY = `gram`, which is destroyed, into orthonormal ones: the `kept` largest of
  /// them.
  private static func orthonormalizer(
    _ gram: MatrixOperand<Double>, _ n: Int, keeping kept: Int
  ) throws(LinearAlgebraError) -> AlignedBuffer<Double> {
    let scales = (0..<n).map { 1 / gram[$0, $0].squareRoot() }
    for column in 0..<n {
      // Negated: the largest come first.
      for row in 0..<n { gram[row, column] *= -scales[row] * scales[column] }
    }
    let values = try eigenvectors(gram, n)
    let floor = -values[0] * .ulpOfOne
    let transform = AlignedBuffer<Double>(count: n * kept)
    let u = transform.operand(leading: n)
    for column in 0..<kept {
      let length = max(-values[column], floor).squareRoot()
      for row in 0..<n { u[row, column] = scales[row] * gram[row, column] / length }
    }
    return transform
  }

  /// Eigenvalues, ascending; the columns of `a` become the eigenvectors.
  static func eigenvectors(_ a: MatrixOperand<Double>, _ n: Int) throws(LinearAlgebraError) -> [Double] {
    var values = [Double](repeating: 0, count: n)
    let status = unsafe Double.symmetricEigenvectors(Int32(n), a.base, &values)
    guard status == 0 else { throw LinearAlgebraError(description: "syevd reports \(status)") }
    return values
  }
}

/// What a basis says about the eigenvalues of a matrix.
public struct RitzValues: Sendable, Equatable {
  /// Descending.
  public let values: [Double]
  /// ‖A·x − θ·x‖ for the unit vector x of each.
  public let residuals: [Double]

  public init(values: [Double], residuals: [Double]) {
    self.values = values
    self.residuals = residuals
  }

  /// A bound of the errors of the first `count` values: the least of ‖R‖ and, with those up to some p ≥ `count`
  /// taken together, ‖R‖²/(θ_count − θ_p+1). R are the residuals of the values concerned.
  ///
  /// The second is the one of Mathias (1998) for the eigenvalues of a block diagonal matrix that is perturbed beside
  /// the diagonal, the largest Ritz value outside standing for the largest eigenvalue.
  /// - Precondition: 1 ≤ `count` ≤ `values.count`.
  public func errorBound(count: Int) -> Double {
    var square = residuals[..<count].reduce(0) { $0 + $1 * $1 }
    var bound = square.squareRoot()
    for index in count..<values.count {
      let gap = values[count - 1] - values[index]
      if gap > 0 { bound = min(bound, square / gap) }
      square += residuals[index] * residuals[index]
    }
    return bound
  }

  /// How many of the first `wanted` values have errors below a bound.
  public func convergedCount(upTo wanted: Int, errorBound bound: Double) -> Int {
    (1...max(wanted, 1)).last { $0 <= values.count && errorBound(count: $0) <= bound } ?? 0
  }
}

extension BlockLanczos {
  /// The Ritz values of the basis, which becomes the Ritz vectors of the `kept` largest.
  ///
  /// Cost: about 10 · `count`³ operations, and 2 · order · `count` for each vector kept.
  /// - Precondition: 1 ≤ `kept` ≤ `count`.
  /// - Throws: `LinearAlgebraError` if the iteration does not converge.
  public mutating func restart(keeping kept: Int, workers: Workers) throws(LinearAlgebraError) -> RitzValues {
    precondition(1 <= kept && kept <= count, "what is kept is there")
    let t = projected.operand(leading: capacity)
    let copy = AlignedBuffer<Double>(count: count * count)
    let s = copy.operand(leading: count)
    for column in 0..<count {
      // Negated: the largest come first.
      for row in 0..<count { s[row, column] = -t[row, column] }
    }
    let values = try BlockLanczos.eigenvectors(s, count).map { -$0 }
    let residuals = residualNorms(s)
    let v = basis.operand(leading: order)
    TallProducts(rows: order, workers: workers).replace(v, count, byProductWith: s, kept)
    for column in 0..<nextCount {
      for row in 0..<order { v[row, kept + column] = v[row, count + column] }
    }
    for column in 0..<kept {
      for row in 0..<kept { t[row, column] = row == column ? values[row] : 0 }
    }
    count = kept
    return RitzValues(values: values, residuals: residuals)
  }

  /// A·V differs from V·T by the new part Y of the last block's product only: of a Ritz vector V·s by Y·s.
  private func residualNorms(_ s: MatrixOperand<Double>) -> [Double] {
    guard nextCount > 0 else { return [Double](repeating: 0, count: count) }
    let last = s.at(count - lastCount, 0)
    let products = AlignedBuffer<Double>(count: lastCount * count)
    let p = products.operand(leading: lastCount)
    Double.multiply(1, residual.operand(leading: width), last, plus: 0, into: p, lastCount, count, lastCount)
    return (0..<count).map { column in
      var square = 0.0
      for row in 0..<lastCount { square += p[row, column] * last[row, column] }
      return max(square, 0).squareRoot()
    }
  }
}

extension BlockLanczos {
  /// Extends the basis, with restarts, until the first `wanted` Ritz values are eigenvalues.
  ///
  /// - Parameters:
  ///   - window: columns of the basis at each restart; at most `capacity`.
  ///   - tolerance: how large the error bound may be, in units of the largest eigenvalue.
  ///   - productLimit: columns that may be multiplied with A, those before included.
  /// - Returns: all Ritz values of the last basis, whose first columns are now their vectors. Beyond the limit fewer of
  ///   them are within the tolerance.
  /// - Precondition: 1 ≤ `wanted` ≤ `window` ≤ `capacity`, with room for several blocks between them unless the basis
  ///   then is complete.
  public mutating func converge(
    _ wanted: Int, window: Int, tolerance: Double, productLimit: Int, by a: some SymmetricOperator, workers: Workers
  ) throws(LinearAlgebraError) -> RitzValues {
    precondition(1 <= wanted && wanted <= window && window <= capacity, "what is wanted has room")
    while true {
      while canExtend, count + nextCount <= window { try extend(by: a, workers: workers) }
      let ritz = try restart(keeping: (count + wanted) / 2, workers: workers)
      let isConverged = ritz.errorBound(count: wanted) <= tolerance * ritz.values[0]
      if isConverged || productCount >= productLimit { return ritz }
    }
  }
}
