import COpenBLAS
import Glibc

/// The BLAS behind this module.
public enum BLAS {
  /// Sets how many threads one BLAS or LAPACK call may use. Affects the whole process.
  public static func setThreadCount(_ count: Int) { openblas_set_num_threads(Int32(count)) }

  /// Name, version and build options of the library.
  public static var configuration: String { unsafe String(cString: openblas_get_config()) }

  /// The processor family whose kernels are in use.
  public static var kernels: String { unsafe String(cString: openblas_get_corename()) }

  /// Has the library choose its kernels again where it does not know the processor and took too old ones.
  ///
  /// OpenBLAS tells processors by their numbers: one that is newer than the library gets kernels for AVX2, at best,
  /// though it has AVX-512, and runs at a third of its speed. What the user sets in OPENBLAS_CORETYPE stands.
  ///
  /// Call it before the first computation, with no other thread running: it is for programs, not for libraries.
  public static func chooseKernels() {
    guard unsafe getenv(variable) == nil, COpenBLAS_has_avx512() != 0, !withAVX512.contains(kernels) else { return }
    guard let quit = routine("gotoblas_dynamic_quit"), let start = routine("gotoblas_dynamic_init") else { return }
    unsafe setenv(variable, "SkylakeX", 1)
    quit()
    start()
    unsafe unsetenv(variable)
  }

  private static let variable = "OPENBLAS_CORETYPE"
  private static let withAVX512: Set = ["SkylakeX", "Cooperlake", "SapphireRapids"]

  /// A routine that a library with kernels for many processors has; `nil` in any other.
  private static func routine(_ name: String) -> (@convention(c) () -> Void)? {
    guard let address = unsafe dlsym(nil, name) else { return nil }
    return unsafe unsafeBitCast(address, to: (@convention(c) () -> Void).self)
  }
}
