import ArgumentParser
import LinearAlgebra

/// Loads what every computation needs: other commands do without, and do not wait for it.
func startBLAS() throws {
  do throws(LinearAlgebraError) {
    try BLAS.start()
  } catch {
    Terminal.printError("error: \(error)\n  hint: computations need OpenBLAS and LAPACKE (libopenblas0, liblapacke)")
    throw ExitCode(2)
  }
}
