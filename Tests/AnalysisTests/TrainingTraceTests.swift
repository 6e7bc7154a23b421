import ModelReading
import SpectralCore
import TestSupport
import Testing

@testable import Analysis

@Suite struct TrainingTraceTests {
  private let columns = Column.named(["entropy", "alpha", "phase"]).compactMap { $0 }

  /// A checkpoint whose layers have these phases.
  private func report(_ phases: [(layer: String, phase: String?)]) -> ModelReport {
    let graph = LayerGraph(format: "test", variant: "", files: [], layers: [], inventory: [])
    let records = phases.enumerated().map { index, row in
      var record = LayerRecord(
        layerID: index, name: row.layer, kind: "dense", elementType: "float32", shape: [2, 3], slicing: "positions",
        status: row.phase == nil ? .skipped : .ok, reason: row.phase == nil ? "no phase" : nil)
      record.phase = row.phase
      record.entropy = row.phase.map { Double($0.count) }
      return record
    }
    return ModelReport(
      path: "", graph: graph, layers: records, isPerSlice: false, summary: ModelSummary(records, graph),
      times: StageTimes())
  }

  private func trace(_ checkpoints: [[(layer: String, phase: String?)]]) -> TrainingTrace {
    var trace = TrainingTrace(columns: columns)
    for (index, phases) in checkpoints.enumerated() {
      let file = CheckpointFile(path: "epoch-\(index)", stamp: FileStamp(byteCount: 0, modified: 0))
      trace.append(report(phases), of: file)
    }
    return trace
  }

  @Test func layersThatComeAndGoHaveGaps() {
    let trace = trace([[("a", "X"), ("b", "Y")], [("b", "Y"), ("c", "Z")], [("c", "Z"), ("a", "X")]])
    #expect(trace.layers.map(\.name) == ["a", "b", "c"])
    #expect(
      trace.layers.map { $0.cells.map { $0 != nil } } == [
        [true, false, true], [true, true, false], [false, true, true],
      ])
    #expect(trace.layers[0].cells[0]?.values == [.number(1), .null, .text("X")])
  }

  @Test func transitionsPassOverWhatHasNoPhase() {
    let trace = trace([[("a", "X")], [("a", nil)], [], [("a", "X")], [("a", nil)], [("a", "Y")], [("a", "X")]])
    #expect(
      trace.layers[0].transitions == [
        .init(from: "X", to: "Y", before: 3, after: 5), .init(from: "Y", to: "X", before: 5, after: 6),
      ])
  }

  @Test func ofTwoRowsOfANameTheFirstCounts() {
    let trace = trace([[("a", "X"), ("a", "Y")], [("a", "Y"), ("a", "X")]])
    #expect(trace.layers.count == 1 && trace.layers[0].cells.map { $0?.phase } == ["X", "Y"])
  }

  /// Names are bytes: these two are equal to Swift.
  @Test func namesAreComparedAsBytes() {
    let trace = trace([[("\u{E9}", "X"), ("e\u{301}", "Y")]])
    #expect(trace.layers.count == 2)
  }

  @Test func everyNameIsAColumnAndNoOther() {
    let all = Column.columns(for: [.randomized, .vectors, .whitened]).map(\.name)
    #expect(Column.named(all).compactMap { $0?.name } == all)
    #expect(Column.named(Column.traced).allSatisfy { $0 != nil })
    #expect(Column.named(["alpha", "Alpha", ""]).map { $0?.name } == ["alpha", nil, nil])
  }

  @Test(
    arguments: [
      (["entropy"], Studies(), 0), (["fit_p_value"], [], nil), (["warning"], [], nil),
      (["rand_alpha", "alpha"], [.randomized], 0), (["spike_ipr", "phase_whitened"], [.vectors, .whitened], 0),
    ] as [([String], Studies, Int?)])
  func onlyWhatIsShownIsComputed(names: [String], studies: Studies, bootstrap: Int?) {
    var options = AnalysisOptions()
    options.restrict(to: Column.named(names).compactMap { $0 })
    #expect(options.studies == studies && options.bootstrapCount == bootstrap)
  }

  /// A trace shows the numbers of `analyze`, whatever was left out.
  @Test func numbersAreThoseOfTheAnalysis() throws {
    let graph = try RandomMatrix.gaussian(seed: 3, rows: 60, columns: 40).model()
    let columns = Column.named(Column.traced).compactMap { $0 }
    var options = AnalysisOptions()
    let whole = try analyze(graph, path: "m", options: options)
    options.restrict(to: columns)
    var trace = TrainingTrace(columns: columns)
    trace.append(
      try analyze(graph, path: "m", options: options),
      of: CheckpointFile(path: "m", stamp: FileStamp(byteCount: 0, modified: 0)))
    #expect(trace.layers[0].cells[0]?.values == columns.map { $0.value(whole.layers[0]) })
  }
}
