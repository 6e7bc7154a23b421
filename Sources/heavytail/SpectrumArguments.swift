public import Analysis
public import ArgumentParser
public import MatrixSlicing
import ModelReading

extension Slicing: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension SpectrumSource: ExpressibleByArgument {}

/// What is computed of each weight, and with what: what commands share that analyse.
struct SpectrumArguments: ParsableArguments {
  @Option(
    help: """
      What the spectra are of: each of the weights; their inverse eigenvalues 1/λ; the products of consecutive weights \
      (intra); one matrix of all dense weights, standardised (stacked).
      """)
  var of: SpectrumSource = .weights

  @Option(
    help: ArgumentHelp(
      "Analyse W − W_base, the weights matched by name with those of the model at this path, in any format.",
      valueName: "path"),
    completion: .file())
  var base: String?

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

  @Option(help: ArgumentHelp("Threads to use (default: all processors).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Compute only the largest eigenvalues, or skip the layer, where more memory is needed than this, such as 8G (default: three quarters of what is free).",
      valueName: "bytes"))
  var maxMemory: ByteCount?

  private static let maximumThreads = 1024
  private static let maximumGrid = 65_536

  func validate() throws {
    if let threads, !(1...SpectrumArguments.maximumThreads).contains(threads) {
      throw ValidationError("--threads is \(threads), it must be from 1 to \(SpectrumArguments.maximumThreads)")
    }
    if let grid {
      guard slicing == .fourier else { throw ValidationError("--grid is for --slicing fourier") }
      guard (1...SpectrumArguments.maximumGrid).contains(grid) else {
        throw ValidationError("--grid is \(grid), it must be from 1 to \(SpectrumArguments.maximumGrid)")
      }
    }
    if heads.perHead, of == .intra || of == .stacked {
      throw ValidationError("--per-head cuts weights, not what --of \(of.rawValue) makes of them")
    }
    if minEvals < 2 { throw ValidationError("--min-evals is \(minEvals), it must be at least 2") }
  }

  /// Whether the spectra are other ones than those of whole weights, position by position.
  var hasOwnSpectra: Bool { slicing != .positions || of != .weights || heads.perHead }

  /// Nothing can be said without it.
  func openBase(_ readers: ReaderRegistry, _ limits: Limits) throws -> (path: String, graph: LayerGraph)? {
    guard let base else { return nil }
    do throws(ReadError) {
      return (base, try ModelPaths.openOne(base, readers, limits))
    } catch {
      Terminal.printError("error: \(error)")
      throw ExitCode(2)
    }
  }

  var options: AnalysisOptions {
    var options = AnalysisOptions()
    options.source = of
    options.isDifference = base != nil
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
    options.threadCount = threads ?? Machine.processorCount
    options.maximumMemory = maxMemory?.value ?? Machine.workingByteCount
    return options
  }

  /// What the numbers depend on. Threads change none; memory changes which there are, as their rows say.
  func settings(layers: [String]) -> [(name: String, value: String)] {
    [
      ("of", of.rawValue), ("slicing", slicing.rawValue), ("per_slice", "\(perSlice)"),
      ("layers", layers.joined(separator: " ")),
      ("min_evals", "\(minEvals)"), ("fix_fingers", "\(fixFingers)"), ("precision", precision.rawValue),
      ("bootstrap", bootstrap.description),
      ("seed", "\(seed)"), ("convention", "WᵀW"),
    ] + (heads.perHead ? [("per_head", "true")] : []) + (heads.headWidth.map { [("head_width", "\($0)")] } ?? [])
      + (base.map { [("base", $0)] } ?? [])
  }
}
