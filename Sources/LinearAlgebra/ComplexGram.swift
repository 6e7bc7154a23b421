import CLAPACKE
import COpenBLAS

/// The eigenvalues of FᴴF for a complex N×M matrix F, ascending: its squared singular values, M of them.
///
/// Cost: about four times that of a real matrix. Rounding is that of `GramMatrix.eigenvalues`.
///
/// - Parameter matrix: row-major, real and imaginary parts side by side: at least 2·`rows`·`columns` numbers.
/// - Throws: `LinearAlgebraError` if the iteration does not converge.
public func complexGramEigenvalues(
  _ matrix: borrowing AlignedBuffer<Double>, rows: Int, columns: Int
) throws(LinearAlgebraError) -> [Double] {
  precondition(2 * rows * columns <= matrix.count, "the buffer holds the matrix")
  guard rows > 0, columns > 0 else { return [Double](repeating: 0, count: columns) }
  let order = Int32(columns)
  let gram = AlignedBuffer<Double>(count: 2 * columns * columns)
  // Row-major N×M is column-major M×N: what comes out is the conjugate of FᴴF, of the same eigenvalues.
  unsafe BLAS.routines.zherk(
    CblasColMajor, CblasLower, CblasNoTrans, order, Int32(rows), 1, matrix.base, order, 0, gram.base, order)
  var values = [Double](repeating: 0, count: columns)
  let status = unsafe gram.base.withMemoryRebound(to: CLAPACKE_complexDouble.self, capacity: columns * columns) {
    unsafe BLAS.routines.zheevd(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "L")), order, $0, order, &values)
  }
  guard status == 0 else { throw LinearAlgebraError(description: "heevd reports \(status)") }
  return values.map { max($0, 0) }
}
