/// What the columns, phases, caveats and concepts of the reports mean: the one place where that is written down.
///
/// Thresholds in the texts are those that the program uses.
public enum Glossary {
  public enum Group: String, Sendable, CaseIterable {
    case matrix = "Layer and matrix"
    case norms = "Norms and ranks"
    case tail = "Power law and other tails"
    case noise = "Noise and spikes"
    case randomized = "Entries in random order (--randomize)"
    case vectors = "Singular vectors (--vectors)"
    case whitened = "Equal norms (--whiten)"
    case outcome = "Outcome"
    case phases = "Phases"
    case classes = "Universality classes"
    case caveats = "Caveats"
    case concepts = "Concepts"
  }

  /// One explanation, of one term or of several that are read together.
  public struct Entry: Sendable, Equatable {
    /// As reports spell them; the first names the entry.
    public let terms: [String]
    public let group: Group
    public let meaning: String
    /// In plain text.
    public let formula: String?
    /// How to read a value.
    public let reading: String?
    public let caveats: String?
    /// Paper, equation or section.
    public let source: String?

    init(
      _ terms: String..., in group: Group, _ meaning: String, formula: String? = nil, reading: String? = nil,
      caveats: String? = nil, source: String? = nil
    ) {
      self.init(terms: terms, in: group, meaning, formula: formula, reading: reading, caveats: caveats, source: source)
    }

    init(
      terms: [String], in group: Group, _ meaning: String, formula: String? = nil, reading: String? = nil,
      caveats: String? = nil, source: String? = nil
    ) {
      self.terms = terms
      self.group = group
      self.meaning = meaning
      self.formula = formula
      self.reading = reading
      self.caveats = caveats
      self.source = source
    }
  }

  /// Every entry, group by group.
  public static let entries: [Entry] =
    matrix + norms + tail + noise + studies + outcome + phases + classes + caveats + concepts

  /// The entry of a term, spelled as in the reports or in other letter case where that is unambiguous.
  public static func entry(for term: String) -> Entry? {
    if let exact = entries.first(where: { $0.terms.contains(term) }) { return exact }
    let folded = folded(term)
    let matches = entries.filter { $0.terms.contains { Glossary.folded($0) == folded } }
    return matches.count == 1 ? matches[0] : nil
  }

  /// The terms that look most like `term`, the nearest first.
  public static func suggestions(for term: String, count: Int = 3) -> [String] {
    let wanted = Array(folded(String(term.prefix(longestTerm))))
    let ranked = entries.flatMap(\.terms).map { candidate in
      (candidate, editDistance(wanted, Array(folded(candidate))))
    }
    let close = ranked.filter { candidate, distance in
      (distance < wanted.count && distance <= max(wanted.count / 3, 1))
        || (wanted.count > 2 && folded(candidate).hasPrefix(String(wanted)))
    }
    return close.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(count).map(\.0)
  }

  private static let longestTerm = 64

  /// Letter case, and what words are joined with, do not matter.
  private static func folded(_ term: String) -> String {
    String(term.lowercased().map { "_- –".contains($0) ? " " : $0 })
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other.
  private static func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var rows = [Array(0...second.count)]
    for (i, a) in first.enumerated() {
      var row = [i + 1]
      for (j, b) in second.enumerated() {
        var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a == b ? 0 : 1))
        if i > 0, j > 0, a == second[j - 1], b == first[i - 1] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[first.count][second.count]
  }
}

extension Glossary.Entry {
  /// The entry for people, in lines of at most `width` characters.
  public func text(width: Int?) -> String {
    var blocks = [
      wrapped(terms.joined(separator: ", "), width: width, indent: 2) + wrapped("  " + meaning, width: width, indent: 2)
    ]
    let parts = [("formula", formula), ("how to read it", reading), ("caveats", caveats), ("source", source)]
    for (label, text) in parts {
      guard let text else { continue }
      blocks.append(wrapped("  \(label): \(text)", width: width, indent: 4))
    }
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }
}

extension Glossary {
  /// All terms, group by group, in lines of at most `width` characters.
  public static func overview(width: Int?) -> String {
    let blocks = Group.allCases.map { group in
      let terms = entries.filter { $0.group == group }.flatMap(\.terms)
      // A comma keeps terms of several words apart.
      return ([group.rawValue] + wrapped("  " + terms.joined(separator: ", "), width: width ?? 100, indent: 2))
        .joined(separator: "\n")
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
