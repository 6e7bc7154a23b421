/// Eigenvalues of many symmetric matrices of one order, four at a time.
///
/// A single matrix leaves most of a processor idle wherever a step must wait for the one before. Here each such step is
/// done to four matrices at once, one in each lane of a vector: the iteration for the eigenvalues (`TridiagonalBatch`),
/// and for matrices up to `smallOrder` also the reduction that comes before it (`SmallMatrices`); larger ones are reduced
/// by LAPACK.
public struct EigenvalueBatch: ~Copyable {
  /// Up to this order four reductions at once are faster than one after the other.
  static let smallOrder = 64

  private let order: Int
  /// Those that wait for others to be reduced with.
  private var waiting: SmallMatrices?
  private var reduced: [Tridiagonal] = []

  /// - Precondition: `order` is at least 1.
  public init(order: Int) {
    precondition(order >= 1, "a matrix has an order")
    self.order = order
  }

  /// - Precondition: the matrix is of the batch's order.
  /// - Throws: `LinearAlgebraError` if a routine reports failure.
  public mutating func add(_ gram: consuming GramMatrix<Double>) throws(LinearAlgebraError) {
    precondition(gram.order == order, "matrices of one order")
    if order > EigenvalueBatch.smallOrder { return reduced.append(try gram.tridiagonal()) }
    var matrices = waiting.take() ?? SmallMatrices(order: order)
    matrices.add(gram)
    if matrices.isFull { reduced += matrices.tridiagonal() } else { waiting = matrices }
  }

  /// The eigenvalues of each matrix, ascending, negative ones as 0, in the order the matrices were added.
  ///
  /// - Throws: `LinearAlgebraError` if the iteration does not converge.
  public consuming func eigenvalues() throws(LinearAlgebraError) -> [[Double]] {
    if let waiting { reduced += waiting.tridiagonal() }
    var result: [[Double]] = []
    result.reserveCapacity(reduced.count)
    for start in stride(from: 0, to: reduced.count, by: TridiagonalBatch.count) {
      let group = reduced[start..<min(start + TridiagonalBatch.count, reduced.count)]
      result += try TridiagonalBatch(group).eigenvalues().map { $0.map { max($0, 0) } }
    }
    return result
  }
}
