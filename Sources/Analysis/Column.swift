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
  }

  public let name: String
  public let value: @Sendable (LayerRecord) -> Value

  /// All columns of schema `heavytail.analysis/1`, in order.
  public static let all: [Column] = identity + matrix + metrics + powerLaw + alternatives + bulk + outcome

  private static let identity: [Column] = [
    integer("layer_id") { $0.layerID }, text("name") { $0.name }, text("kind") { $0.kind },
    text("element_type") { $0.elementType }, Column(name: "shape") { .integers($0.shape) },
  ]
  private static let matrix: [Column] = [
    text("slicing") { $0.slicing }, integer("slices") { $0.slices }, integer("rf") { $0.receptiveField },
    integer("N") { $0.rows }, integer("M") { $0.columns }, number("Q") { $0.aspectRatio },
    integer("num_evals") { $0.eigenvalueCount },
  ]
  private static let metrics: [Column] = [
    number("norm") { $0.norm }, number("log_norm") { $0.logNorm }, number("spectral_norm") { $0.spectralNorm },
    number("log_spectral_norm") { $0.logSpectralNorm }, number("stable_rank") { $0.stableRank },
    integer("hard_rank") { $0.hardRank }, integer("rank_loss") { $0.rankLoss }, number("entropy") { $0.entropy },
  ]
  private static let powerLaw: [Column] = [
    number("alpha") { $0.alpha }, number("D") { $0.distance }, number("sigma") { $0.sigma },
    number("xmin") { $0.xmin }, number("xmax") { $0.xmax }, integer("num_pl_spikes") { $0.tailCount },
    number("alpha_weighted") { $0.alphaWeighted }, number("log_alpha_norm") { $0.logAlphaNorm },
  ]
  private static let alternatives: [Column] = [
    text("best_fit") { $0.bestFit }, number("alpha_tpl") { $0.alphaTPL }, number("lambda_tpl") { $0.lambdaTPL },
    number("fit_p_value") { $0.fitPValue },
  ]
  private static let bulk: [Column] = [
    number("sigma_mp") { $0.sigmaMP }, number("lambda_plus") { $0.lambdaPlus },
    number("lambda_minus") { $0.lambdaMinus }, integer("num_spikes") { $0.spikeCount },
    number("mp_softrank") { $0.softRank }, number("bulk_fit_D") { $0.bulkDistance },
    number("tw_score") { $0.tracyWidomScore }, text("phase") { $0.phase },
    text("universality_class") { $0.universalityClass }, number("mu") { $0.mu },
  ]
  private static let outcome: [Column] = [
    text("status") { $0.status.rawValue }, text("reason") { $0.reason },
    text("warning") { $0.warnings.isEmpty ? nil : $0.warnings.map(\.text).joined(separator: "; ") },
  ]

  private static func integer(_ name: String, _ value: @escaping @Sendable (LayerRecord) -> Int?) -> Column {
    Column(name: name) { value($0).map(Value.integer) ?? .null }
  }

  /// Infinities and NaNs are no values either.
  private static func number(_ name: String, _ value: @escaping @Sendable (LayerRecord) -> Double?) -> Column {
    Column(name: name) { record in
      guard let number = value(record), number.isFinite else { return .null }
      return .number(number)
    }
  }

  private static func text(_ name: String, _ value: @escaping @Sendable (LayerRecord) -> String?) -> Column {
    Column(name: name) { value($0).map(Value.text) ?? .null }
  }
}
