public import ModelReading

/// What an analysis takes, told from shapes alone.
public struct AnalysisCost: Sendable, Equatable {
  /// Floating-point operations of the Gram matrices and their eigenvalues: N·M² and 4/3·M³ of each matrix.
  public var operations: Double
  /// Bytes that the costliest layer needs beside the mapped files, at most `AnalysisOptions.maximumMemory`.
  public var memory: Int

  public init(operations: Double, memory: Int) {
    self.operations = operations
    self.memory = memory
  }

  /// What the weights of `graph` take as they are, whatever `AnalysisOptions.source` makes of them.
  public init(of graph: LayerGraph, options: AnalysisOptions) {
    self.init(graph.tasks(options, StageClock(), where: options.isWanted), options)
  }

  private init(_ tasks: [LayerTask], _ options: AnalysisOptions) {
    operations = tasks.reduce(0) { $0 + $1.operations }
    memory = tasks.map { min($0.workingBytes(options.studies) ?? .max, options.maximumMemory) }.max() ?? 0
  }

  /// What each part takes of a model that is divided because it takes more than `limit` operations.
  ///
  /// - Returns: nothing for a model that stays whole: one that takes no more, has one layer that takes most of it, or
  ///   whose weights are not analysed as they are but multiplied or stacked.
  public static func parts(of graph: LayerGraph, options: AnalysisOptions, above limit: Double) -> [AnalysisCost] {
    guard options.source == .weights || options.source == .inverse else { return [] }
    let tasks = graph.tasks(options, StageClock(), where: options.isWanted)
    let count = tasks.partCount(above: limit)
    guard count > 1 else { return [] }
    return (1...count).compactMap { ModelPart($0, of: count) }.map { AnalysisCost(tasks.tasks(of: $0), options) }
  }
}
