import Glibc
import SpectralCore

/// The numbers that WeightWatcher 0.7.7 gives for the same weight, by its
/// definitions: eigenvalues of 2-D convolutions halved, a floor of 1e-5 under the
/// power law, its rule for fewer than 20 eigenvalues, its fit of the bulk.
///
/// Where it writes −1 for something that does not exist, this is empty.
public struct WeightWatcherRecord: Sendable {
  /// Names and values, in the order of its data frame without `layer_id` and `name`.
  public let columns: [(name: String, value: Column.Value)]

  /// - Parameters:
  ///   - slices: eigenvalues of WᵀW, slice by slice.
  ///   - kind: of the layer.
  init(slices: [[Double]], rows: Int, columns: Int, receptiveField: Int, kind: String, name: String) {
    let type = kind == "depthwise_conv2d" ? "conv2d" : kind
    let factor = type == "conv2d" ? WeightWatcherRecord.convolutionFactor : 1
    let scaled = slices.map { $0.map { $0 * factor }.sorted() }
    let values = scaled.flatMap { $0 }.sorted()
    let norm = values.reduce(0, +)
    let largest = values.last ?? 0
    let aspectRatio = Double(rows) / Double(columns)
    let rank = WeightWatcherRecord.rank(values, rows: rows)
    let fit = WeightWatcherPowerLaw(values)
    let bulk = WeightWatcherBulk(values, aspectRatio: aspectRatio, columns: columns)
    let traceLog = TraceLog(values)
    func number(_ value: Double?) -> Column.Value { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
    func integer(_ value: Int?) -> Column.Value { value.map(Column.Value.integer) ?? .null }
    let threshold = traceLog.map { values[values.count - $0.count] }
    self.columns = [
      ("D", number(fit?.distance)), ("ERG_gap", integer(fit.flatMap { traceLog?.gap(tailCount: $0.tailCount) })),
      ("M", .integer(columns)), ("N", .integer(rows)), ("Q", .number(aspectRatio)), ("W_scale", number(bulk?.scale)),
      ("alpha", number(fit?.alpha)), ("alpha_weighted", number(fit.map { $0.alpha * log10(largest) })),
      ("bulk_max", number(bulk?.upperEdge)), ("bulk_min", number(bulk?.lowerEdge)),
      ("detX_num", integer(traceLog?.count)), ("detX_val", number(threshold)),
      ("detX_val_unrescaled", number(threshold.map { $0 * Double(values.count) / norm })),
      ("entropy", number(WeightWatcherRecord.entropy(values, norm: norm, rank: rank))), ("has_esd", .text("True")),
      ("lambda_max", number(largest)), ("layer_type", .text(type)),
      ("log_alpha_norm", number(fit.flatMap { logAlphaNorm(values, alpha: $0.alpha) })),
      ("log_norm", number(log10(norm))), ("log_spectral_norm", number(log10(largest))), ("longname", .text(name)),
      ("matrix_rank", .integer(rank)), ("mp_softrank", number(bulk?.softRank)), ("norm", number(norm)),
      ("num_ERG_spikes", integer(traceLog?.count)), ("num_evals", .integer(values.count)),
      ("num_pl_spikes", integer(fit?.tailCount)), ("num_spikes", integer(bulk?.spikeCount)),
      ("rank_loss", .integer(scaled.reduce(0) { $0 + $1.count - WeightWatcherRecord.rank($1, rows: rows) })),
      ("rf", .integer(receptiveField)), ("sigma", number(fit?.sigma)), ("sigma_mp", number(bulk?.sigma)),
      ("spectral_norm", number(largest)), ("stable_rank", number(norm / largest)),
      ("status", .text(fit == nil ? "failed" : "success")), ("sv_max", number(largest.squareRoot())),
      ("sv_min", number(scaled.compactMap(\.first).max()?.squareRoot())),
      ("warning", .text(fit.map { WeightWatcherRecord.warning(alpha: $0.alpha) } ?? "")),
      ("weak_rank_loss", .integer(values.count { $0 < WeightWatcherRecord.weakEigenvalue })), ("xmax", number(largest)),
      ("xmin", number(fit?.xmin)),
    ]
  }

  /// Each slice of a convolution is multiplied by 1/√2.
  private static let convolutionFactor = 0.5
  /// Added to every share of the entropy, and to the rank it is divided by the logarithm of.
  private static let entropyOffset = 1e-10
  /// What counts as zero for `weak_rank_loss`: absolute, so it depends on the scale of the weights.
  private static let weakEigenvalue = 1e-6

  private static func warning(alpha: Double) -> String {
    if alpha < 2 { return "over-trained" }
    return alpha > 6 ? "under-trained" : ""
  }

  /// Singular values above N·ε times the largest.
  private static func rank(_ eigenvalues: [Double], rows: Int) -> Int {
    let tolerance = (eigenvalues.last ?? 0).squareRoot() * Double(rows) * Double.ulpOfOne
    return eigenvalues.count { $0.squareRoot() > tolerance }
  }

  private static func entropy(_ eigenvalues: [Double], norm: Double, rank: Int) -> Double {
    let sum = eigenvalues.reduce(0.0) { sum, value in
      let share = value / norm + entropyOffset
      return sum + share * log(share)
    }
    return -sum / log(Double(rank) + entropyOffset)
  }
}
