/// The Gram matrix of an N×M matrix W, G = WᵀW (M×M, symmetric), accumulated
/// block by block so that W itself never has to be in memory as a whole.
///
/// Cost: N·M² floating-point operations, by the BLAS's symmetric rank-k update.
public struct GramMatrix<Element: MatrixElement>: ~Copyable, Sendable {
  /// M: rows and columns of G.
  public let order: Int
  /// Column-major, lower triangle only.
  var elements: AlignedBuffer<Element>

  public init(order: Int) {
    self.order = order
    elements = AlignedBuffer(count: order * order)
  }

  /// Adds BᵀB for a block of rows of W.
  /// - Parameter block: `rowCount` × M, row-major.
  public mutating func add(rows block: borrowing AlignedBuffer<Element>, rowCount: Int) {
    precondition(rowCount * order <= block.count, "the block holds its rows")
    guard rowCount > 0, order > 0 else { return }
    // Row-major rows × M is column-major M × rows.
    unsafe Element.addRankUpdate(false, Int32(order), Int32(rowCount), block.base, Int32(order), elements.base)
  }

  /// Adds BBᵀ for a block of columns of Wᵀ, for a matrix that is stored with its short side first.
  /// - Parameter block: M × `columnCount`, row-major.
  public mutating func add(transposedColumns block: borrowing AlignedBuffer<Element>, columnCount: Int) {
    precondition(columnCount * order <= block.count, "the block holds its columns")
    guard columnCount > 0, order > 0 else { return }
    unsafe Element.addRankUpdate(true, Int32(order), Int32(columnCount), block.base, Int32(columnCount), elements.base)
  }
}
