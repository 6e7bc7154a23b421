import Analysis
import SpectralCore

extension Glossary {
  static let phases: [Entry] = Phase.allCases.map { phase in
    let (meaning, formula, reading) = description(phase)
    return Entry(
      phase.rawValue, in: .phases, meaning, formula: formula, reading: reading,
      caveats: "Uncertain for M below \(PhaseAnalysis.validatedColumns).",
      source: "arXiv 1810.01075; thresholds are this program's")
  }

  private static func description(_ phase: Phase) -> (String, String, String) {
    switch phase {
    case .randomLike:
      (
        "Nothing tells the spectrum from that of noise.", "the bulk fits and no eigenvalue lies above its edge",
        "Untrained, or trained so little that noise hides it."
      )
    case .bleedingOut:
      (
        "Some eigenvalues lie just above the edge of the noise.",
        "spikes, but none as far as \(thresholds.separationUnits) Tracy–Widom units and an overlap of \(fixed(thresholds.separationOverlap, 2))",
        "Training has begun to show."
      )
    case .bulkPlusSpikes:
      (
        "A bulk of noise and a few eigenvalues well above it.",
        "spikes far above the edge, at most \(percent(thresholds.decayShare)) of all where some are at the edge",
        "Typical of small or older networks, which were well trained by explicit regularisation."
      )
    case .bulkDecay:
      (
        "Eigenvalues reach from the edge of the noise outwards without a gap.",
        "the bulk does not fit; or more than \(percent(thresholds.decayShare)) above the edge, part of them at it; or more than \(percent(thresholds.manyShare)) in all; or shoulder and far part both above \(percent(thresholds.continuousShare))",
        "Between spikes and heavy tails. Check --whiten: unequal norms do the same."
      )
    case .heavyTailed:
      (
        "No bulk of noise is left; correlations at every scale.",
        "the bulk does not fit and noise holds less than \(percent(thresholds.noiseShare)) of Σλ",
        "Typical of good modern networks. Check --whiten: unequal norms do the same."
      )
    case .rankCollapse:
      (
        "Many eigenvalues are zero.",
        "at least \(percent(thresholds.zeroShare)) of the eigenvalues, with at most \(percent(thresholds.zeroEnergy)) of Σλ and \(thresholds.zeroGap) times below the next",
        "Over-regularised, dead units, pruned, or a product of thin factors."
      )
    }
  }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  static let classes: [Entry] = UniversalityClass.allCases.map { member in
    let meaning =
      switch member {
      case .gaussian: "No heavy tail: noise, with or without spikes."
      case .weaklyHeavyTailed: "As of entries with μ > 4: bulk and edge as of noise."
      case .moderatelyHeavyTailed:
        "As of entries with 2 < μ ≤ 4: finite variance, the largest eigenvalues heavy-tailed."
      case .veryHeavyTailed: "As of entries with μ ≤ 2: infinite variance, the whole spectrum heavy-tailed."
      }
    return Entry(member.rawValue, in: .classes, meaning, reading: "See mu.", source: "arXiv 1810.01075")
  }

  static let caveats: [Entry] = Caveat.Label.allCases.map { label in
    let meaning =
      switch label {
      case .smallM:
        "M is below \(PhaseAnalysis.validatedColumns): the phase is uncertain, since it was not validated on such small matrices."
      case .shortTail: "Fewer than \(SpectrumFit.credibleTailCount) eigenvalues are in the tail: α is not credible."
      case .largeD: "D is above \(SpectrumFit.credibleDistance): the tail is no power law, and α is not credible."
      case .lowP: "The bootstrap rejects the power law (p < \(GoodnessOfFit.rejection)): α is not credible."
      case .normsDiffer:
        "The phase is another one once rows and columns have equal norms: unequal norms explain the difference, not correlations."
      case .partialSpectrum:
        "Memory did not suffice for all eigenvalues: see spectrum. The column warning says how many were computed, and how exactly the density of the others is known."
      case .notStudied:
        "--randomize, --vectors and --whiten look at real matrices of weights only, not at a convolution's frequencies; nor at layers that have no room for it; and one that fails on a matrix leaves its own columns empty. The column warning has the reason."
      case .headsUnknown:
        "Under --per-head, an attention projection whose number of heads neither its axes nor a configuration tells: it is analysed whole. --head-width tells it."
      case .seeWarning:
        "The reader of the format has something to say about this layer; the column warning has the sentence."
      }
    return Entry(label.rawValue, in: .caveats, meaning)
  }

  static let concepts: [Entry] = [
    Entry(
      "ESD", "empirical spectral density", in: .concepts,
      "The eigenvalues λ of X = WᵀW of a weight matrix: the squared singular values of W. Everything else is read from them.",
      formula: "λᵢ = νᵢ²", caveats: "Papers also use WᵀW/N; exponents, ranks and phases are the same, norms are not.",
      source: "arXiv 1810.01075"),
    Entry(
      "Marchenko–Pastur", in: .concepts,
      "The law of the eigenvalues of noise: independent entries of variance σ² fill an interval with sharp edges.",
      formula: "ρ(x) = Q·√((b−x)(x−a))/(2πσ²x), a, b = σ²(1 ∓ 1/√Q)², for x = λ/N",
      reading: "What it does not explain is signal; or unequal variances.", source: "Marchenko & Pastur (1967)"),
    Entry(
      "Tracy–Widom", in: .concepts,
      "The law of the largest eigenvalue of noise: how far beyond the edge it strays by chance.",
      formula: "λmax ≈ centre + unit·TW₁; 99.9 % below \(fixed(TracyWidom.quantile999, 3)) units",
      reading: "Makes 'above the edge' a test with a p-value.",
      source: "Tracy & Widom (1996); Johnstone (2001); Ma (2012)"),
    Entry(
      "BBP", "spike", in: .concepts,
      "The transition of Baik, Ben Arous and Péché: a signal in noise has an eigenvalue of its own only above a threshold.",
      formula: "κ = ‖Δ‖₂²/(σ²√(NM)) > 1",
      reading: "Below it the noise hides the signal completely; above it eigenvalue and eigenvector tell its strength.",
      source: "Baik, Ben Arous & Péché (2005)"),
    Entry(
      "power law", "credible", in: .concepts,
      "A tail without scale, p(λ) ~ λ^−α. An exponent is called credible here if the tail has at least \(SpectrumFit.credibleTailCount) eigenvalues, D ≤ \(SpectrumFit.credibleDistance), and a bootstrap, where one was run, does not reject it (p ≥ \(GoodnessOfFit.rejection)).",
      caveats:
        "Staats, Thamm & Rosenow (arXiv 2203.14661) find that large singular values are in general of no power-law type; heavy tails also arise without noise in the gradients (arXiv 2406.04657) and can be modelled otherwise (arXiv 2506.03470).",
      source: "Clauset, Shalizi & Newman (2009)"),
    Entry(
      "head", in: .concepts,
      "A part of an attention layer with queries, keys and values of its own. --per-head analyses its rows of the query, key and value projections, and its columns of the output projection, as matrices of their own.",
      formula: "N = width of the layer, M = width of a head, mostly 64 or 128",
      reading:
        "What one head has learned stands out, which the projection as a whole averages away. Queries that share keys and values leave fewer heads in the key and value projections.",
      caveats: "See heads unknown; phases are uncertain for heads narrower than \(PhaseAnalysis.validatedColumns)."),
    Entry(
      "HT-SR", "heavy-tailed self-regularization", in: .concepts,
      "The empirical theory that training correlates weights at every scale, and that the heaviness of the tail tells the quality of a model without data.",
      caveats: "Heuristic: correlations across published models, no causal claim.",
      source: "Martin & Mahoney, arXiv 1810.01075, 2002.06716"),
    Entry(
      "ERG", in: .concepts,
      "The condition that the eigenvalues of the tail have a determinant of 1, under which the theory of effective correlations applies. See ERG_gap.",
      formula: "Σ ln λ̃ = 0 over the tail, λ̃ = λ·M/Σλ", source: "SETOL, arXiv 2507.17912"),
    Entry(
      "trap", in: .concepts,
      "A spike that stays when the entries are put in random order: made by a few entries far too large, not by what was learned. See num_traps; heavytail synth traps makes some.",
      source: "Prakash & Martin"),
    Entry(
      "universality class", in: .concepts,
      "Which ensemble of random matrices a spectrum resembles, by the tail exponent μ of its entries. See mu.",
      source: "arXiv 1810.01075"),
    Entry(
      "WW compat", "WeightWatcher", in: .concepts,
      "--compat weightwatcher writes the CSV that WeightWatcher 0.7.7 writes, by its definitions: halved eigenvalues of 2-D convolutions, a floor of 1e-5, another rule for fewer than 20 eigenvalues, another fit of the bulk.",
      caveats: "Its numbers differ from the columns explained here where its definitions do."),
    Entry(
      "finding", in: .concepts,
      "A sentence of the health report (--findings, and always in JSON): an exact fact, a test against noise, or a heuristic, in this order of trust, each with the numbers it rests on."
    ),
    Entry(
      "delta_W", "delta_b", "euclidean", "cka", "spectral", in: .concepts,
      "Columns of heavytail distances, weight by weight of two models: norms of the differences of weights and of biases, the mean norm over a weight's matrices, how much their column spaces have in common, and the distance of the spectra.",
      reading: "cka is 1 for equal column spaces and 0 for orthogonal ones; spectral is 0 for equal spectra."),
    Entry(
      "verdict", "relative_distance", "alpha_change", in: .concepts,
      "What heavytail compare says of a weight of two models: identical, every bit is; same, α₂ − α₁ is within 1.96·√(σ₁² + σ₂²); else better where α has come nearer to 2, and worse where it has gone further away. relative_distance is ‖W₁ − W₂‖_F/‖W₁‖_F.",
      caveats:
        "Better and worse are a heuristic for models of one architecture. Weights of models trained together share their noise: their α differ less by chance than the errors say.",
      source: "Martin & Mahoney, JMLR 22 (2021)"),
  ]
}
