import COpenBLAS

/// Why a decomposition has no result.
public struct LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The routine and what it reports.
  public let description: String
}

extension GramMatrix {
  /// The eigenvalues of G = WᵀW, ascending: the squared singular values of W.
  ///
  /// Values only, 4/3·M³ operations. Rounding leaves an absolute error of about
  /// M·ε·λmax, so eigenvalues that are zero in exact arithmetic come out as
  /// small numbers of either sign; negative ones are returned as 0.
  ///
  /// - Throws: `LinearAlgebraError` if the iteration does not converge.
  public consuming func eigenvalues() throws(LinearAlgebraError) -> [Double] {
    guard order > 0 else { return [] }
    var values = [Element](repeating: 0, count: order)
    let status = unsafe Element.symmetricEigenvalues(Int32(order), elements.base, &values)
    guard status == 0 else { throw LinearAlgebraError(description: "syevd reports \(status)") }
    return values.map { Double(max($0, 0)) }
  }
}

/// Eigenvalues and eigenvectors of a Gram matrix.
public struct EigenSystem: ~Copyable, Sendable {
  /// Ascending, ≥ 0.
  public let values: [Double]
  private let vectors: AlignedBuffer<Double>

  init(values: [Double], vectors: consuming AlignedBuffer<Double>) {
    self.values = values
    self.vectors = vectors
  }

  /// The unit eigenvector of `values[index]`: a right singular vector of W. Its sign is arbitrary.
  public func vector(_ index: Int) -> [Double] {
    let order = values.count
    let span = vectors.span
    return (index * order..<(index + 1) * order).map { span[$0] }
  }
}

extension GramMatrix where Element == Double {
  /// Eigenvalues with their eigenvectors: about 4·M³ operations more than the values alone.
  /// - Throws: `LinearAlgebraError` if the iteration does not converge.
  public consuming func eigenSystem() throws(LinearAlgebraError) -> EigenSystem {
    var values = [Double](repeating: 0, count: order)
    let status = unsafe order == 0 ? 0 : Double.symmetricEigenvectors(Int32(order), elements.base, &values)
    guard status == 0 else { throw LinearAlgebraError(description: "syevd reports \(status)") }
    return EigenSystem(values: values.map { max($0, 0) }, vectors: elements)
  }
}

/// The BLAS behind this module.
public enum BLAS {
  /// Sets how many threads one BLAS or LAPACK call may use. Affects the whole process.
  public static func setThreadCount(_ count: Int) { openblas_set_num_threads(Int32(count)) }

  /// Name, version and the kernels chosen for this processor.
  public static var summary: String { unsafe String(cString: openblas_get_config()) }
}
