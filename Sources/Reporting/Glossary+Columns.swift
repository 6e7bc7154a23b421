import Analysis
import SpectralCore

extension Glossary {
  static let matrix: [Entry] = [
    Entry(
      "layer_id", "name", "kind", in: .matrix,
      "Which layer a row is about: its position, its name, and what it does (dense, conv2d, embedding, …).",
      reading: "Slices and roles of one layer share its layer_id; heavytail inspect lists the same numbers."),
    Entry(
      "element_type", "shape", in: .matrix,
      "The weight as stored: the type of its elements and its extents, output first, then inputs per group, then kernel positions."
    ),
    Entry(
      "slicing", "slices", "rf", in: .matrix,
      "How the weight became matrices, how many, and its receptive field, the number of kernel positions.",
      reading:
        "positions: one output × input matrix per kernel position, their eigenvalues pooled; unfold: one output × input·positions matrix; fourier: the convolution as an operator. Groups, gates and experts are matrices of their own, and heads under --per-head.",
      source: "positions: Martin & Mahoney, arXiv 1810.01075"),
    Entry(
      "N", "M", in: .matrix, "The longer and the shorter side of each matrix.", formula: "N ≥ M",
      reading:
        "There are M eigenvalues per matrix. Below M ≈ \(PhaseAnalysis.validatedColumns) phases are uncertain; M = 1 is a vector and has no spectrum to fit."
    ),
    Entry(
      "Q", in: .matrix, "The aspect ratio of each matrix.", formula: "Q = N/M ≥ 1",
      reading:
        "The larger Q, the narrower the bulk of noise. Exponents of layers with different Q are not directly comparable.",
      caveats: "Kernel positions do not count in Q.",
      source: "arXiv 1810.01075; aspect-ratio bias: FARMS, arXiv 2506.06280"),
    Entry("num_evals", in: .matrix, "How many eigenvalues the layer has, zeros included.", formula: "M · slices"),
    Entry(
      "arithmetic", in: .matrix, "What the eigenvalues were computed in: double (64 bits) or single (32 bits).",
      reading:
        "Under --precision auto single is used only where Q and the spectrum leave nothing near zero, no other xmin fits nearly as well, and no eigenvalue lies on an edge: α and D then agree with double to 1e-5.",
      caveats: "Under --precision single small eigenvalues are lost, and with them ranks and entropy."),
    Entry(
      "spectrum", in: .matrix, "Whether all eigenvalues were computed (full) or only the largest (partial).",
      reading:
        "partial where WᵀW needs more than --max-memory. Norms, the largest eigenvalues and a power law among them are exact as ever; a density of the others, from random vectors, gives entropy, log_alpha_norm and the bulk. What does not follow from these is empty: hard_rank, a power law whose tail reaches beyond 80 % of the eigenvalues computed, and what changes when the density moves by its error: edges, tw_score, num_spikes, phase.",
      caveats:
        "That the power law which fits best begins among the eigenvalues computed is known from the density, not for certain.",
      source:
        "block Lanczos with thick restarts; stochastic Lanczos quadrature: Chen, Trogdon & Ubaru, arXiv 2105.06595"),
  ]

  static let norms: [Entry] = [
    Entry(
      "norm", "log_norm", in: .norms, "The squared Frobenius norm, and its decimal logarithm.", formula: "‖W‖²_F = Σλ",
      reading: "Depends on the scale of the weights; compare it within one series of one architecture only."),
    Entry(
      "spectral_norm", "log_spectral_norm", in: .norms, "The squared spectral norm, and its decimal logarithm.",
      formula: "λmax = ‖W‖²₂",
      reading: "The largest amplification, squared. Some papers and tools give the square root."),
    Entry(
      "stable_rank", in: .norms, "How many directions of the largest size would have the same norm.",
      formula: "Σλ/λmax", reading: "Noise has about M/(1 + 1/√Q)²; training makes it smaller.",
      source: "arXiv 1810.01075"),
    Entry(
      "hard_rank", "rank_loss", in: .norms, "How many eigenvalues differ from zero, and how many do not.",
      formula: "λ > λmax·M·ε counts as non-zero",
      reading: "A rank loss is an exact fact: dead units, ties, or a low-rank factorisation.",
      caveats:
        "Singular values below about √(M·ε) of the largest count as zero, since eigenvalues come from WᵀW."
    ),
    Entry(
      "entropy", in: .norms, "How evenly the norm is spread over the eigenvalues, from 0 to 1.",
      formula: "−Σ p ln p / ln R, p = λ/Σλ, R the hard rank",
      reading: "Noise has about 1 − 1/(2Q ln M); correlations lower it.", source: "arXiv 1810.01075"),
  ]

  static let tail: [Entry] = [
    Entry(
      "alpha", in: .tail, "The exponent α of a power law fitted to the tail of the spectrum.",
      formula: "p(λ) ~ λ^−α for λ ≥ xmin; α = 1 + n/Σ ln(λ/xmin)",
      reading:
        "Only where credible: \(Finding.heavyAlpha) to about \(Finding.steepAlpha) is consistent with a trained layer of weak to moderate heavy tail, smaller is heavier; above, noise, with or without spikes, is likelier; below \(Finding.heavyAlpha) by more than 2 sigma warns of over-correlation.",
      caveats:
        "Every spectrum has an α, noise as well. It is called credible if the tail has at least \(SpectrumFit.credibleTailCount) eigenvalues, D is at most \(SpectrumFit.credibleDistance) and a bootstrap, where one was run, has p ≥ \(GoodnessOfFit.rejection). That a small α means good generalisation is an empirical heuristic.",
      source:
        "Clauset, Shalizi & Newman, SIAM Review 51 (2009), eq. 3.1; Martin & Mahoney, arXiv 1810.01075, 2002.06716"),
    Entry(
      "D", in: .tail, "How far the tail is from its power law: the Kolmogorov–Smirnov distance.",
      formula: "max |1 − (λ/xmin)^(1−α) − i/n|",
      reading:
        "Heavy-tailed spectra have 0.01 to 0.06, bulk and spikes 0.08 to 0.10, noise 0.12 to 0.15. Above \(SpectrumFit.credibleDistance) the exponent says nothing.",
      source: "Clauset et al. (2009), eq. 3.9"),
    Entry(
      "sigma", "alpha_low", "alpha_high", in: .tail, "The standard error of α, and the interval of 95 % around it.",
      formula: "σ = (α − 1)/√n; α ± 1.96 σ",
      caveats: "For independent values; eigenvalues repel each other, which makes it conservative.",
      source: "Clauset et al. (2009), eq. 3.2"),
    Entry(
      "xmin", "xmax", "num_pl_spikes", in: .tail,
      "Where the tail begins, the largest eigenvalue, and n, the number of eigenvalues in the tail.",
      formula: "xmin is the eigenvalue that makes D smallest",
      reading: "Below \(SpectrumFit.credibleTailCount) eigenvalues almost any tail passes for a power law.",
      source: "Clauset et al. (2009), section 3.3"),
    Entry(
      "alpha_weighted", in: .tail, "α̂: the exponent weighted by the scale of the layer.", formula: "α̂ = α·log10 λmax",
      reading: "Lower means better within one series of models.",
      caveats:
        "Compare only models of one architecture series; a small λmax alone makes it small; embeddings have another scale.",
      source: "arXiv 2002.06716, eq. 5"),
    Entry(
      "log_alpha_norm", in: .tail, "The logarithm of the Schatten norm with the exponent of the tail.",
      formula: "log10 Σ λ^α", caveats: "As for alpha_weighted, which approximates it.",
      source: "arXiv 2002.06716, eq. 6"),
    Entry(
      "num_fingers", "raw_alpha", in: .tail,
      "With --fix-fingers: how many of the largest eigenvalues the power law leaves out, and α with them.",
      formula: "the fewest, ten at most, without which α falls by 1; none where α ≤ \(FingerClipping.credibleAlpha)",
      reading: "One or a few outlying eigenvalues make α far too large. xmax is the largest that is left.",
      caveats: "Leaving out data until a number improves is a choice: report both."),
    Entry(
      "best_fit", in: .tail,
      "Which distribution describes the tail best: PL power law, TPL truncated power law, EXP exponential, SEXP stretched exponential, LOGN lognormal.",
      formula: "likelihood ratios; a winner beyond chance has p ≤ \(TailComparison.significance)",
      caveats: "The best of five need not be right; fit_p_value asks that.",
      source: "Vuong, Econometrica 57 (1989); recipe of arXiv 1810.01075"),
    Entry(
      "alpha_tpl", "lambda_tpl", in: .tail,
      "Exponent and cut-off rate of the truncated power law fitted to the same tail.", formula: "p(λ) ~ λ^−α·e^(−Λλ)",
      reading: "A cut-off beyond chance (best_fit TPL) means that the tail ends sooner than a power law."),
    Entry(
      "sigma_alpha_tpl", "sigma_lambda_tpl", in: .tail, "Standard errors of alpha_tpl and lambda_tpl.",
      formula: "√ of the diagonal of (n·Cov(ln λ, λ))⁻¹ under the fitted law",
      reading: "95 % intervals reach 1.96 of them to both sides. Empty where a parameter is at its bound.",
      caveats: "For independent values; eigenvalues repel each other, so that the true errors are smaller."),
    Entry(
      "fit_p_value", in: .tail,
      "How often data drawn from the fitted power law lie as far from their own fit (--bootstrap).",
      formula: "share of replicates with D* ≥ D",
      reading: "Below \(GoodnessOfFit.rejection) the power law is rejected.",
      caveats:
        "A large p proves nothing, least of all for eigenvalues, which lie closer to any curve than independent values. Unless a number is asked for, \(BootstrapBudget.smallestCount) to \(BootstrapBudget.largestCount) replicates are drawn, as many as cost little beside the eigenvalues, and no more once \(GoodnessOfFit.sufficientWorseCount) of them are worse than the fit; none for tails above \(BootstrapBudget.largestTail).",
      source: "Clauset et al. (2009), section 4.1"),
    Entry(
      "ERG_num", "ERG_gap", in: .tail,
      "How many of the largest eigenvalues together have a determinant of 1, and how many more that is than the tail has.",
      formula: "the smallest top set with Σ ln(λ·M/Σλ) < 0; gap = ERG_num − num_pl_spikes",
      reading: "A gap near 0: the tail holds as many eigenvalues as the theory of effective correlations asks for.",
      caveats: "ERG_num of noise is large as well; look at the gap.", source: "SETOL, arXiv 2507.17912"),
    Entry(
      "mu", "universality_class", in: .tail,
      "The tail exponent μ of independent entries that would have this α, and the class of such entries.",
      formula: "μ = 2(α − 1) below α = 2, 2 up to 3, α − 1 above",
      reading: "Given only where α is credible, or noise explains the spectrum (GAUSSIAN).",
      caveats:
        "A manner of speaking: entries of trained layers have no heavy tail. Above μ = 2 the rule depends on the kind of entries.",
      source: "arXiv 1810.01075"),
  ]

  static let noise: [Entry] = [
    Entry(
      "sigma_mp", in: .noise, "The noise that was fitted to the bulk, relative to all entries.",
      formula: "σ_noise / root mean square of W",
      reading: "1 is pure noise; small values mean that signal holds most of the norm."),
    Entry(
      "lambda_plus", "lambda_minus", in: .noise, "The edges of the bulk of noise, for eigenvalues of WᵀW.",
      formula: "λ± = N·σ²·(1 ± 1/√Q)², N and Q of the matrix without its spikes",
      source: "Marchenko & Pastur (1967); arXiv 1810.01075"),
    Entry(
      "bulk_fit_D", in: .noise, "How far the bulk is from its Marchenko–Pastur law: the Kolmogorov–Smirnov distance.",
      reading: "The bulk counts as noise up to \(thresholds.distanceFloor) + \(thresholds.distanceSlope)/M."),
    Entry(
      "num_spikes", in: .noise, "How many eigenvalues lie above what the largest of the noise reaches.",
      formula: "λ > centre + \(BulkFit.edgeScore) Tracy–Widom units (p = \(BulkFit.edgeSignificance))",
      reading: "Each is a direction that noise does not explain; in a classifier often about as many as classes.",
      caveats: "Unequal norms of rows or columns make spikes out of noise: see --whiten."),
    Entry(
      "spike_strengths", "spike_overlaps", in: .noise,
      "What is behind each spike: the strength κ of the signal, and the share of its right singular vector that is signal.",
      formula: "κ = h√Q; λ = Nσ²(1 + h)(1 + 1/(Qh)); overlap (h² − 1/Q)/(h(h + 1/Q))",
      reading: "κ = 1 is the threshold, where the overlap is 0.",
      caveats: "Trustworthy for isolated spikes; near the threshold many push each other up.",
      source: "Baik, Ben Arous & Péché (2005); Benaych-Georges & Nadakuditi (2012)"),
    Entry(
      "mp_softrank", in: .noise, "How much of the largest eigenvalue noise explains.", formula: "λ+/λmax, at most 1",
      reading: "1 is noise; toward 0 the signal dominates.", source: "arXiv 1810.01075"),
    Entry(
      "Q_ratio", in: .noise, "The aspect ratio that would fit the bulk best, relative to the true one.", formula: "Q̂/Q",
      reading: "1 for independent entries; well below 1 for rows that depend on each other, or unequal variances."),
    Entry(
      "tw_score", "tw_p_value", in: .noise,
      "Where λmax lies, in units of the fluctuation of the largest eigenvalue of noise, and how often noise has so large a one.",
      formula: "(λmax − centre)/unit; p = 1 − F₁(score)",
      reading: "Noise gives −1.2 ± 1.3. A small p is evidence of signal, or of unequal norms.",
      caveats: "A guide only for --slicing fourier.",
      source: "Tracy & Widom (1996); centre and unit: Ma, Bernoulli 18 (2012)"),
  ]

  static let outcome: [Entry] = [
    Entry(
      "status", "reason", "warning", in: .outcome,
      "ok, skipped (left out on purpose) or failed; why, or why a fit is missing; and what to keep in mind when reading the row."
    ),
    Entry(
      "phase", in: .outcome,
      "Which of the 5+1 phases of training the spectrum shows: "
        + Phase.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      reading:
        "From noise to heavy tails in this order as training correlates the weights; the last is a failure. Each has an entry here.",
      caveats:
        "Right for 97 % of random matrices of known phase with M ≥ 128. BULK-DECAY and HEAVY-TAILED shade into each other; unequal norms of rows or columns imitate both.",
      source: "arXiv 1810.01075; the procedure is this program's own"),
  ]

  static let studies: [Entry] = randomized + vectors + whitened

  private static let randomized: [Entry] = [
    Entry(
      "rand_lambda_max", "rand_distance", "rand_alpha", "rand_D", "alpha_minus_rand", in: .randomized,
      "The same entries in random order: λmax, the Jensen–Shannon distance of the two spectra, α and D of the shuffled one, and the difference of the two α.",
      reading: "What shuffling does not change is due to the sizes of the entries alone, not to correlations."),
    Entry(
      "num_traps", in: .randomized,
      "Eigenvalues above the edge of noise although the entries are in random order and their mean is taken off.",
      reading: "Above 0: a few entries are far too large, wherever they stand (correlation traps).",
      source: "Prakash & Martin, grokking and generalization collapse"),
    Entry(
      "mean_spike", in: .randomized, "The strength κ of the spike that the mean of the entries makes.",
      formula: "κ = h√Q, h = M·mean²/variance", reading: "Above 1 one of the spikes is only the mean."),
  ]

  private static let vectors: [Entry] = [
    parts("_vectors", "How many right singular vectors the averages are over: bulk below xmin, tail from xmin on."),
    parts("_mean_loc_ratio", "_var_loc_ratio", "Mean and variance of the localisation ratio.", formula: "‖v‖₁/‖v‖∞"),
    parts(
      "_mean_part_ratio", "_var_part_ratio", "_part_z",
      "Mean and variance of the participation ratio, and the mean deviation from random vectors in standard deviations.",
      formula: "‖v‖₂/‖v‖₄; random: about (M/3)^¼"),
    parts(
      "_mean_vec_entropy", "_var_vec_entropy",
      "Mean and variance of the entropy of the components' histogram, 100 bins."),
    parts(
      "_mean_shannon", "_var_shannon", "_shannon_z",
      "Mean and variance of the Shannon entropy, and the mean deviation from random vectors in standard deviations.",
      formula: "−Σ v² ln v²"),
    Entry(
      "spike_ipr", in: .vectors,
      "The inverse participation of each spike's right singular vector, largest eigenvalue first.", formula: "Σ v⁴",
      reading: "1/M if spread out evenly, 3/M for a random vector, 1 if on one component."),
  ]

  /// An entry for the same measures of the bulk and of the tail.
  private static func parts(_ words: String..., formula: String? = nil) -> Entry {
    let (suffixes, meaning) = (words.dropLast(), words[words.count - 1])
    return Entry(
      terms: ["bulk", "tail"].flatMap { part in suffixes.map { part + $0 } }, in: .vectors, meaning, formula: formula,
      reading: "Lower than of random vectors (negative z): localised, on few components.",
      source: "arXiv 1810.01075, section on localisation")
  }

  private static let whitened: [Entry] = [
    Entry(
      "phase_whitened", "bulk_fit_D_whitened", "num_spikes_whitened", in: .whitened,
      "Phase, distance of the bulk and number of spikes after all rows and columns are scaled to equal norms.",
      formula:
        "R·W·C with diagonal R and C, \(NormEqualization.defaultIterationCount) iterations of Sinkhorn's method on the squares",
      reading: "HEAVY-TAILED only without it: neurons of unequal norm, not correlations.")
  ]

  static let thresholds = PhaseThresholds()
}
