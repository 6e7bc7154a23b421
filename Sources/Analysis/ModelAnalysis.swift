import LinearAlgebra
public import ModelReading

/// A model's rows and the facts about it.
public struct ModelReport: Sendable {
  /// As the user gave it.
  public var path: String
  public var graph: LayerGraph
  public var layers: [LayerRecord]
  /// Whether each matrix has a row, rather than each weight.
  public var isPerSlice: Bool
  public var summary: ModelSummary
  /// What it took; everything else is the same each time.
  public var times: StageTimes
  /// Which layers the rows are of, if not all.
  public var part: ModelPart? = nil
}

/// Analyses every weight of a model.
///
/// - Parameters:
///   - part: which layers alone are to be analysed; all if `nil`.
///   - progress: called after each layer, from any thread.
///   - visit: called before that with the weight's position and its rows, of which it may take away what nobody else
///     needs.
/// - Throws: `ReadError` (`.unsupported`) if the model has no weight at all: then
///   it is no trained model, and a table without rows would not say so; `.io` if OpenBLAS or LAPACK is missing.
public func analyze(
  _ graph: LayerGraph, path: String, options: AnalysisOptions = AnalysisOptions(), part: ModelPart? = nil,
  progress: @escaping @Sendable (AnalysisProgress) -> Void = { _ in },
  visit: @escaping @Sendable (_ weight: Int, inout [LayerRecord]) -> Void = { _, _ in }
) throws(ReadError) -> ModelReport {
  guard !graph.weights.isEmpty else { throw noWeights(graph, path) }
  try requireBLAS(for: path)
  let isWanted = options.isWanted
  let model = graph
  var graph = graph
  switch options.source {
  case .weights, .inverse: break
  case .intra: graph = try graph.products()
  case .stacked: graph = try graph.stacked(where: isWanted)
  }
  let clock = StageClock()
  let tasks = graph.tasks(options, clock) { options.source == .stacked || isWanted($0, $1) }
  let records = Schedule(part.map(tasks.tasks) ?? tasks, options, progress, visit).run()
  return ModelReport(
    path: path, graph: graph, layers: records, isPerSlice: options.perSlice, summary: ModelSummary(records, model),
    times: clock.times, part: part)
}

/// - Parameter path: of the model that it is needed for.
/// - Throws: `.io` if OpenBLAS or LAPACK is missing: any computation would end the program.
func requireBLAS(for path: String) throws(ReadError) {
  do throws(LinearAlgebraError) {
    try BLAS.load()
  } catch {
    throw ReadError(
      .io, "cannot be analysed: \(error)", file: path,
      hint: "computations need OpenBLAS and LAPACKE (libopenblas0, liblapacke)")
  }
}

private func noWeights(_ graph: LayerGraph, _ path: String) -> ReadError {
  let listed = graph.inventory.prefix(4).map { "\($0.name) \($0.elementType) \($0.shape)" }.joined(separator: ", ")
  let more = graph.inventory.count > 4 ? ", …" : ""
  let found =
    graph.inventory.isEmpty ? "it has no tensors" : "it has \(graph.inventory.count) tensors: \(listed)\(more)"
  return ReadError(
    .unsupported, "holds no weight matrices; \(found)", file: path,
    hint: "heavytail inspect lists its tensors")
}

extension AnalysisOptions {
  /// Whether a weight of this name, of a layer of that name, is to be analysed.
  var isWanted: (_ name: String, _ layer: String) -> Bool {
    let patterns = layerPatterns.map(Glob.init)
    return { name, layer in patterns.isEmpty || patterns.contains { $0.matches(name) || $0.matches(layer) } }
  }
}

extension LayerGraph {
  func tasks(
    _ options: AnalysisOptions, _ clock: StageClock, where isWanted: (_ name: String, _ layer: String) -> Bool
  ) -> [LayerTask] {
    weights.compactMap { weight in
      let layer = layers[weight.layerID]
      guard isWanted(weight.name, layer.name) else { return nil }
      return LayerTask(
        layerID: weight.layerID, name: weight.name, layer: layer, parameter: weight.parameter, options: options,
        clock: clock)
    }
  }
}
