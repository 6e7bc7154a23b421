import Analysis
import MatrixSlicing
import ModelReaders
import ModelReading
import TestSupport
import Testing

let registry = ReaderRegistry.builtIn

func report(_ path: String, _ options: AnalysisOptions = AnalysisOptions()) throws -> ModelReport {
  try analyze(registry.open(path), path: path, options: options)
}

/// Every column of every row, as text that shows each bit of a number.
func bits(_ report: ModelReport) -> [[String]] {
  report.layers.map { record in
    Column.columns(for: [.randomized, .vectors, .whitened]).map { column in
      guard case .number(let number) = column.value(record) else { return "\(column.name) \(column.value(record))" }
      return "\(column.name) \(String(number.bitPattern, radix: 16))"
    }
  }
}

@Suite struct SampleAnalysisTests {
  private static let containers = ["pt", "h5", "keras", "onnx", "npz"].map { "LeNet5/lenet5.\($0)" }

  @Test(arguments: containers + ["LeNet5/lenet5-legacy.pth"])
  func everyContainerOfLeNet5GivesTheSameBits(path: String) throws {
    let reference = try report(Fixtures.sample("LeNet5/lenet5.safetensors"))
    #expect(reference.layers.map(\.name) == ["conv1", "conv2", "fc1", "fc2", "fc3"])
    #expect(try bits(report(Fixtures.sample(path))) == bits(reference))
  }

  /// The same bits whatever runs beside them, and run after run.
  @Test(arguments: [1, 2, 8]) func numbersDoNotDependOnTheThreadCount(threadCount: Int) throws {
    var options = AnalysisOptions()
    options.studies = [.randomized, .vectors, .whitened]
    options.bootstrapCount = 5
    let path = Fixtures.sample("LeNet5/lenet5.safetensors")
    let one = try report(path, options)
    options.threadCount = threadCount
    #expect(try bits(report(path, options)) == bits(one))
  }

  @Test func stagesAreTimed() throws {
    var options = AnalysisOptions()
    let path = Fixtures.sample("LeNet5/lenet5.safetensors")
    let plain = try report(path, options).times
    for stage in Stage.allCases { #expect((plain[stage] > .zero) == (stage != .studies)) }
    options.studies = [.whitened]
    #expect(try report(path, options).times[.studies] > .zero)
  }

  @Test func initialMLP3IsWhatTheoryPredicts() throws {
    let layers = try report(Fixtures.sample("MLP3/mlp3-init.safetensors")).layers
    let square = layers.filter { $0.shape == [512, 512] }
    #expect(square.count == 2)
    for layer in square {
      // Gaussian 512×512: S = 1 − 1/(2 ln 512) ± 4·0.00025; R_s = 129.7 ± 4·1.6.
      #expect(abs(try #require(layer.entropy) - 0.91971) < 0.001)
      #expect(abs(try #require(layer.stableRank) - 129.7) < 6.4)
      #expect(try #require(layer.distance) > 0.06)
      #expect(layer.warnings.contains { $0.label == .largeD })
    }
  }

  @Test func perSliceGivesARowPerMatrix() throws {
    var options = AnalysisOptions()
    options.perSlice = true
    options.layerPatterns = ["conv2"]
    let rows = try report(Fixtures.sample("LeNet5/lenet5.safetensors"), options).layers
    #expect(rows.count == 25)
    #expect(rows[7].name == "conv2[position 1,2]" && rows[7].slices == 1 && rows[7].eigenvalueCount == 6)
  }

  @Test func unfoldingChangesTheMatrix() throws {
    var options = AnalysisOptions()
    options.slicing = .unfold
    options.layerPatterns = ["conv2"]
    let row = try #require(try report(Fixtures.sample("LeNet5/lenet5.safetensors"), options).layers.first)
    #expect(row.rows == 150 && row.columns == 16 && row.slices == 1 && row.receptiveField == 25)
  }

  @Test func aLayerLargerThanMemoryIsSkippedAndSaysSo() throws {
    var options = AnalysisOptions()
    options.maximumMemory = 1 << 20
    let row = try #require(try report(Fixtures.sample("LeNet5/lenet5.safetensors"), options).layers.first)
    #expect(row.status == .skipped)
    #expect(row.reason == "needs 16778120 bytes, the limit is 1048576")
  }

  @Test func progressEndsWithTheLastLayer() throws {
    let graph = try registry.open(Fixtures.sample("LeNet5/lenet5.safetensors"))
    let log = ProgressLog()
    _ = try analyze(graph, path: "", options: AnalysisOptions()) { log.add($0.finished) }
    #expect(log.numbers == [1, 2, 3, 4, 5])
  }
}

@Suite struct BadWeightTests {
  private func graph(_ values: [Float], _ shape: [Int]) throws -> LayerGraph {
    let bytes = values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
    let tensor = try Tensor(
      name: "w", elementType: .float32, shape: shape, axes: [.output, .input],
      storage: .bytes(ByteSource(owned: bytes, label: "memory")))
    let good = Layer(name: "good", kind: .dense, parameters: [Parameter(.kernel, try identity())])
    let layer = Layer(name: "w", kind: .dense, parameters: [Parameter(.kernel, tensor)])
    return LayerGraph(format: "test", variant: "", files: [], layers: [layer, good], inventory: [])
  }

  private func identity() throws -> Tensor {
    let bytes = (0..<4).flatMap { i in [0, 0, 0x80, i % 3 == 0 ? 0x3F : 0] as [UInt8] }
    return try Tensor(
      name: "i", elementType: .float32, shape: [2, 2], axes: [.output, .input],
      storage: .bytes(ByteSource(owned: bytes, label: "memory")))
  }

  @Test func entriesThatAreNotNumbersFailTheirLayerOnly() throws {
    let report = try analyze(graph([1, .nan, .infinity, 2], [2, 2]), path: "", options: AnalysisOptions())
    #expect(report.layers[0].status == .failed)
    #expect(report.layers[0].reason == "2 entries are NaN or infinite")
    #expect(report.layers[0].alpha == nil && report.layers[0].norm == nil)
    #expect(report.layers[1].status == .ok)
    #expect(report.summary.failed == 1 && report.summary.analyzed == 1)
  }

  @Test func squaresThatVanishAreNotAZeroMatrix() throws {
    var options = AnalysisOptions()
    options.precision = .single
    let row = try analyze(graph([1e-25, 0, 0, 1e-25], [2, 2]), path: "", options: options).layers[0]
    #expect(row.status == .failed && row.reason == "the squares of the entries underflow")
  }

  @Test func zeroMatrixHasNoLogarithms() throws {
    let row = try analyze(graph([0, 0, 0, 0], [2, 2]), path: "", options: AnalysisOptions()).layers[0]
    #expect(row.status == .ok && row.norm == 0 && row.hardRank == 0 && row.rankLoss == 2)
    #expect(row.logNorm == nil && row.stableRank == nil && row.alpha == nil && row.softRank == nil)
  }

  @Test func aModelWithoutWeightsIsAnError() throws {
    let empty = LayerGraph(
      format: "test", variant: "", files: [], layers: [],
      inventory: [TensorRecord(name: "images", elementType: "uint8", shape: [60, 28])])
    let error = #expect(throws: ReadError.self) { try analyze(empty, path: "m", options: AnalysisOptions()) }
    #expect(error?.message == "holds no weight matrices; it has 1 tensors: images uint8 [60, 28]")
  }
}
