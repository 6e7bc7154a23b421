import COpenBLAS

/// The Gram matrix of an N×M matrix W, G = WᵀW (M×M, symmetric), accumulated
/// block by block so that W itself never has to be in memory as doubles.
///
/// Cost: N·M² floating-point operations, by the BLAS's symmetric rank-k update.
public struct GramMatrix: ~Copyable, Sendable {
  /// M: rows and columns of G.
  public let order: Int
  /// Column-major, lower triangle only.
  var elements: AlignedBuffer

  public init(order: Int) {
    self.order = order
    elements = AlignedBuffer(count: order * order)
  }

  /// Adds BᵀB for a block of rows of W.
  /// - Parameter block: `rowCount` × M, row-major.
  public mutating func add(rows block: borrowing AlignedBuffer, rowCount: Int) {
    precondition(rowCount * order <= block.count, "the block holds its rows")
    guard rowCount > 0, order > 0 else { return }
    // Row-major rows × M is column-major M × rows.
    unsafe cblas_dsyrk(
      CblasColMajor, CblasLower, CblasNoTrans, Int32(order), Int32(rowCount), 1, block.base, Int32(order), 1,
      elements.base, Int32(order))
  }

  /// Adds BBᵀ for a block of columns of Wᵀ, for a matrix that is stored with its short side first.
  /// - Parameter block: M × `columnCount`, row-major.
  public mutating func add(transposedColumns block: borrowing AlignedBuffer, columnCount: Int) {
    precondition(columnCount * order <= block.count, "the block holds its columns")
    guard columnCount > 0, order > 0 else { return }
    unsafe cblas_dsyrk(
      CblasColMajor, CblasLower, CblasTrans, Int32(order), Int32(columnCount), 1, block.base, Int32(columnCount), 1,
      elements.base, Int32(order))
  }
}
