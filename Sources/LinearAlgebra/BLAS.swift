import COpenBLAS
import Dispatch
import Glibc
import Synchronization

/// The BLAS behind this module: OpenBLAS, loaded when it is first needed.
public enum BLAS {
  /// Loads the library as a program wants it: without threads of its own, which are not used and take time from those
  /// that are, whatever OPENBLAS_NUM_THREADS says, and with the best kernels for the processor.
  ///
  /// OpenBLAS tells processors by their numbers: one that is newer than the library gets kernels for AVX2, at best,
  /// though it has AVX-512, and runs at a third of its speed. What the user sets in OPENBLAS_CORETYPE stands.
  ///
  /// Call it before the first computation, with no other thread running: it is for programs, not for libraries.
  /// - Throws: as `load()`.
  public static func start() throws(LinearAlgebraError) { try Start().finish() }

  /// As `start()`, in the background: the caller may read files meanwhile, but not compute or change the environment.
  public final class Start: Sendable {
    /// What the environment said.
    private let threadCount: String?
    private let library = DispatchGroup()
    private let isFinished = Mutex(false)

    public init() {
      let variable = unsafe getenv(Start.variable)
      threadCount = unsafe variable.map { unsafe String(cString: $0) }
      unsafe setenv(Start.variable, "1", 1)
      DispatchQueue.global().async(group: library) { _ = loaded }
    }

    /// Waits until the library is loaded.
    /// - Throws: as `load()`.
    public func finish() throws(LinearAlgebraError) {
      library.wait()
      isFinished.withLock { isFinished in
        guard !isFinished else { return }
        isFinished = true
        if let threadCount { unsafe setenv(Start.variable, threadCount, 1) } else { unsafe unsetenv(Start.variable) }
        if case .success = loaded { chooseKernels() }
      }
      try load()
    }

    private static let variable = "OPENBLAS_NUM_THREADS"
  }

  /// Loads the library, as it is set up, if it has not been loaded yet.
  /// - Throws: `LinearAlgebraError` if it is missing. Without this call, or `start()`, that ends the first computation,
  ///   and the program.
  public static func load() throws(LinearAlgebraError) { _ = try loaded.get() }

  /// Sets how many threads one BLAS or LAPACK call may use. Affects the whole process.
  public static func setThreadCount(_ count: Int) { routines.setThreadCount(Int32(count)) }

  /// Name, version and build options of the library.
  public static var configuration: String { unsafe String(cString: routines.configuration()!) }

  /// The processor family whose kernels are in use.
  public static var kernels: String { unsafe String(cString: routines.kernels()!) }

  static var routines: Routines {
    switch loaded {
    case .success(let routines): routines
    case .failure(let error): fatalError("\(error)")
    }
  }

  private static let loaded = Result { () throws(LinearAlgebraError) in try Routines() }

  /// Has the library choose its kernels again where it took too old ones.
  private static func chooseKernels() {
    guard COpenBLAS_has_avx512() != 0, !withAVX512.contains(kernels) else { return }
    guard let quit = routine("gotoblas_dynamic_quit"), let start = routine("gotoblas_dynamic_init") else { return }
    let variable = "OPENBLAS_CORETYPE"
    guard unsafe getenv(variable) == nil else { return }
    unsafe setenv(variable, "SkylakeX", 1)
    quit()
    start()
    unsafe unsetenv(variable)
  }

  private static let withAVX512: Set = ["SkylakeX", "Cooperlake", "SapphireRapids"]

  /// A routine that a library with kernels for many processors has; `nil` in any other.
  private static func routine(_ name: String) -> (@convention(c) () -> Void)? {
    guard let address = unsafe dlsym(nil, name) else { return nil }
    return unsafe unsafeBitCast(address, to: (@convention(c) () -> Void).self)
  }
}
