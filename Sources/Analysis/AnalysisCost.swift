public import ModelReading

/// What an analysis takes, told from shapes alone.
public struct AnalysisCost: Sendable, Equatable {
  /// Floating-point operations of the Gram matrices and their eigenvalues: N·M² and 4/3·M³ of each matrix.
  public var operations: Double
  /// Bytes that the costliest layer needs beside the mapped files, at most `AnalysisOptions.maximumMemory`.
  public var memory: Int

  /// What the weights of `graph` take as they are, whatever `AnalysisOptions.source` makes of them.
  public init(of graph: LayerGraph, options: AnalysisOptions) {
    let tasks = graph.tasks(options, StageClock(), where: options.isWanted)
    operations = tasks.reduce(0) { $0 + $1.operations }
    memory = tasks.map { min($0.workingBytes(options.studies) ?? .max, options.maximumMemory) }.max() ?? 0
  }
}
