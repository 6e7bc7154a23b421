import ArgumentParser
import LinearAlgebra

/// Loads what every computation needs: other commands do without, and do not wait for it.
func startBLAS() throws { try BLAS.Start().ready() }

extension BLAS.Start {
  /// Waits until the library is there, or says what is missing.
  func ready() throws {
    do throws(LinearAlgebraError) {
      try finish()
    } catch {
      Terminal.printError("error: \(error)\n  hint: computations need OpenBLAS and LAPACKE (libopenblas0, liblapacke)")
      throw ExitCode(2)
    }
  }
}
