import CLAPACKE
import COpenBLAS

/// The precision that a matrix is decomposed in: `Double` or `Float`.
public protocol MatrixElement: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  /// C ← αAAᵀ + C (or AᵀA), the lower triangle of an n×n column-major C, A being n×k (or k×n).
  static func addRankUpdate(
    _ transposed: Bool, _ n: Int32, _ k: Int32, _ a: UnsafePointer<Self>, _ leading: Int32,
    _ c: UnsafeMutablePointer<Self>)

  /// Eigenvalues, ascending, of the symmetric matrix whose lower triangle is given and destroyed; the LAPACK status.
  static func symmetricEigenvalues(
    _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ values: UnsafeMutablePointer<Self>
  ) -> Int32
}

extension Double: MatrixElement {
  public static func addRankUpdate(
    _ transposed: Bool, _ n: Int32, _ k: Int32, _ a: UnsafePointer<Double>, _ leading: Int32,
    _ c: UnsafeMutablePointer<Double>
  ) {
    unsafe cblas_dsyrk(
      CblasColMajor, CblasLower, transposed ? CblasTrans : CblasNoTrans, n, k, 1, a, leading, 1, c, n)
  }

  public static func symmetricEigenvalues(
    _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>
  ) -> Int32 {
    unsafe LAPACKE_dsyevd(LAPACK_COL_MAJOR, valuesOnly, lowerTriangle, n, a, n, values)
  }
}

extension Float: MatrixElement {
  public static func addRankUpdate(
    _ transposed: Bool, _ n: Int32, _ k: Int32, _ a: UnsafePointer<Float>, _ leading: Int32,
    _ c: UnsafeMutablePointer<Float>
  ) {
    unsafe cblas_ssyrk(
      CblasColMajor, CblasLower, transposed ? CblasTrans : CblasNoTrans, n, k, 1, a, leading, 1, c, n)
  }

  public static func symmetricEigenvalues(
    _ n: Int32, _ a: UnsafeMutablePointer<Float>, _ values: UnsafeMutablePointer<Float>
  ) -> Int32 {
    unsafe LAPACKE_ssyevd(LAPACK_COL_MAJOR, valuesOnly, lowerTriangle, n, a, n, values)
  }
}

extension Double {
  /// As `symmetricEigenvalues`, and orthonormal eigenvectors in the columns of `a`.
  static func symmetricEigenvectors(
    _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>
  ) -> Int32 {
    unsafe LAPACKE_dsyevd(LAPACK_COL_MAJOR, valuesAndVectors, lowerTriangle, n, a, n, values)
  }
}

private let valuesOnly = CChar(UInt8(ascii: "N"))
private let valuesAndVectors = CChar(UInt8(ascii: "V"))
private let lowerTriangle = CChar(UInt8(ascii: "L"))
