import Glibc

/// A library that is loaded while the program runs, and stays.
@safe
struct SharedLibrary {
  private let name: String
  private let handle: UnsafeMutableRawPointer

  /// Loads it by its name, and makes its symbols those of the libraries that are loaded after it.
  /// - Throws: `LinearAlgebraError` with the loader's reason.
  init(_ name: String) throws(LinearAlgebraError) {
    guard let handle = unsafe dlopen(name, RTLD_LAZY | RTLD_GLOBAL) else {
      let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "\(name) cannot be loaded"
      throw LinearAlgebraError(description: reason)
    }
    self.name = name
    unsafe self.handle = handle
  }

  /// The routine called `symbol`.
  ///
  /// Routine has to be the type of a C function, the one that the library's header gives it.
  /// - Throws: `LinearAlgebraError` if there is none.
  func routine<Routine>(_ symbol: String) throws(LinearAlgebraError) -> Routine {
    guard let address = unsafe dlsym(handle, symbol) else {
      throw LinearAlgebraError(description: "\(name) has no \(symbol)")
    }
    return unsafe unsafeBitCast(address, to: Routine.self)
  }
}
