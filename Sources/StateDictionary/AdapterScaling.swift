/// By what the product of an adapter's matrices is multiplied, where a configuration tells.
public struct AdapterScaling: Sendable {
  private enum Rule {
    case factor(Double)
    /// alpha/r, with an alpha of their own for modules whose path ends in a pattern;
    /// rank-stabilised adapters have alpha/√r.
    case alpha(Double, patterns: [(path: String, alpha: Double)], isRankStabilized: Bool)
  }

  private let rule: Rule

  /// One factor for all.
  public init(factor: Double) { rule = .factor(factor) }

  /// - Parameters:
  ///   - patterns: the alpha of modules whose path is this, or ends in it after a dot.
  ///   - isRankStabilized: whether it is alpha/√r instead of alpha/r.
  public init(alpha: Double, patterns: [(path: String, alpha: Double)] = [], isRankStabilized: Bool = false) {
    rule = .alpha(alpha, patterns: patterns, isRankStabilized: isRankStabilized)
  }

  func factor(rank: Int, module: String) -> Double {
    switch rule {
    case .factor(let factor): return factor
    case .alpha(let alpha, let patterns, let isRankStabilized):
      let own = patterns.first { pattern in
        module == pattern.path
          || module.utf8.suffix(pattern.path.utf8.count + 1).elementsEqual((".\(pattern.path)").utf8)
      }
      return (own?.alpha ?? alpha) / (isRankStabilized ? Double(rank).squareRoot() : Double(rank))
    }
  }
}
