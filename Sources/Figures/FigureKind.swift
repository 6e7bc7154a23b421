/// The figures that there are.
public enum FigureKind: String, Sendable, CaseIterable {
  /// ESD in log-log, with the power law and what it was compared with.
  case esd
  /// ESD at the bulk, with the law of noise.
  case esdLinear = "esd-linear"
  /// The same up to the largest eigenvalue.
  case esdFull = "esd-full"
  /// Eigenvalues by rank.
  case scree
  /// D and α of every beginning of the tail.
  case scan
  /// ESD beside that of the entries in random order.
  case randomized
  /// How localised the singular vectors are.
  case localization
  /// α and log λmax, layer by layer.
  case depth
  /// How many layers have which α.
  case alphas
  /// The phase of each layer.
  case phases

  /// Whether it is of one layer, rather than of a model.
  public var isOfLayer: Bool {
    switch self {
    case .esd, .esdLinear, .esdFull, .scree, .scan, .randomized, .localization: true
    case .depth, .alphas, .phases: false
    }
  }
}
