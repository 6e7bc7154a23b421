import Analysis
import Glibc
import Reporting
import SpectralCore
import Testing

@Suite struct GlossaryTests {
  private static let columns = Column.columns(for: [.randomized, .vectors, .whitened]).map(\.name)

  @Test func everyTermIsExplainedOnce() {
    let terms = Glossary.entries.flatMap(\.terms)
    #expect(Set(terms).count == terms.count)
    let wanted =
      GlossaryTests.columns + Phase.allCases.map(\.rawValue) + UniversalityClass.allCases.map(\.rawValue)
      + Caveat.Label.allCases.map(\.rawValue)
    for term in wanted { #expect(terms.contains(term), "\(term) has no entry") }
    for term in ["ESD", "Q", "Marchenko–Pastur", "Tracy–Widom", "BBP", "power law", "ERG", "trap", "WW compat"] {
      #expect(terms.contains(term))
    }
  }

  @Test func noEntryIsLeftOver() {
    let known: [Glossary.Group: [String]] = [
      .phases: Phase.allCases.map(\.rawValue), .classes: UniversalityClass.allCases.map(\.rawValue),
      .caveats: Caveat.Label.allCases.map(\.rawValue),
    ]
    for entry in Glossary.entries where entry.group != .concepts {
      for term in entry.terms {
        #expect((known[entry.group] ?? GlossaryTests.columns).contains(term), "\(term) is in no report")
      }
    }
  }

  @Test func thresholdsAreThoseOfTheProgram() throws {
    let alpha = try #require(Glossary.entry(for: "alpha")?.caveats)
    #expect(alpha.contains("at least \(SpectrumFit.credibleTailCount) eigenvalues"))
    #expect(alpha.contains("D is at most \(SpectrumFit.credibleDistance)"))
    let spikes = try #require(Glossary.entry(for: "num_spikes")?.formula)
    #expect(spikes.contains("\(BulkFit.edgeScore)"))
    let collapse = try #require(Glossary.entry(for: "RANK-COLLAPSE")?.formula)
    #expect(collapse.contains("at least 5 %") && PhaseThresholds().zeroShare == 0.05)
  }

  /// The formulas, computed here by hand, against the code.
  @Test func formulasAreThoseOfTheProgram() throws {
    let values = [1.0, 2, 3, 5, 8, 13]
    let fit = try #require(PowerLawFit(values))
    let tail = values.filter { $0 >= fit.xmin }
    let expected = 1 + Double(tail.count) / tail.reduce(0) { $0 + log($1 / fit.xmin) }
    #expect(abs(fit.alpha - expected) < 1e-12)
    #expect(fit.sigma == (fit.alpha - 1) / Double(fit.tailCount).squareRoot())
    #expect(tailExponent(alpha: 1.5) == 1 && tailExponent(alpha: 2.5) == 2 && tailExponent(alpha: 4) == 3)
    let law = MarchenkoPastur(aspectRatio: 4, variance: 2)
    #expect(law.upperEdge == 2 * 1.5 * 1.5 && law.lowerEdge == 2 * 0.5 * 0.5)
    let spike = Spike(strength: 2, aspectRatio: 4)
    #expect(abs(spike.position - 3 * (1 + 1 / 8.0)) < 1e-12 && spike.relativeStrength == 4)
    #expect(abs(spike.rightOverlap - (4 - 0.25) / (2 * 2.25)) < 1e-12)
  }

  @Test(arguments: [
    ("Alpha", "alpha"), ("heavy-tailed", "HEAVY-TAILED"), ("marchenko pastur", "Marchenko–Pastur"),
    ("LARGE d", "large D"),
  ])
  func letterCaseAndDashesDoNotMatter(term: String, name: String) {
    #expect(Glossary.entry(for: term)?.terms.contains(name) == true)
  }

  @Test(arguments: [
    ("alhpa", "alpha"), ("entrpy", "entropy"), ("stable_rnak", "stable_rank"), ("bulk_mean", "bulk_mean_shannon"),
    ("tracy widon", "Tracy–Widom"),
  ])
  func nearMissesAreSuggested(term: String, name: String) {
    #expect(Glossary.entry(for: term) == nil)
    #expect(Glossary.suggestions(for: term, count: 5).contains(name), "\(Glossary.suggestions(for: term))")
  }

  @Test func whatIsLikeNothingHasNoSuggestion() {
    #expect(Glossary.suggestions(for: "photosynthesis").isEmpty)
    #expect(Glossary.suggestions(for: "").isEmpty)
    #expect(Glossary.suggestions(for: String(repeating: "x", count: 100_000)).isEmpty)
  }

  @Test func textFitsTheTerminal() {
    for entry in Glossary.entries {
      let text = entry.text(width: 60)
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= 60 || !$0.contains(" ") }, "\(text)")
      #expect(text.hasSuffix("\n") && !text.contains("  \n"))
    }
    let overview = Glossary.overview(width: 70)
    #expect(overview.split(separator: "\n").allSatisfy { $0.count <= 70 })
    #expect(Glossary.Group.allCases.allSatisfy { overview.contains($0.rawValue) })
  }
}
