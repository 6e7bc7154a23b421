import ArgumentParser
import Glibc
import ModelReading
import SafetensorsFormat
import SpectralCore

/// The ensembles by the names that users give them.
enum EnsembleName: String, ExpressibleByArgument, CaseIterable {
  case all
  case gaussian, uniform, lomax
  case symmetricPareto = "symmetric-pareto"
  case studentT = "student-t"
  case spiked
  case decayingSpikes = "decaying-spikes"
  case powerLawCovariance = "power-law-covariance"
  case lowRank = "low-rank"
  case unequalNorms = "unequal-norms"
  case traps
}

enum SynthType: String, ExpressibleByArgument, CaseIterable {
  case f32, f64

  var elementType: ElementType { self == .f32 ? .float32 : .float64 }
}

struct SynthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synth",
    abstract: "Write random matrices to a safetensors file, to see what the theory says about them.",
    discussion: """
      gaussian, uniform: independent entries, RANDOM-LIKE.
      spiked: noise and signals of strengths --spikes κ. Below 1 the noise hides \
      them, up to about 2 they stay at its edge (BLEEDING-OUT), above they stand \
      apart (BULK+SPIKES).
      decaying-spikes: --rank signals whose strengths follow a power law, BULK-DECAY.
      lomax, symmetric-pareto, student-t: entries with P(|w| > t) ~ t^-μ, one-sided, \
      symmetric, bell-shaped. HEAVY-TAILED for --mu up to 2.
      power-law-covariance: noise whose variances along random directions follow a \
      power law; the spectrum has density exponent --alpha, HEAVY-TAILED with \
      analyze --whiten as well.
      low-rank: a product of rank --rank, RANK-COLLAPSE.
      unequal-norms: noise whose columns have norms exp(--deviation·z). Looks \
      heavy-tailed; analyze --whiten shows that it is noise.
      traps: noise and --traps entries that are far too large. Looks like \
      BULK+SPIKES; analyze --randomize counts the entries.
      all: one of each, spiked in three strengths; the phases hold from 200 columns on, and for up to four times as many rows.

      Matrices are named <ensemble>.<i>.weight. The numbers depend on ensemble, \
      sizes and seed alone: the k-th matrix of a file, counted from 0 in the order \
      of the metadata, has seed + k. The file's metadata says what each is.

      heavytail synth all -o zoo.safetensors && heavytail zoo.safetensors
      heavytail synth spiked --spikes 0.5,2,8 --count 3 -o spiked.safetensors
      """)

  @Argument(help: "Which matrices to make.")
  var ensemble: EnsembleName

  @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
  var output: String

  @Option(help: ArgumentHelp("Rows of each matrix.", valueName: "n"))
  var rows = 1000

  @Option(help: ArgumentHelp("Columns of each matrix.", valueName: "n"))
  var columns = 500

  @Option(help: ArgumentHelp("How many matrices (with all: of each kind).", valueName: "n"))
  var count = 1

  @Option(help: ArgumentHelp("Where the random numbers begin.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: "Element type.")
  var type: SynthType = .f32

  @Option(help: ArgumentHelp("Multiply all entries by this.", valueName: "σ"))
  var sigma = 1.0

  @Option(
    help: ArgumentHelp("Tail exponent of lomax (2.5), symmetric-pareto (1.5), student-t (2).", valueName: "μ"))
  var mu: Double?

  @Option(help: ArgumentHelp("Strengths of the signals of spiked, separated by commas (4,6,10).", valueName: "κ,…"))
  var spikes: String?

  @Option(help: ArgumentHelp("Density exponent of power-law-covariance (2.5).", valueName: "α"))
  var alpha: Double?

  @Option(
    help: ArgumentHelp(
      "Rank of low-rank (half of the shorter side), signals of decaying-spikes (a quarter).", valueName: "n"))
  var rank: Int?

  @Option(help: ArgumentHelp("Standard deviation of the logarithm of unequal-norms' norms (0.4).", valueName: "d"))
  var deviation: Double?

  @Option(help: ArgumentHelp("Entries of traps that are too large (5).", valueName: "n"))
  var traps: Int?

  @Flag(help: "Replace the file if it exists.")
  var force = false

  /// More names than readers take.
  private static let largestCount = 100_000

  private typealias Recipe = (name: String, ensemble: RandomEnsemble, phase: Phase?)

  func validate() throws {
    for (name, value) in [("rows", rows), ("columns", columns)] where value < 1 {
      throw ValidationError("--\(name) is \(value), it must be at least 1")
    }
    guard (1...SynthCommand.largestCount).contains(count) else {
      throw ValidationError("--count is \(count), it must be from 1 to \(SynthCommand.largestCount)")
    }
    if !sigma.isFinite || sigma <= 0 { throw ValidationError("--sigma is \(sigma), it must be above 0") }
    try checkSize()
    try checkParameters()
    _ = try recipes()
  }

  func run() throws {
    if !force, unsafe access(output, F_OK) == 0 {
      Terminal.printError("error: \(printable(output)) exists\n  hint: --force replaces it")
      throw ExitCode(1)
    }
    let matrices = try recipes().flatMap { recipe in (0..<count).map { (recipe, "\(recipe.name).\($0).weight") } }
    var settings: [(key: String, value: String)] = [("format", "pt"), ("producer", "heavytail \(heavyTailVersion)")]
    var recipeOfTensor: [String: (RandomEnsemble, UInt64)] = [:]
    for (index, (recipe, tensor)) in matrices.enumerated() {
      let seed = seed &+ UInt64(index)
      recipeOfTensor[tensor] = (recipe.ensemble, seed)
      let phase = recipe.phase.map { ", expected phase \($0.rawValue)" } ?? ""
      settings.append((tensor, "\(recipe.ensemble.settings), seed \(seed), sigma \(sigma)\(phase)"))
    }
    let writer = try SafetensorsWriter(
      matrices.map { .init(name: $0.1, elementType: type.elementType, shape: [rows, columns]) }, metadata: settings)
    try writer.write(to: output, replacing: force) { tensor, values throws(WriteError) in
      guard let (ensemble, seed) = recipeOfTensor[tensor.name] else { return }
      let matrix = ensemble.matrix(seed: seed, rows: rows, columns: columns)
      try append(matrix.values.map { sigma * $0 }, to: &values)
    }
  }

  private func append(_ numbers: [Double], to values: inout SafetensorsWriter.Values) throws(WriteError) {
    switch type {
    case .f32:
      let words = numbers.map { Float($0).bitPattern.littleEndian }
      try unsafe values.append(words.span.bytes)
    case .f64:
      let words = numbers.map { $0.bitPattern.littleEndian }
      try unsafe values.append(words.span.bytes)
    }
  }

  /// A matrix is made whole, and copied once or twice on its way.
  private func checkSize() throws {
    let (elements, overflow) = rows.multipliedReportingOverflow(by: columns)
    let (bytes, tooLarge) = elements.multipliedReportingOverflow(by: 3 * MemoryLayout<Double>.size)
    guard overflow || tooLarge || bytes > Machine.memoryByteCount else { return }
    throw ValidationError("a matrix of \(rows)×\(columns) does not fit in memory")
  }

  /// An option that its ensemble does not have is a mistake, not a wish to be ignored.
  private func checkParameters() throws {
    let given: [(name: String, isGiven: Bool, ensembles: [EnsembleName])] = [
      ("mu", mu != nil, [.lomax, .symmetricPareto, .studentT]), ("spikes", spikes != nil, [.spiked]),
      ("alpha", alpha != nil, [.powerLawCovariance]), ("rank", rank != nil, [.lowRank, .decayingSpikes]),
      ("deviation", deviation != nil, [.unequalNorms]), ("traps", traps != nil, [.traps]),
    ]
    for option in given where option.isGiven && !option.ensembles.contains(ensemble) {
      let owners = option.ensembles.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--\(option.name) is no parameter of \(ensemble.rawValue), only of \(owners)")
    }
  }

  private var shorterSide: Int { min(rows, columns) }

  private func recipes() throws -> [Recipe] {
    guard ensemble != .all else {
      guard shorterSide >= SynthCommand.smallestZooSide else {
        throw ValidationError("all needs at least \(SynthCommand.smallestZooSide) rows and columns")
      }
      return RandomEnsemble.examples(columns: shorterSide).map { ($0.name, $0.ensemble, $0.phase) }
    }
    return [(ensemble.rawValue, try chosenEnsemble(), nil)]
  }

  /// Below this the phases are not what the metadata says.
  private static let smallestZooSide = 200

  private func chosenEnsemble() throws -> RandomEnsemble {
    switch ensemble {
    case .all, .gaussian: return .gaussian
    case .uniform: return .uniform
    case .lomax: return .lomax(mu: try positive("mu", mu ?? 2.5))
    case .symmetricPareto: return .symmetricPareto(mu: try positive("mu", mu ?? 1.5))
    case .studentT:
      guard let degrees = Int(exactly: mu ?? 2), (1...1000).contains(degrees) else {
        throw ValidationError("--mu of student-t is \(mu ?? 2), it must be a whole number from 1 to 1000")
      }
      return .studentT(degreesOfFreedom: degrees)
    case .spiked: return .spiked(strengths: try strengths())
    case .decayingSpikes: return .decayingSpikes(rank: try rankOrDefault(max(shorterSide / 4, 1)))
    case .powerLawCovariance:
      let alpha = alpha ?? 2.5
      guard alpha > 1, alpha.isFinite else { throw ValidationError("--alpha is \(alpha), it must be above 1") }
      return .powerLawCovariance(alpha: alpha)
    case .lowRank: return .lowRank(rank: try rankOrDefault(max(shorterSide / 2, 1)))
    case .unequalNorms: return .unequalNorms(deviation: try positive("deviation", deviation ?? 0.4))
    case .traps:
      let count = traps ?? min(5, shorterSide)
      guard (1...shorterSide).contains(count) else {
        throw ValidationError("--traps is \(count), it must be from 1 to the shorter side, \(shorterSide)")
      }
      return .traps(count: count)
    }
  }

  private func positive(_ name: String, _ value: Double) throws -> Double {
    guard value > 0, value.isFinite else { throw ValidationError("--\(name) is \(value), it must be above 0") }
    return value
  }

  private func rankOrDefault(_ ordinary: Int) throws -> Int {
    let rank = rank ?? ordinary
    guard (1...shorterSide).contains(rank) else {
      throw ValidationError("--rank is \(rank), it must be from 1 to the shorter side, \(shorterSide)")
    }
    return rank
  }

  private func strengths() throws -> [Double] {
    let text = spikes ?? "4,6,10"
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let strengths = numbers.compactMap { $0 }.filter { $0 > 0 && $0.isFinite }
    guard strengths.count == numbers.count, strengths.count <= shorterSide else {
      throw ValidationError(
        "--spikes is '\(text)', it must be at most \(shorterSide) numbers above 0, separated by commas")
    }
    return strengths
  }
}

extension RandomEnsemble {
  /// The ensemble and its parameters by the names of the options.
  fileprivate var settings: String {
    switch self {
    case .gaussian: "gaussian"
    case .uniform: "uniform"
    case .lomax(let mu): "lomax, mu \(mu)"
    case .symmetricPareto(let mu): "symmetric-pareto, mu \(mu)"
    case .studentT(let degrees): "student-t, mu \(degrees)"
    case .spiked(let strengths): "spiked, spikes \(strengths.map { "\($0)" }.joined(separator: ","))"
    case .decayingSpikes(let rank): "decaying-spikes, rank \(rank)"
    case .powerLawCovariance(let alpha): "power-law-covariance, alpha \(alpha)"
    case .lowRank(let rank): "low-rank, rank \(rank)"
    case .unequalNorms(let deviation): "unequal-norms, deviation \(deviation)"
    case .traps(let count): "traps, traps \(count)"
    }
  }
}
