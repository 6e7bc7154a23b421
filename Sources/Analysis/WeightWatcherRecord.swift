import Glibc
import SpectralCore

/// The numbers that WeightWatcher 0.7.7 gives for the same weight, by its
/// definitions: eigenvalues of 2-D convolutions halved, a floor of 1e-5 under the
/// power law, its rule for fewer than 20 eigenvalues, its fit of the bulk.
///
/// Where it writes −1 for something that does not exist, this is empty.
public struct WeightWatcherRecord: Sendable {
  /// Of the layer, without what tells its slices apart.
  public let name: String
  /// Names and values, in the order of its data frame without `layer_id` and `name`.
  public private(set) var columns: [(name: String, value: Column.Value)]

  /// What that tool multiplies eigenvalues by.
  private let factor: Double
  /// Size of a slice.
  private let (rows, order): (Int, Int)
  /// The eigenvalues in its units, ascending.
  private let values: [Double]
  /// How many of them are in the tail.
  private let tailCount: Int

  /// - Parameters:
  ///   - slices: eigenvalues of WᵀW, slice by slice.
  ///   - slice: position of the slice in its layer where each has a row.
  ///   - kind: of the layer.
  init(
    slices: [[Double]], slice: Int? = nil, rows: Int, columns: Int, receptiveField: Int, kind: String, name: String,
    options: WeightWatcherOptions
  ) {
    let type = kind == "depthwise_conv2d" ? "conv2d" : kind
    let count = slice == nil ? 1 : Double(receptiveField)
    let factor = type == "conv2d" && options.normalizesConvolutions ? WeightWatcherRecord.convolutionFactor * count : 1
    let scaled = slices.map { $0.map { $0 * factor }.sorted() }
    let pooled = scaled.flatMap { $0 }.sorted()
    let values = options.isInverse ? pooled.reversed().filter { $0 > 0 }.map { 1 / $0 } : pooled
    let norm = values.reduce(0, +)
    let largest = values.last ?? 0
    let aspectRatio = Double(rows) / Double(columns)
    let rank = WeightWatcherRecord.rank(values, rows: rows)
    let fingers = options.fingers == .clipped ? WeightWatcherFingers(values) : nil
    let fit = options.fingers == .clipped ? fingers?.fit : options.powerLaw(values)
    let xmax = fingers.map { values.dropLast($0.clippedCount).last } ?? options.largest(values)
    // Clipping shortens what is fitted, but not what is counted.
    let tailCount = fit.map { $0.tailCount + (fingers?.clippedCount ?? 0) }
    let bulk = WeightWatcherBulk(values, aspectRatio: aspectRatio, columns: columns)
    let traceLog = TraceLog(values)
    let threshold = traceLog.map { values[values.count - $0.count] }
    self.columns = [
      ("D", number(fit?.distance)), ("ERG_gap", integer(tailCount.flatMap { traceLog?.gap(tailCount: $0) })),
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
      ("num_pl_spikes", integer(tailCount)), ("num_spikes", integer(bulk?.spikeCount)),
      ("rank_loss", .integer(scaled.reduce(0) { $0 + $1.count - WeightWatcherRecord.rank($1, rows: rows) })),
      ("rf", .integer(receptiveField)), ("sigma", number(fit?.sigma)), ("sigma_mp", number(bulk?.sigma)),
      ("spectral_norm", number(largest)), ("stable_rank", number(norm / largest)),
      ("status", .text(fit == nil ? "failed" : "success")),
      ("sv_max", number(scaled.compactMap(\.last).max()?.squareRoot())),
      ("sv_min", number(scaled.compactMap(\.first).max()?.squareRoot())),
      ("warning", .text(fit.map { WeightWatcherRecord.warning(alpha: $0.alpha) } ?? "")),
      ("weak_rank_loss", .integer(values.count { $0 < WeightWatcherRecord.weakEigenvalue })),
      ("xmax", number(xmax)), ("xmin", number(fit?.xmin)),
    ]
    self.name = name
    self.factor = factor
    (self.rows, self.order, self.values, self.tailCount) = (rows, columns, values, tailCount ?? 0)
    if let slice { add([("slice_id", .integer(slice))]) }
    if options.law != .powerLaw { add([("Lambda", number(fit?.rate))]) }
    if options.fingers == .clipped {
      add([
        ("num_fingers", integer(fingers.map { max($0.clippedCount - 1, 0) })), ("raw_alpha", number(fingers?.rawAlpha)),
      ])
    }
  }

  /// `vectors=True`: the columns of right singular vectors.
  mutating func add(_ study: VectorStudy?) {
    let measured = study?.measured ?? []
    add(WeightWatcherRecord.columns("bulk", measured.dropLast(tailCount)))
    add(WeightWatcherRecord.columns("tail", measured.suffix(tailCount)))
  }

  private static func columns(
    _ part: String, _ vectors: ArraySlice<VectorStudy.Measured>
  ) -> [(name: String, value: Column.Value)] {
    let quantities: [(String, (VectorStudy.Measured) -> Double)] = [
      ("loc_ratio", { $0.localization.localizationRatio }), ("part_ratio", { $0.localization.participationRatio }),
      ("vec_entropy", { $0.magnitudeEntropy }),
    ]
    return quantities.flatMap { name, quantity in
      let statistic = vectors.isEmpty ? nil : VectorStudy.Statistic(vectors.map(quantity))
      return [
        ("\(part)_mean_\(name)", number(statistic?.mean)), ("\(part)_var_\(name)", number(statistic?.variance)),
      ]
    }
  }

  /// `randomize=True`: the columns of one shuffled spectrum. Ours come from a seed, that tool's never repeat.
  mutating func add(_ study: RandomizedStudy?) {
    let shuffled = study.map { $0.shuffled.flatMap(\.self).map { $0 * factor }.sorted() } ?? []
    let bulk = WeightWatcherBulk(shuffled, aspectRatio: Double(rows) / Double(order), columns: order)
    let (largest, random) = (values.last, shuffled.last)
    let pair = largest.flatMap { largest in random.map { (largest: largest, random: $0) } }
    add([
      ("max_rand_eval", number(random)), ("num_traps", integer(bulk?.spikeCount)),
      ("rand_W_scale", number(bulk?.scale)),
      ("rand_bulk_max", number(bulk?.upperEdge)), ("rand_bulk_min", number(bulk?.lowerEdge)),
      ("rand_distance", number(spectralDistance(values, shuffled))), ("rand_mp_softrank", number(bulk?.softRank)),
      ("rand_num_spikes", integer(bulk?.spikeCount)), ("rand_sigma_mp", number(bulk?.sigma)),
      ("ww_maxdist", number(pair.map { $0.largest - $0.random })),
      ("ww_softrank", number(pair.map { $0.random / $0.largest })),
    ])
  }

  /// The order is that of the names, capitals first.
  private mutating func add(_ more: [(name: String, value: Column.Value)]) {
    columns = (columns + more).sorted { $0.name < $1.name }
  }

  /// Each slice of a convolution is multiplied by 1/√2.
  private static let convolutionFactor = 0.5
  /// Added to every share of the entropy, to the rank it is divided by the logarithm of, and to the densities of vectors.
  static let entropyOffset = 1e-10
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

private func number(_ value: Double?) -> Column.Value {
  value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
}

private func integer(_ value: Int?) -> Column.Value { value.map(Column.Value.integer) ?? .null }
