import Analysis
import ModelReading
import SpectralCore
import TestSupport
import Testing

private func dense(_ name: String, _ values: [Double], _ shape: [Int]) throws -> Layer {
  Layer(name: name, kind: .dense, parameters: [Parameter(.kernel, try tensor(values, shape, [.output, .input]))])
}

private func near(_ value: Double?, _ reference: Double, _ tolerance: Double = 1e-12) throws -> Bool {
  abs(try #require(value) - reference) <= tolerance * abs(reference)
}

/// Spectra of something else than each weight.
@Suite struct SourceTests {
  private func analyzed(_ graph: LayerGraph, _ source: SpectrumSource, layers: [String] = []) throws -> ModelReport {
    var options = AnalysisOptions()
    options.source = source
    options.layerPatterns = layers
    options.minimumEigenvalues = 2
    return try analyze(graph, path: "", options: options)
  }

  private let trained = Fixtures.sample("MLP3/mlp3-trained.safetensors")

  // MARK: Inverse

  @Test func eigenvaluesAreInvertedAndZerosStay() throws {
    let row = try analyzed(graph([dense("a", [2, 0, 0, 0, 4, 0, 0, 0, 0], [3, 3])]), .inverse).layers[0]
    #expect(row.spectralNorm == 0.25 && row.norm == 0.25 + 0.0625 && row.hardRank == 2 && row.rankLoss == 1)
    #expect(row.phase == nil && row.sigmaMP == nil && row.lambdaPlus == nil && row.tracyWidomScore == nil)
  }

  /// WeightWatcher's `inverse=True`, where singular values that a Gram matrix cannot tell from zero do not matter.
  @Test(.enabled(if: Fixtures.shared("golden/weightwatcher/ww077_inverse.csv") != nil))
  func inverseSpectraOfWeightWatcher() throws {
    let folder = try #require(Fixtures.shared("golden/weightwatcher"))
    var options = AnalysisOptions()
    options.source = .inverse
    let report = try report(folder + "/synthetic17.safetensors", options)
    let expected = try rows(folder + "/ww077_inverse.csv").filter {
      $0["layer_type"] == "dense" && Int($0["M"]!)! >= 20 && $0["name"] != "rankdef_120x90"
    }
    #expect(expected.count == 10)
    for row in expected {
      let layer = try #require(report.layers.first { $0.name == row["name"] })
      // The smallest eigenvalue of a square matrix is known to about M·ε·λmax.
      let tolerance = row["Q"] == "1" ? 1e-6 : 1e-9
      for (name, value) in [
        ("alpha", layer.alpha), ("D", layer.distance), ("xmin", layer.xmin), ("log_norm", layer.logNorm),
      ] {
        let reference = try #require(Double(row[name]!))
        #expect(try near(value, reference, tolerance), "\(name) of \(layer.name)")
      }
      #expect(layer.tailCount == Int(row["num_pl_spikes"]!))
    }
  }

  // MARK: Products

  /// Norms by numpy.
  @Test func productsOfConsecutiveWeights() throws {
    let report = try analyzed(registry.open(trained), .intra)
    #expect(report.layers.map(\.name) == ["fc1 → fc2", "fc2 → fc3", "fc3 → fc4"])
    #expect(report.layers.map(\.shape) == [[512, 784], [512, 512], [10, 512]])
    let expected = [
      (0.0025181009065905193, 0.00013708298639544448), (0.002824684686714665, 0.00022111861303539726),
      (0.01001020532667268, 0.0018769511820304937),
    ]
    for (row, (norm, spectral)) in zip(report.layers, expected) {
      #expect(try near(row.norm, norm) && near(row.spectralNorm, spectral))
      #expect(row.kind == "product" && row.phase == nil && row.alpha != nil)
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let report = try analyzed(registry.open(Fixtures.sample("LeNet5/lenet5.onnx")), .intra)
    #expect(report.layers.map(\.name) == ["fc1 → fc2", "fc2 → fc3"])
    #expect(
      report.graph.diagnostics.filter { $0.code == .unmatched } == [
        Diagnostic(.unmatched, "conv1 → conv2", "cannot be multiplied: conv1 is 25 matrices"),
        Diagnostic(.unmatched, "conv2 → fc1", "cannot be multiplied: conv2 is 25 matrices"),
      ])
    let narrow = try graph([dense("a", [1, 2], [2, 1]), dense("b", [1, 2, 3], [1, 3]), dense("c", [2], [1, 1])])
    let pairs = try analyzed(narrow, .intra)
    #expect(pairs.layers.map(\.name) == ["b → c"])
    #expect(
      pairs.graph.diagnostics == [
        Diagnostic(.unmatched, "a → b", "cannot be multiplied: a yields 2 values, b takes 3")
      ])
  }

  /// a feeds b past a normalisation, and c; b feeds nothing.
  @Test func dataflowDecidesWhatFollows() throws {
    let norm = Layer(name: "n", kind: .normalization, parameters: [Parameter(.scale, try tensor([1], [1], [.other]))])
    var model = try graph([dense("a", [3], [1, 1]), norm, dense("b", [4], [1, 1]), dense("c", [5], [1, 1])])
    model.topology = .dataflow
    model.edges = [.init(from: 0, to: 1), .init(from: 1, to: 2), .init(from: 0, to: 3), .init(from: 1, to: 0)]
    #expect(try analyzed(model, .intra).layers.map(\.name) == ["a → c", "a → b"])
  }

  /// A lookup table yields its rows.
  @Test func embeddingsYieldTheirRows() throws {
    let table = try tensor([1, 2, 3, 4, 5, 6], [3, 2], [.vocabulary, .input])
    let model = try graph([
      Layer(name: "e", kind: .embedding, parameters: [Parameter(.kernel, table)]), dense("a", [1, 1], [1, 2]),
    ])
    let row = try analyzed(model, .intra).layers[0]
    // (1+2, 3+4, 5+6) over the norms.
    #expect(row.shape == [1, 3])
    #expect(try near(row.norm, (9.0 + 49 + 121) / (91 * 2)))
  }

  @Test func zeroWeightsMakeZeroProducts() throws {
    let row = try analyzed(graph([dense("a", [0], [1, 1]), dense("b", [0], [1, 1])]), .intra).layers[0]
    #expect(row.status == .ok && row.norm == 0)
  }

  @Test func aModelWithoutPairsIsAnError() throws {
    let error = try #require(throws: ReadError.self) {
      try analyzed(graph([dense("a", [1, 2], [2, 1]), dense("b", [1, 2, 3], [1, 3])]), .intra)
    }
    #expect(
      error.message == "has no two consecutive weights whose product can be formed: "
        + "a → b cannot be multiplied: a yields 2 values, b takes 3")
  }

  // MARK: Stack

  /// Norms by numpy.
  @Test func allWeightsAsOneMatrix() throws {
    let report = try analyzed(registry.open(trained), .stacked)
    let row = report.layers[0]
    #expect(report.layers.count == 1 && row.name == "4 weights" && row.kind == "stack" && row.shape == [2320, 512])
    #expect(try near(row.norm, 2089529.1466792158) && near(row.spectralNorm, 20844.266950367888))
    #expect(row.phase == nil && row.alpha != nil)
  }

  @Test func patternsChooseThePartsOfTheStack() throws {
    let report = try analyzed(registry.open(trained), .stacked, layers: ["fc[14]"])
    #expect(report.layers.map(\.name) == ["2 weights"] && report.layers[0].shape == [784 + 512, 512])
  }

  @Test func convolutionsAreNotStackedAndSaySo() throws {
    let report = try analyzed(registry.open(Fixtures.sample("LeNet5/lenet5.safetensors")), .stacked)
    #expect(report.layers[0].name == "3 weights" && report.layers[0].shape == [400 + 120 + 84, 120])
    #expect(
      report.graph.diagnostics.filter { $0.code == .unmatched }.map { "\($0.subject) \($0.message)" } == [
        "conv1 is conv2d and not part of the stack of dense weights",
        "conv2 is conv2d and not part of the stack of dense weights",
      ])
  }

  @Test func weightsWithoutAScaleCannotBeStacked() throws {
    let good = try dense("a", [1, 2, 3, 4], [2, 2])
    func reason(_ values: [Double]) throws -> String? {
      let row = try analyzed(graph([good, dense("b", values, [2, 2])]), .stacked).layers[0]
      return row.status == .skipped ? row.reason : nil
    }
    #expect(try reason([0, 0, 0, 5]) == "w has one value in half of its entries, so no scale of its own")
    #expect(try reason([.nan, 0, 0, 5]) == "w has entries that are NaN or infinite")
    let error = try #require(throws: ReadError.self) { try analyzed(graph([good]), .stacked) }
    #expect(error.message == "has 1 dense weights, a stack takes two or more")
  }

  @Test func aStackBeyondMemoryIsSkipped() throws {
    var options = AnalysisOptions()
    options.source = .stacked
    options.maximumMemory = 20 << 20
    let row = try analyze(registry.open(trained), path: "", options: options).layers[0]
    #expect(row.status == .skipped && row.reason?.hasPrefix("needs ") == true)
  }

  // MARK: Studies

  @Test func studiesAreOfWeightsOnly() throws {
    var options = AnalysisOptions()
    options.source = .inverse
    options.studies = .randomized
    let row = try analyze(graph([dense("a", [1, 2, 3, 4], [2, 2])]), path: "", options: options).layers[0]
    #expect(row.randomized == nil && row.warnings.contains { $0.label == .notStudied })
  }
}
