import CLAPACKE
import COpenBLAS

/// The eigenvalues of WᵀW for W = s·B·A, B being n×r and A r×m, that can differ from zero: r of them, ascending.
///
/// With Bᵀ = L·Q₁ and Aᵀ = Q₂·R the singular values of W are those of the r×r matrix s·R·L.
/// Cost: 2(n + m)r² operations; W is never formed.
///
/// - Parameters:
///   - left: B, row-major; its contents are lost.
///   - right: A, row-major; its contents are lost.
/// - Precondition: 1 ≤ r ≤ n, m.
/// - Throws: `LinearAlgebraError` if a routine reports failure.
public func lowRankEigenvalues(
  left: consuming AlignedBuffer<Double>, right: consuming AlignedBuffer<Double>, rank: Int, scale: Double
) throws(LinearAlgebraError) -> [Double] {
  let outputs = left.count / rank
  let inputs = right.count / rank
  precondition(rank >= 1 && outputs >= rank && inputs >= rank, "a product of low rank")
  var scalars = [Double](repeating: 0, count: rank)
  // What is row-major here is the transpose to a library that counts columns.
  let lower = unsafe BLAS.routines.dgelqf(
    LAPACK_COL_MAJOR, Int32(rank), Int32(outputs), left.base, Int32(rank), &scalars)
  guard lower == 0 else { throw LinearAlgebraError(description: "gelqf reports \(lower)") }
  let upper = unsafe BLAS.routines.dgeqrf(
    LAPACK_COL_MAJOR, Int32(inputs), Int32(rank), right.base, Int32(inputs), &scalars)
  guard upper == 0 else { throw LinearAlgebraError(description: "geqrf reports \(upper)") }
  var core = AlignedBuffer<Double>(count: rank * rank)
  copyLowerTriangle(of: left.span, order: rank, into: core.mutableSpan)
  unsafe BLAS.routines.dtrmm(
    CblasColMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, Int32(rank), Int32(rank), scale, right.base,
    Int32(inputs), core.base, Int32(rank))
  var gram = GramMatrix<Double>(order: rank)
  gram.add(rows: core, rowCount: rank)
  return try gram.eigenvalues()
}

/// Both column-major; above the diagonal the source holds something else.
private func copyLowerTriangle(of source: Span<Double>, order: Int, into target: consuming MutableSpan<Double>) {
  for column in 0..<order {
    for row in column..<order { target[column * order + row] = source[column * order + row] }
  }
}
