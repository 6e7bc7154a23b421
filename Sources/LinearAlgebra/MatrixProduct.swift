import COpenBLAS

/// Products of matrices in row-major order.
public enum MatrixProduct {
  /// A·B, or Aᵀ·B: A is `rows` × `inner` (`inner` × `rows` if transposed), B is `inner` × `columns`.
  public static func multiply(
    _ a: [Double], transposed: Bool = false, _ b: [Double], rows: Int, inner: Int, columns: Int
  ) -> [Double] {
    precondition(a.count == rows * inner && b.count == inner * columns, "the matrices have their shapes")
    var product = [Double](repeating: 0, count: rows * columns)
    guard !product.isEmpty, inner > 0 else { return product }
    unsafe BLAS.routines.dgemm(
      CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(inner), 1,
      a, Int32(transposed ? rows : inner), b, Int32(columns), 0, &product, Int32(columns))
    return product
  }
}
