import Analysis
import ArgumentParser
import MatrixSlicing
import ModelReading

/// What is computed of each weight, and with what: what commands share that analyse.
struct SpectrumArguments: ParsableArguments {
  @OptionGroup var definition: SpectrumDefinition

  @Option(
    help: ArgumentHelp(
      "Analyse W − W_base, the weights matched by name with those of the model at this path, in any format.",
      valueName: "path"),
    completion: .file())
  var base: String?

  @Option(help: ArgumentHelp("Threads to use (default: all processors).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Compute only the largest eigenvalues, or skip the layer, where more memory is needed than this, such as 8G (default: three quarters of what is free).",
      valueName: "bytes"))
  var maxMemory: ByteCount?

  private static let maximumThreads = 1024

  func validate() throws {
    if let threads, !(1...SpectrumArguments.maximumThreads).contains(threads) {
      throw ValidationError("--threads is \(threads), it must be from 1 to \(SpectrumArguments.maximumThreads)")
    }
  }

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
    var options = definition.options
    options.isDifference = base != nil
    options.threadCount = threads ?? Machine.processorCount
    options.maximumMemory = maxMemory?.value ?? Machine.workingByteCount
    return options
  }

  /// What the numbers depend on. Threads change none; memory changes which there are, as their rows say.
  func settings(layers: [String]) -> [(name: String, value: String)] {
    let heads = definition.heads
    return [
      ("of", definition.of.rawValue), ("slicing", definition.slicing.rawValue),
      ("per_slice", "\(definition.perSlice)"), ("layers", layers.joined(separator: " ")),
      ("min_evals", "\(definition.minEvals)"), ("fix_fingers", "\(definition.fixFingers)"),
      ("precision", definition.precision.rawValue), ("bootstrap", definition.bootstrap.description),
      ("seed", "\(definition.seed)"), ("convention", "WᵀW"),
    ] + (heads.perHead ? [("per_head", "true")] : []) + (heads.headWidth.map { [("head_width", "\($0)")] } ?? [])
      + (base.map { [("base", $0)] } ?? [])
  }
}
