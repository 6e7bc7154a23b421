import CLAPACKE
import COpenBLAS

/// The precision that a matrix is decomposed in: `Double` or `Float`.
///
/// Matrices are column-major; of symmetric ones only the lower triangle is used. Each requirement is the routine of
/// BLAS or LAPACK that it names.
public protocol MatrixElement: BinaryFloatingPoint, SIMDScalar, Codable, BitwiseCopyable, Sendable {
  /// gemm: C ← α·op(A)·op(B) + β·C, C being m×n and op(A) m×k.
  static func multiply(
    _ factor: Self, _ a: MatrixOperand<Self>, _ b: MatrixOperand<Self>, plus addend: Self,
    into c: MatrixOperand<Self>, _ m: Int, _ n: Int, _ k: Int)

  /// syrk: C ← op(A)·op(A)ᵀ + C, the lower triangle of an n×n C, op(A) being n×k.
  static func addSquare(of a: MatrixOperand<Self>, to c: MatrixOperand<Self>, _ n: Int, _ k: Int)

  /// symm: C ← A·B + C for a symmetric m×m A; B and C are m×n.
  static func multiplySymmetric(
    _ a: MatrixOperand<Self>, _ b: MatrixOperand<Self>, into c: MatrixOperand<Self>, _ m: Int, _ n: Int)

  /// symv: y ← A·x for a symmetric n×n A.
  static func multiplySymmetric(
    _ a: MatrixOperand<Self>, vector x: MatrixOperand<Self>, into y: MatrixOperand<Self>, _ n: Int)

  /// geqrt3: A = QR for an m×n A, m ≥ n; R on and above the diagonal of A, the reflectors V (of unit diagonal)
  /// below it, and the T of Q = I − V·T·Vᵀ; the LAPACK status.
  static func factor(_ a: MatrixOperand<Self>, _ t: MatrixOperand<Self>, _ m: Int, _ n: Int) -> Int32
}

extension Double: MatrixElement {
  public static func multiply(
    _ factor: Double, _ a: MatrixOperand<Double>, _ b: MatrixOperand<Double>, plus addend: Double,
    into c: MatrixOperand<Double>, _ m: Int, _ n: Int, _ k: Int
  ) {
    unsafe BLAS.routines.dgemm(
      CblasColMajor, a.operation, b.operation, Int32(m), Int32(n), Int32(k), factor, a.base, a.stride, b.base,
      b.stride, addend, c.base, c.stride)
  }

  public static func addSquare(of a: MatrixOperand<Double>, to c: MatrixOperand<Double>, _ n: Int, _ k: Int) {
    unsafe BLAS.routines.dsyrk(
      CblasColMajor, CblasLower, a.operation, Int32(n), Int32(k), 1, a.base, a.stride, 1, c.base, c.stride)
  }

  public static func multiplySymmetric(
    _ a: MatrixOperand<Double>, _ b: MatrixOperand<Double>, into c: MatrixOperand<Double>, _ m: Int, _ n: Int
  ) {
    unsafe BLAS.routines.dsymm(
      CblasColMajor, CblasLeft, CblasLower, Int32(m), Int32(n), 1, a.base, a.stride, b.base, b.stride, 1, c.base,
      c.stride)
  }

  public static func multiplySymmetric(
    _ a: MatrixOperand<Double>, vector x: MatrixOperand<Double>, into y: MatrixOperand<Double>, _ n: Int
  ) {
    unsafe BLAS.routines.dsymv(CblasColMajor, CblasLower, Int32(n), 1, a.base, a.stride, x.base, 1, 0, y.base, 1)
  }

  public static func factor(_ a: MatrixOperand<Double>, _ t: MatrixOperand<Double>, _ m: Int, _ n: Int) -> Int32 {
    unsafe BLAS.routines.dgeqrt3(LAPACK_COL_MAJOR, Int32(m), Int32(n), a.base, a.stride, t.base, t.stride)
  }
}

extension Float: MatrixElement {
  public static func multiply(
    _ factor: Float, _ a: MatrixOperand<Float>, _ b: MatrixOperand<Float>, plus addend: Float,
    into c: MatrixOperand<Float>, _ m: Int, _ n: Int, _ k: Int
  ) {
    unsafe BLAS.routines.sgemm(
      CblasColMajor, a.operation, b.operation, Int32(m), Int32(n), Int32(k), factor, a.base, a.stride, b.base,
      b.stride, addend, c.base, c.stride)
  }

  public static func addSquare(of a: MatrixOperand<Float>, to c: MatrixOperand<Float>, _ n: Int, _ k: Int) {
    unsafe BLAS.routines.ssyrk(
      CblasColMajor, CblasLower, a.operation, Int32(n), Int32(k), 1, a.base, a.stride, 1, c.base, c.stride)
  }

  public static func multiplySymmetric(
    _ a: MatrixOperand<Float>, _ b: MatrixOperand<Float>, into c: MatrixOperand<Float>, _ m: Int, _ n: Int
  ) {
    unsafe BLAS.routines.ssymm(
      CblasColMajor, CblasLeft, CblasLower, Int32(m), Int32(n), 1, a.base, a.stride, b.base, b.stride, 1, c.base,
      c.stride)
  }

  public static func multiplySymmetric(
    _ a: MatrixOperand<Float>, vector x: MatrixOperand<Float>, into y: MatrixOperand<Float>, _ n: Int
  ) {
    unsafe BLAS.routines.ssymv(CblasColMajor, CblasLower, Int32(n), 1, a.base, a.stride, x.base, 1, 0, y.base, 1)
  }

  public static func factor(_ a: MatrixOperand<Float>, _ t: MatrixOperand<Float>, _ m: Int, _ n: Int) -> Int32 {
    unsafe BLAS.routines.sgeqrt3(LAPACK_COL_MAJOR, Int32(m), Int32(n), a.base, a.stride, t.base, t.stride)
  }
}

extension Double {
  /// syevd: eigenvalues, ascending, of the symmetric n×n matrix, and orthonormal eigenvectors in its columns; the LAPACK
  /// status.
  static func symmetricEigenvectors(
    _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>
  ) -> Int32 {
    unsafe BLAS.routines.dsyevd(LAPACK_COL_MAJOR, valuesAndVectors, lowerTriangle, n, a, n, values)
  }
}

private let valuesAndVectors = CChar(UInt8(ascii: "V"))
private let lowerTriangle = CChar(UInt8(ascii: "L"))
