public import Analysis
public import ArgumentParser
public import MatrixSlicing

extension Slicing: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension SpectrumSource: ExpressibleByArgument {}

/// What is computed of each weight: what changes the numbers.
struct SpectrumDefinition: ParsableArguments {
  @Option(
    help: """
      What the spectra are of: each of the weights; their inverse eigenvalues 1/λ; the products of consecutive weights \
      (intra); one matrix of all dense weights, standardised (stacked).
      """)
  var of: SpectrumSource = .weights

  @Option(help: "How convolutions become matrices.")
  var slicing: Slicing = .positions

  @Option(
    help: ArgumentHelp(
      "With --slicing fourier, points of the periodic grid along each axis (default: 32, or the power of two from four times a larger kernel).",
      valueName: "n"))
  var grid: Int?

  @Option(
    help: """
      Arithmetic of the eigenvalues: double; single, faster and blind to small ones; auto, single where it changes \
      nothing but digits beyond the fifth.
      """)
  var precision: Precision = .auto

  @Flag(help: "One row per matrix instead of one per layer with pooled eigenvalues.")
  var perSlice = false

  @OptionGroup var heads: HeadArguments

  @Option(help: ArgumentHelp("Fit no power law to fewer positive eigenvalues than this.", valueName: "n"))
  var minEvals = AnalysisOptions().minimumEigenvalues

  @Option(
    help: ArgumentHelp(
      "Test each power law against this many samples of it (fit_p_value); auto: up to 100, as many as cost little; 0: none.",
      valueName: "n"))
  var bootstrap = ReplicateCount.automatic

  @Flag(
    help: """
      Leave up to ten of the largest eigenvalues out of the power law where that lowers α by 1 (num_fingers, raw_alpha).
      """)
  var fixFingers = false

  @Option(help: ArgumentHelp("Where random numbers begin; the same seed gives the same report.", valueName: "n"))
  var seed: UInt64 = 0

  private static let maximumGrid = 65_536

  func validate() throws {
    if let grid {
      guard slicing == .fourier else { throw ValidationError("--grid is for --slicing fourier") }
      guard (1...SpectrumDefinition.maximumGrid).contains(grid) else {
        throw ValidationError("--grid is \(grid), it must be from 1 to \(SpectrumDefinition.maximumGrid)")
      }
    }
    if heads.perHead, of == .intra || of == .stacked {
      throw ValidationError("--per-head cuts weights, not what --of \(of.rawValue) makes of them")
    }
    if minEvals < 2 { throw ValidationError("--min-evals is \(minEvals), it must be at least 2") }
  }

  /// Whether the spectra are other ones than those of whole weights, position by position.
  var isOwn: Bool { slicing != .positions || of != .weights || heads.perHead }

  var options: AnalysisOptions {
    var options = AnalysisOptions()
    options.source = of
    options.slicing = slicing
    options.gridSide = grid
    options.perSlice = perSlice
    options.perHead = heads.perHead
    options.headWidth = heads.headWidth
    options.precision = precision
    options.minimumEigenvalues = minEvals
    options.fixesFingers = fixFingers
    options.bootstrapCount = bootstrap.number
    options.seed = seed
    return options
  }
}
