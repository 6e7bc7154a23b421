import CLAPACKE
import COpenBLAS

/// The routines of OpenBLAS and LAPACKE that this module calls, by their names in BLAS and LAPACK.
///
/// They are looked up when the first one is needed: a program that only reads an index does not wait for libraries
/// that take longer to load than the index to read.
@safe
struct Routines: @unchecked Sendable {
  let dgemm: COpenBLAS_dgemm
  let sgemm: COpenBLAS_sgemm
  let dsyrk: COpenBLAS_dsyrk
  let ssyrk: COpenBLAS_ssyrk
  let dsymm: COpenBLAS_dsymm
  let ssymm: COpenBLAS_ssymm
  let dsymv: COpenBLAS_dsymv
  let ssymv: COpenBLAS_ssymv
  let zherk: COpenBLAS_zherk
  let dtrmm: COpenBLAS_dtrmm

  let dsyevd: CLAPACKE_dsyevd
  let zheevd: CLAPACKE_zheevd
  let dgeqrt3: CLAPACKE_dgeqrt3
  let sgeqrt3: CLAPACKE_sgeqrt3
  let dsterf: CLAPACKE_dsterf
  let dgelqf: CLAPACKE_dgelqf
  let dgeqrf: CLAPACKE_dgeqrf

  let setThreadCount: COpenBLAS_setThreadCount
  let configuration: COpenBLAS_configuration
  let kernels: COpenBLAS_kernels

  /// - Throws: `LinearAlgebraError` if a library or a routine in it is missing.
  init() throws(LinearAlgebraError) {
    // What LAPACKE needs of LAPACK is bound to what has been loaded before: that of OpenBLAS, the fast one.
    let openBLAS = try SharedLibrary("libopenblas.so.0")
    let lapacke = try SharedLibrary("liblapacke.so.3")
    unsafe dgemm = try openBLAS.routine("cblas_dgemm")
    unsafe sgemm = try openBLAS.routine("cblas_sgemm")
    unsafe dsyrk = try openBLAS.routine("cblas_dsyrk")
    unsafe ssyrk = try openBLAS.routine("cblas_ssyrk")
    unsafe dsymm = try openBLAS.routine("cblas_dsymm")
    unsafe ssymm = try openBLAS.routine("cblas_ssymm")
    unsafe dsymv = try openBLAS.routine("cblas_dsymv")
    unsafe ssymv = try openBLAS.routine("cblas_ssymv")
    unsafe zherk = try openBLAS.routine("cblas_zherk")
    unsafe dtrmm = try openBLAS.routine("cblas_dtrmm")
    setThreadCount = try openBLAS.routine("openblas_set_num_threads")
    unsafe configuration = try openBLAS.routine("openblas_get_config")
    unsafe kernels = try openBLAS.routine("openblas_get_corename")
    unsafe dsyevd = try lapacke.routine("LAPACKE_dsyevd")
    unsafe zheevd = try lapacke.routine("LAPACKE_zheevd")
    unsafe dgeqrt3 = try lapacke.routine("LAPACKE_dgeqrt3_work")
    unsafe sgeqrt3 = try lapacke.routine("LAPACKE_sgeqrt3_work")
    unsafe dsterf = try lapacke.routine("LAPACKE_dsterf_work")
    unsafe dgelqf = try lapacke.routine("LAPACKE_dgelqf")
    unsafe dgeqrf = try lapacke.routine("LAPACKE_dgeqrf")
  }
}
