/// The empirical spectral density (ESD) of a layer: the pooled eigenvalues of its slices.
///
/// Convention B of the theory: eigenvalues of X = WᵀW without a factor 1/N, so
/// λ = ν², the squared singular values. Norms are the papers' and WeightWatcher's.
public struct Spectrum: Sendable, Equatable {
  /// N: the longer side of each matrix.
  public let rows: Int
  /// M: the shorter side, and the number of eigenvalues of each matrix.
  public let columns: Int
  /// How many N×M matrices are pooled.
  public let sliceCount: Int
  /// All `columns` · `sliceCount` eigenvalues, ascending, ≥ 0.
  public let eigenvalues: [Double]
  /// R: how many eigenvalues differ from zero, slice by slice.
  public let hardRank: Int

  /// Pools the spectra of one or more matrices of the same shape.
  ///
  /// An eigenvalue counts as zero if it is at most λmax·M·ε of its own slice:
  /// the accuracy of eigenvalues that come from a Gram matrix.
  ///
  /// - Parameters:
  ///   - slices: eigenvalues of WᵀW for each slice, M each.
  ///   - roundingUnit: ε of the arithmetic they were computed in.
  public init(rows: Int, columns: Int, slices: [[Double]], roundingUnit: Double = .ulpOfOne) {
    precondition(rows >= columns && columns >= 1, "N ≥ M ≥ 1")
    precondition(slices.allSatisfy { $0.count == columns }, "M eigenvalues per slice")
    self.rows = rows
    self.columns = columns
    sliceCount = slices.count
    var rank = 0
    var pooled: [Double] = []
    pooled.reserveCapacity(columns * slices.count)
    for slice in slices {
      let tolerance = (slice.max() ?? 0) * Double(columns) * roundingUnit
      // What rounding made of a zero is a zero.
      for value in slice { pooled.append(value > tolerance ? value : 0) }
      rank += slice.count { $0 > tolerance }
    }
    eigenvalues = pooled.sorted()
    hardRank = rank
  }

  /// Q = N/M ≥ 1.
  public var aspectRatio: Double { Double(rows) / Double(columns) }

  /// The eigenvalues that differ from zero, ascending.
  public var positiveEigenvalues: ArraySlice<Double> { eigenvalues.suffix(hardRank) }

  /// λmax: the squared spectral norm.
  public var largest: Double { eigenvalues.last ?? 0 }
}
