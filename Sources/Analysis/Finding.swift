/// Something worth knowing about a layer or a model, in plain words, with the numbers that it rests on.
public struct Finding: Sendable, Equatable {
  /// What kind of knowledge it is, the most trustworthy first.
  public enum Level: String, Sendable, CaseIterable {
    /// Exact, whatever the theory.
    case fact
    /// A statement about noise, with a p-value or a significance.
    case test
    /// A rule of thumb of heavy-tailed self-regularisation, or a fit that has to be believed.
    case heuristic
  }

  public enum Severity: String, Sendable, CaseIterable {
    /// Good to know.
    case note
    /// Should be looked at.
    case attention
    /// Something is wrong.
    case problem
  }

  /// A number or word of the report, by its name there.
  public struct Evidence: Sendable, Equatable {
    public let name: String
    public let value: Column.Value
  }

  public let level: Level
  public let severity: Severity
  /// Present tense, no full stop.
  public let text: String
  /// Columns of the layer, or members of the model's summary.
  public let evidence: [Evidence]

  /// A credible α below this by more than two standard errors warns of over-correlation …
  public static let heavyAlpha = 2.0
  /// … and one above this speaks for noise, with or without spikes.
  public static let steepAlpha = 6.0

  /// How what is said of a layer begins whose α means nothing …
  public static let doubtfulAlpha = "α is not credible"
  /// … and of one that is too small for its phase to be sure.
  public static let uncertainPhase = "the phase is uncertain"
}

extension LayerRecord {
  /// A finding about this row; absent columns are no evidence.
  func finding(_ level: Finding.Level, _ severity: Finding.Severity, _ text: String, _ columns: String...) -> Finding {
    let evidence = columns.compactMap { name -> Finding.Evidence? in
      guard let column = Column.named[name] else { preconditionFailure("no column \(name)") }
      let value = column.value(self)
      return value == .null ? nil : Finding.Evidence(name: name, value: value)
    }
    return Finding(level: level, severity: severity, text: text, evidence: evidence)
  }
}

extension Column {
  /// All columns of all studies.
  static let named = Dictionary(
    uniqueKeysWithValues: columns(for: [.randomized, .vectors, .whitened]).map { ($0.name, $0) })
}
