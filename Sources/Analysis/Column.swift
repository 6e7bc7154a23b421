/// A column of the result schema: its name, and its value in a row.
///
/// The one list that the CSV header, the JSON keys and the table are made from.
public struct Column: Sendable {
  public enum Value: Sendable, Equatable {
    case null
    case integer(Int)
    case number(Double)
    case text(String)
    case integers([Int])
    case numbers([Double])
  }

  /// What its values are, where they are not null.
  public enum Kind: Sendable {
    case integer, number, text, integers, numbers
  }

  public let name: String
  public let kind: Kind
  public let value: @Sendable (LayerRecord) -> Value

  /// All columns of schema `heavytail.analysis/1`, in order.
  public static let all = columns(for: [])

  /// The same with those of the studies before the outcome.
  public static func columns(for studies: Studies) -> [Column] {
    identity + matrix + metrics + powerLaw + alternatives + bulk
      + (studies.contains(.randomized) ? randomized : []) + (studies.contains(.vectors) ? vectors : [])
      + (studies.contains(.whitened) ? whitened : []) + outcome
  }

  private static let identity: [Column] = [
    integer("layer_id") { $0.layerID }, text("name") { $0.name }, text("kind") { $0.kind },
    text("element_type") { $0.elementType },
    Column(name: "shape", kind: .integers) { .integers($0.shape) },
  ]
  private static let matrix: [Column] = [
    text("slicing") { $0.slicing }, integer("slices") { $0.slices }, integer("rf") { $0.receptiveField },
    integer("N") { $0.rows }, integer("M") { $0.columns }, number("Q") { $0.aspectRatio },
    integer("num_evals") { $0.eigenvalueCount }, text("arithmetic") { $0.arithmetic },
    text("spectrum") { $0.spectrum },
  ]
  private static let metrics: [Column] = [
    number("norm") { $0.norm }, number("log_norm") { $0.logNorm }, number("spectral_norm") { $0.spectralNorm },
    number("log_spectral_norm") { $0.logSpectralNorm }, number("stable_rank") { $0.stableRank },
    integer("hard_rank") { $0.hardRank }, integer("rank_loss") { $0.rankLoss }, number("entropy") { $0.entropy },
  ]
  private static let powerLaw: [Column] = [
    number("alpha") { $0.alpha }, number("D") { $0.distance }, number("sigma") { $0.sigma },
    number("alpha_low") { $0.alphaInterval?.lowerBound }, number("alpha_high") { $0.alphaInterval?.upperBound },
    number("xmin") { $0.xmin }, number("xmax") { $0.xmax }, integer("num_pl_spikes") { $0.tailCount },
    integer("num_fingers") { $0.fingerCount }, number("raw_alpha") { $0.rawAlpha },
    number("alpha_weighted") { $0.alphaWeighted }, number("log_alpha_norm") { $0.logAlphaNorm },
  ]
  private static let alternatives: [Column] = [
    text("best_fit") { $0.bestFit }, number("alpha_tpl") { $0.alphaTPL }, number("lambda_tpl") { $0.lambdaTPL },
    number("sigma_alpha_tpl") { $0.sigmaAlphaTPL }, number("sigma_lambda_tpl") { $0.sigmaLambdaTPL },
    number("fit_p_value") { $0.fitPValue }, integer("ERG_num") { $0.traceLogCount },
    integer("ERG_gap") { $0.traceLogGap },
  ]
  private static let bulk: [Column] = [
    number("sigma_mp") { $0.sigmaMP }, number("lambda_plus") { $0.lambdaPlus },
    number("lambda_minus") { $0.lambdaMinus }, integer("num_spikes") { $0.spikeCount },
    numbers("spike_strengths") { $0.spikeStrengths }, numbers("spike_overlaps") { $0.spikeOverlaps },
    number("mp_softrank") { $0.softRank }, number("bulk_fit_D") { $0.bulkDistance },
    number("Q_ratio") { $0.aspectRatioQuotient }, number("tw_score") { $0.tracyWidomScore },
    number("tw_p_value") { $0.tracyWidomPValue }, text("phase") { $0.phase },
    text("universality_class") { $0.universalityClass }, number("mu") { $0.mu },
  ]
  private static let randomized: [Column] = [
    number("rand_lambda_max") { $0.randomized?.largest }, number("rand_distance") { $0.randomized?.distance },
    number("rand_alpha") { $0.randomized?.alpha }, number("rand_D") { $0.randomized?.powerLawDistance },
    number("alpha_minus_rand") { record in
      record.alpha.flatMap { alpha in record.randomized?.alpha.map { alpha - $0 } }
    },
    integer("num_traps") { $0.randomized?.trapCount }, number("mean_spike") { $0.randomized?.meanSpike },
  ]
  private static let vectors: [Column] =
    vectorColumns("bulk") { $0.bulk } + vectorColumns("tail") { $0.tail } + [
      numbers("spike_ipr") { $0.vectors?.spikeInverseParticipations }
    ]
  private static let whitened: [Column] = [
    text("phase_whitened") { $0.whitened?.phase }, number("bulk_fit_D_whitened") { $0.whitened?.bulkDistance },
    integer("num_spikes_whitened") { $0.whitened?.spikeCount },
  ]
  private static let outcome: [Column] = [
    text("status") { $0.status.rawValue }, text("reason") { $0.reason },
    text("warning") { $0.warnings.isEmpty ? nil : $0.warnings.map(\.text).joined(separator: "; ") },
  ]

  private static func vectorColumns(
    _ name: String, _ part: @escaping @Sendable (VectorStudy) -> VectorStudy.Group?
  ) -> [Column] {
    let values: [(String, @Sendable (VectorStudy.Group) -> Double)] = [
      ("mean_loc_ratio", { $0.localizationRatio.mean }), ("var_loc_ratio", { $0.localizationRatio.variance }),
      ("mean_part_ratio", { $0.participationRatio.mean }), ("var_part_ratio", { $0.participationRatio.variance }),
      ("mean_vec_entropy", { $0.histogramEntropy.mean }), ("var_vec_entropy", { $0.histogramEntropy.variance }),
      ("mean_shannon", { $0.shannonEntropy.mean }), ("var_shannon", { $0.shannonEntropy.variance }),
      ("part_z", { $0.participationScore }), ("shannon_z", { $0.entropyScore }),
    ]
    return [integer(name + "_vectors") { $0.vectors.flatMap(part)?.count }]
      + values.map { label, value in number("\(name)_\(label)") { $0.vectors.flatMap(part).map(value) } }
  }

  private static func integer(_ name: String, _ value: @escaping @Sendable (LayerRecord) -> Int?) -> Column {
    Column(name: name, kind: .integer) { value($0).map(Value.integer) ?? .null }
  }

  /// Infinities and NaNs are no values either.
  private static func number(_ name: String, _ value: @escaping @Sendable (LayerRecord) -> Double?) -> Column {
    Column(name: name, kind: .number) { record in
      guard let number = value(record), number.isFinite else { return .null }
      return .number(number)
    }
  }

  private static func numbers(_ name: String, _ value: @escaping @Sendable (LayerRecord) -> [Double]?) -> Column {
    Column(name: name, kind: .numbers) { value($0).map(Value.numbers) ?? .null }
  }

  private static func text(_ name: String, _ value: @escaping @Sendable (LayerRecord) -> String?) -> Column {
    Column(name: name, kind: .text) { value($0).map(Value.text) ?? .null }
  }
}
