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
  /// An SVD of W, of 2·NM² + 2·M³ operations, would tell singular values below
  /// 10⁻⁸ of the largest apart, but entries of 32 bits or fewer do not hold
  /// them: it would count what rounding made of zeros, and get ranks wrong that
  /// are right this way.
  ///
  /// - Throws: `LinearAlgebraError` if the iteration does not converge.
  public consuming func eigenvalues(workers: Workers = Workers(1)) throws(LinearAlgebraError) -> [Double] {
    guard order > 0 else { return [] }
    let values = order < GramMatrix.twoStageOrder ? try directly() : try throughBand(workers)
    return values.map { max($0, 0) }
  }

  /// From here on the matrix outgrows the caches and going through a band is faster. On one core of a Zen 5 with
  /// kernels for AVX-512, in doubles: 0.045 s directly and 0.079 s through a band for M = 1024, 0.135 and 0.19 s for
  /// 1536, 0.43 and 0.31 s for 2048; on two cores 0.133 and 0.123 s for 1536.
  private static var twoStageOrder: Int { 1536 }

  /// Bytes that the eigenvalues need beside the matrix itself: its lower half once more, or the reflectors with products
  /// with them, and the band.
  ///
  /// - Precondition: the bytes of the matrix fit in `Int`.
  public static func workingBytes(order: Int) -> Int {
    guard order >= twoStageOrder else { return Tridiagonal.workingBytes(order: order) }
    return order * (4 * BandReduction<Element>.width * MemoryLayout<Element>.size + BulgeChase.bytesPerColumn)
  }

  consuming func directly() throws(LinearAlgebraError) -> [Double] {
    try tridiagonal(in: Tridiagonal.Workspace(order: order)).eigenvalues()
  }

  func throughBand(_ workers: Workers) throws(LinearAlgebraError) -> [Double] {
    let matrix = elements.operand(leading: order)
    try BandReduction(matrix, order: order, workers: workers).run()
    // In doubles: so many steps in floats would add their roundings up, all to one side.
    return try BulgeChase(bandOf: matrix, order: order).run(workers: workers).eigenvalues()
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
