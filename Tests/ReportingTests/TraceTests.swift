import Figures
import ModelReading
import SpectralCore
import Testing

@testable import Analysis
@testable import Reporting

@Suite struct TraceTests {
  private let columns = Column.named(["alpha", "entropy", "phase", "name"]).compactMap { $0 }

  /// Checkpoints of two layers, one of them with a name that needs quotes in CSV, and absent from the second.
  private func trace() throws -> TrainingTrace {
    var trace = TrainingTrace(columns: columns)
    for (index, names) in [["a", "b,\"\n"], ["a"], ["a", "b,\"\n"]].enumerated() {
      let stamp = FileStamp(byteCount: 100, modified: 7 + index)
      trace.append(
        try analyze(model(names, seed: UInt64(index)), path: "m"),
        of: CheckpointFile(path: "x,\"/epoch-\(index).pt", stamp: stamp))
    }
    return trace
  }

  /// Random layers of these names.
  private func model(_ names: [String], seed: UInt64) throws -> LayerGraph {
    let layers = try names.map { name in
      let matrix = RandomMatrix.gaussian(seed: seed, rows: 40, columns: 30)
      let bytes = matrix.values.flatMap { value in
        (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
      }
      let tensor = try Tensor(
        name: name, elementType: .float64, shape: [40, 30], axes: [.output, .input],
        storage: .bytes(ByteSource(owned: bytes, label: "memory")))
      return Layer(name: name, kind: .dense, parameters: [Parameter(.kernel, tensor)])
    }
    return LayerGraph(format: "test", variant: "", files: [], layers: layers, inventory: [])
  }

  @Test func rowsOfAbsentLayersAreEmpty() throws {
    let rows = TraceRows(.csv, columns: columns)
    let text = rows.text(try trace())
    #expect(rows.header.hasSuffix(",rows,name,kind,status,reason,alpha,entropy,phase\n"))
    #expect(text.contains("epoch 1,1,\"x,\"\"/epoch-1.pt\",test,100,8,2,\"b,\"\"\n\",dense,absent,,,,\n"))
    let lines = TraceRows(.jsonl, columns: columns).text(try trace()).split(separator: "\n")
    #expect(lines.count == 6 && lines[3].contains(#""status":"absent", "reason":null, "alpha":null"#))
  }

  /// Cut anywhere, the file is whole up to the end of a checkpoint, and the rest is known to be missing.
  @Test(arguments: [TraceRows.Form.csv, .jsonl]) func aCutIsFound(form: TraceRows.Form) throws {
    let rows = TraceRows(form, columns: columns)
    let trace = try trace()
    var ends = [rows.header.utf8.count]
    for index in trace.checkpoints.indices { ends.append(ends[index] + rows.text(trace, at: index).utf8.count) }
    let bytes = Array(rows.text(trace).utf8)
    for count in 0...bytes.count {
      let file = try TraceFile(Array(bytes[..<count]), rows: rows, path: "f")
      let whole = ends.last { $0 <= count } ?? 0
      #expect(file.wholeByteCount == whole, "cut after \(count) bytes")
      #expect(file.checkpoints.count == (ends.firstIndex(of: whole) ?? 0))
    }
    let file = try TraceFile(bytes, rows: rows, path: "f")
    #expect(file.checkpoints["x,\"/epoch-2.pt"] == FileStamp(byteCount: 100, modified: 9))
  }

  @Test(arguments: [TraceRows.Form.csv, .jsonl]) func aForeignFileIsLeftAlone(form: TraceRows.Form) throws {
    let rows = TraceRows(form, columns: columns)
    let others = [
      "notes", "notes\n", "a,b\n1,2\n", "{\"a\":1}\n", "{\"checkpoint\":1}\n", "\n", "\0",
      TraceRows(form, columns: Column.named(["D"]).compactMap { $0 }).text(try trace()),
      TraceRows(form == .csv ? .jsonl : .csv, columns: columns).text(try trace()), rows.text(try trace()) + "more\n",
    ]
    for text in others {
      #expect(throws: ReadError.self, "\(text.prefix(20))") {
        try TraceFile(Array(text.utf8), rows: rows, path: "f")
      }
    }
  }

  /// The horizontal places of the points of all curves, in their order.
  private func places(_ figure: Figure?) throws -> [[Double]] {
    try #require(figure).panels[0].series.compactMap { series in
      guard case .circles(let circles) = series.shape else { return nil }
      return circles.map(\.center.x)
    }
  }

  /// Steps 0, 1, 2: on a logarithmic axis 0 has no place, and where a curve has no value it has no point.
  @Test func checkpointsStandInOrderOrAtTheirSteps() throws {
    var report = TraceReport(trace: try trace())
    #expect(try places(report.figure) == [[0, 1, 2], [0, 2]])
    #expect(report.figure?.panels[0].x.label == "epoch, in order" && report.figure?.notes == [])
    report.axis = TraceAxis(.linear)
    #expect(try places(report.figure) == [[0, 1, 2], [0, 2]])
    #expect(report.figure?.panels[0].x.label == "epoch" && report.figure?.panels[0].x.marks == [0, 1, 2])
    report.axis = TraceAxis(.log, title: "batch size")
    #expect(try places(report.figure) == [[1, 2], [2]])
    #expect(report.figure?.panels[0].x.label == "batch size, logarithmic")
    #expect(report.figure?.title.hasSuffix(": batch size from epoch 0 to epoch 2") == true)
    #expect(report.figure?.notes == ["1 checkpoint without a place on the axis not drawn"])
  }

  @Test func withoutStepsNothingIsDrawnAtThem() throws {
    var trace = TrainingTrace(columns: columns)
    trace.append(
      try analyze(model(["a"], seed: 1), path: "m"),
      of: CheckpointFile(path: "best.pt", stamp: FileStamp(byteCount: 1, modified: 1)))
    #expect(TraceReport(trace: trace).figure != nil)
    for placement in [TraceAxis.Placement.linear, .log] {
      #expect(TraceReport(trace: trace, axis: TraceAxis(placement)).figure == nil)
    }
  }

  @Test func tableNamesTransitionsAndAbsence() throws {
    var trace = try trace()
    let lines = TraceReport(trace: trace).table(width: 80).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "a  (dense, 40×30)" && lines[1].hasPrefix("checkpoint  alpha  entropy  phase"))
    #expect(lines.contains { $0.hasPrefix("epoch 1") && $0.hasSuffix("absent") })
    #expect(lines.allSatisfy { $0.count <= 80 })
    trace = TrainingTrace(columns: columns)
    #expect(TraceReport(trace: trace).table(width: nil) == "")
  }
}
