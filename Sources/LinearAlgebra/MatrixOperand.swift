import COpenBLAS

/// A block of a column-major matrix, or its transpose, as BLAS wants it. It does not own the numbers.
///
/// Threads that write to the same matrix do so in blocks that do not overlap.
@safe
public struct MatrixOperand<Element>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  /// Elements from one column to the next.
  let leading: Int
  private var isTransposed = false

  init(_ base: UnsafeMutablePointer<Element>, leading: Int) {
    unsafe self.base = base
    self.leading = leading
  }

  /// The block that begins at (row, column).
  func at(_ row: Int, _ column: Int) -> MatrixOperand {
    let offset = isTransposed ? column + row * leading : row + column * leading
    var block = unsafe MatrixOperand(base + offset, leading: leading)
    block.isTransposed = isTransposed
    return block
  }

  subscript(row: Int, column: Int) -> Element {
    get { unsafe at(row, column).base.pointee }
    nonmutating set { unsafe at(row, column).base.pointee = newValue }
  }

  var transposed: MatrixOperand {
    var copy = self
    copy.isTransposed.toggle()
    return copy
  }

  var operation: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
  var stride: Int32 { Int32(leading) }
}

extension AlignedBuffer {
  /// The numbers as a column-major matrix. Valid while the buffer lives.
  func operand(leading: Int) -> MatrixOperand<Element> { unsafe MatrixOperand(base, leading: leading) }
}
