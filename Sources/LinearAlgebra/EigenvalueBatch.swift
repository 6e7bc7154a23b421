/// Eigenvalues of many symmetric matrices of one order.
///
/// The iteration for the eigenvalues of one matrix leaves most of a processor idle, since each step must wait for the one
/// before. Here it is done to several matrices at once (`TridiagonalBatch`).
public struct EigenvalueBatch: ~Copyable {
  private let order: Int
  private let workspace: Tridiagonal.Workspace
  private var reduced: [Tridiagonal] = []

  /// - Precondition: `order` is at least 1.
  public init(order: Int) {
    precondition(order >= 1, "a matrix has an order")
    self.order = order
    workspace = Tridiagonal.Workspace(order: order)
  }

  /// - Precondition: the matrix is of the batch's order.
  public mutating func add(_ gram: borrowing GramMatrix<Double>) {
    precondition(gram.order == order, "matrices of one order")
    reduced.append(gram.tridiagonal(in: workspace))
  }

  /// The eigenvalues of each matrix, ascending, negative ones as 0, in the order the matrices were added.
  ///
  /// - Throws: `LinearAlgebraError` if the iteration does not converge.
  public consuming func eigenvalues() throws(LinearAlgebraError) -> [[Double]] {
    var result: [[Double]] = []
    result.reserveCapacity(reduced.count)
    for start in stride(from: 0, to: reduced.count, by: TridiagonalBatch.capacity) {
      let group = reduced[start..<min(start + TridiagonalBatch.capacity, reduced.count)]
      result += try TridiagonalBatch(group).eigenvalues().map { $0.map { max($0, 0) } }
    }
    return result
  }
}
