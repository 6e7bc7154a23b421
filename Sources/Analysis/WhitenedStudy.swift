import SpectralCore

/// A second opinion on the phase: that of the matrices after all their rows and columns are scaled to equal norms.
///
/// Noise whose neurons differ in norm looks like a decaying bulk or a heavy tail, and is noise again after this.
public struct WhitenedStudy: Sendable, Equatable {
  /// `Phase.rawValue`; `nil` where there is none.
  public let phase: String?
  public let bulkDistance: Double?
  public let spikeCount: Int?

  init(_ matrices: [RandomMatrix]) throws(LayerFailure) {
    var slices: [[Double]] = []
    for matrix in matrices {
      let scaling = NormEqualization(matrix.values, rows: matrix.rows, columns: matrix.columns)
      let whitened = RandomMatrix(
        rows: matrix.rows, columns: matrix.columns, values: scaling.applied(to: matrix.values))
      slices.append(try whitened.eigenvalues())
    }
    let analysis = PhaseAnalysis(Spectrum(rows: matrices[0].rows, columns: matrices[0].columns, slices: slices))
    phase = analysis?.phase.rawValue
    bulkDistance = analysis?.bulk?.distance
    spikeCount = analysis?.bulk?.outlierCount
  }

  /// What a difference from the phase as it is means.
  func caveat(_ original: String?) -> Caveat? {
    guard let original, let phase, original != phase else { return nil }
    return Caveat(
      label: .normsDiffer,
      text: "the phase is \(original) as the weight is and \(phase) with equal norms of rows and columns: "
        + "unequal norms explain the difference, not correlations")
  }
}
