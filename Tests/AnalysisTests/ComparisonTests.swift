import Analysis
import ModelReading
import SpectralCore
import TestSupport
import Testing

/// A dense layer of these weights, `[output, input]`.
private func dense(_ name: String, _ values: [Double], _ shape: [Int], bias: [Double]? = nil) throws -> Layer {
  var layer = Layer(
    name: name, kind: .dense, parameters: [Parameter(.kernel, try tensor(values, shape, [.output, .input]))])
  if let bias { layer.parameters.append(Parameter(.bias, try tensor(bias, [bias.count], [.output]))) }
  return layer
}

private func near(_ value: Double?, _ reference: Double, _ tolerance: Double = 1e-12) throws -> Bool {
  abs(try #require(value) - reference) <= tolerance * abs(reference)
}

private let trained = Fixtures.sample("MLP3/mlp3-trained.safetensors")
private let initial = Fixtures.sample("MLP3/mlp3-init.safetensors")

/// W − W_base.
@Suite struct BaseTests {
  private func difference(_ model: LayerGraph, _ base: LayerGraph) throws -> ModelReport {
    try analyze(model.subtracting(base, at: "base"), path: "", options: AnalysisOptions())
  }

  /// Norms of the differences, by numpy.
  @Test func whatTrainingChanged() throws {
    let report = try difference(registry.open(trained), registry.open(initial))
    #expect(report.layers.map(\.name) == ["fc1", "fc2", "fc3", "fc4"] && report.graph.diagnostics.isEmpty)
    #expect(try near(report.layers[0].norm, 117.39991527558998))
    #expect(try near(report.layers[0].spectralNorm, 7.4468922062633585))
    #expect(try near(report.layers[1].norm, 44.07647858383451))
    #expect(report.layers[0].shape == [512, 784] && report.layers[0].elementType == "float64")
  }

  /// Keras stores [height, width, in, out] and [in, out], PyTorch the reverse.
  @Test func formatsMeetInCanonicalOrder() throws {
    let keras = try registry.open(Fixtures.sample("LeNet5/lenet5.h5"))
    let torch = try registry.open(Fixtures.sample("LeNet5/lenet5.pt"))
    let report = try difference(keras, torch)
    #expect(report.layers.count == 5 && report.layers.allSatisfy { $0.norm == 0 && $0.hardRank == 0 })
  }

  /// A layer more at the front of either shifts nothing, and none is lost without a word.
  @Test func layersMatchByNameAndTheRestIsNamed() throws {
    let model = try graph([
      dense("extra", [1, 2, 3, 4], [2, 2]), dense("a", [5, 5, 5, 5], [2, 2]), dense("b", [1, 2], [1, 2]),
    ])
    let base = try graph([
      dense("first", [9, 9], [2, 1]), dense("b", [1, 2], [2, 1]), dense("a", [1, 2, 3, 4], [2, 2]),
    ])
    let report = try difference(model, base)
    #expect(report.layers.map(\.name) == ["a"] && report.layers.map(\.layerID) == [1])
    #expect(try near(report.layers[0].norm, 30))
    #expect(
      report.graph.diagnostics == [
        Diagnostic(.unmatched, "extra", "has no partner of its name"),
        Diagnostic(.unmatched, "b", "is 1×2, its partner 2×1"),
        Diagnostic(.unmatched, "first", "is in base and has no partner of its name"),
      ])
  }

  @Test func nothingInCommonIsAnError() throws {
    let model = try graph([dense("a", [1, 2], [1, 2])])
    let error = try #require(throws: ReadError.self) {
      try model.subtracting(graph([dense("b", [1, 2], [1, 2])]), at: "base")
    }
    #expect(error.message == "has no weight of the same name and shape as one of base: a has no partner of its name")
  }

  /// What is dequantised on demand is subtracted like anything else; no other layer is read for it.
  @Test func producedWeights() throws {
    let values: [Double] = [1, 2, 3, 4]
    let bytes = ProducedBytes(byteCount: 16, label: "memory") { () throws(ReadError) in
      values.map(Float.init).littleEndianBytes
    }
    let quantised = try Tensor(
      name: "q", elementType: .float32, shape: [2, 2], axes: [.output, .input], storage: .produced(bytes))
    let layer = Layer(name: "a", kind: .dense, parameters: [Parameter(.kernel, quantised)])
    let report = try difference(graph([layer]), graph([dense("a", [1, 2, 3, 2], [2, 2])]))
    #expect(report.layers[0].norm == 4)
  }

  @Test func gatesOfDifferentFormatsAreNotCompared() throws {
    func recurrent(_ format: String) throws -> LayerGraph {
      let kernel = try tensor([Double](repeating: 1, count: 16), [8, 2], [.output, .input])
      var result = try graph([
        Layer(name: "rnn", kind: .recurrent(.lstm), parameters: [Parameter(.kernel, kernel)]),
        dense("a", [1, 2], [1, 2]),
      ])
      result.format = format
      return result
    }
    let other = try difference(recurrent("keras"), recurrent("onnx"))
    #expect(other.layers.map(\.name) == ["a"])
    #expect(
      other.graph.diagnostics.map(\.message) == ["has gates in the order of keras, its partner in that of onnx"])
    #expect(try difference(recurrent("onnx"), recurrent("onnx")).layers.count == 2)
  }

  @Test func anAdapterIsADifferenceAlready() throws {
    var adapter = try dense("a", [1, 2], [1, 2])
    adapter.kind = .lowRankAdapter
    let other = try dense("b", [1, 2], [1, 2])
    let report = try difference(graph([adapter, other]), graph([dense("a", [1, 2], [1, 2]), other]))
    #expect(report.graph.diagnostics.map(\.message) == ["is a low_rank_adapter, its partner a dense"])
  }

  @Test func memoryForBothIsCounted() throws {
    var options = AnalysisOptions()
    options.maximumMemory = (16 << 20) + 512 * 512 * 8 + 3 * 512 * 512 * 8 - 1
    let difference = try registry.open(trained).subtracting(registry.open(initial), at: "base")
    let rows = try analyze(difference, path: "", options: options).layers
    #expect(rows[1].spectrum == "partial" && rows[3].spectrum == "full")
  }
}

/// `distances`.
@Suite struct DistanceTests {
  /// numpy's norms and singular values.
  @Test func numbersOfAnIndependentComputation() throws {
    let distance = try distances(registry.open(initial), registry.open(trained), options: AnalysisOptions())
    #expect(distance.unmatched.isEmpty && !distance.isIdentical)
    let expected = [
      (0, 10.83512414675486, 0.7110328891934803, 0.8860889835769593, 0.08691183605578966),
      (1, 6.639011868029324, 0.5511999816861669, 0.9384534275871279, 0.06888699270552771),
      (3, 4.328824614570775, 0.22259024755412243, 0.8672639392944131, 0.09151063572603418),
    ]
    for (index, weight, bias, alignment, spectral) in expected {
      let found = distance.weights[index]
      #expect(try near(found.weight, weight) && near(found.bias, bias) && near(found.alignment, alignment))
      #expect(try near(found.spectral, spectral, 1e-9))
      #expect(found.euclidean == found.weight && !found.isIdentical && found.reason == nil)
    }
  }

  @Test func theSameModelInTwoFormatsIsIdentical() throws {
    let keras = try registry.open(Fixtures.sample("LeNet5/lenet5.h5"))
    let onnx = try registry.open(Fixtures.sample("LeNet5/lenet5.onnx"))
    let distance = try distances(keras, onnx, options: AnalysisOptions())
    #expect(distance.isIdentical && distance.weights.count == 5)
    for weight in distance.weights {
      #expect(weight.weight == 0 && weight.bias == 0 && weight.euclidean == 0 && weight.spectral == 0)
      #expect(try near(weight.alignment, 1, 1e-15))
    }
  }

  /// √(Σ over k² positions) of the whole, the mean of the positions' norms for euclidean.
  @Test func convolutionsAreComparedPositionByPosition() throws {
    func convolution(_ values: [Double]) throws -> Layer {
      let kernel = try tensor(values, [1, 1, 1, 2], [.output, .input, .spatial(0), .spatial(1)])
      return Layer(name: "c", kind: .convolution(rank: 2), parameters: [Parameter(.kernel, kernel)])
    }
    let distance = try distances(
      graph([convolution([1, 2])]), graph([convolution([4, 6])]), options: AnalysisOptions())
    #expect(distance.weights[0].weight == 5 && distance.weights[0].euclidean == 3.5)
    #expect(distance.weights[0].alignment == 1)
  }

  @Test func equalNumbersOfOtherBitsAreNotIdentical() throws {
    let plus = try graph([dense("a", [0, 1], [1, 2])])
    let minus = try graph([dense("a", [-0.0, 1], [1, 2])])
    let distance = try distances(plus, minus, options: AnalysisOptions())
    #expect(distance.weights[0].weight == 0 && !distance.weights[0].isIdentical && !distance.isIdentical)
  }

  @Test func aBiasCountsForIdentity() throws {
    func model(_ bias: [Double]?) throws -> LayerGraph { try graph([dense("a", [1, 2], [2, 1], bias: bias)]) }
    let options = AnalysisOptions()
    let other = try distances(model([1, 2]), model([1, 5]), options: options).weights[0]
    #expect(other.bias == 3 && other.weight == 0 && !other.isIdentical)
    let missing = try distances(model([1, 2]), model(nil), options: options).weights[0]
    #expect(missing.bias == nil && !missing.isIdentical)
    #expect(try distances(model([1, 2]), model([1, 2]), options: options).isIdentical)
  }

  @Test func zeroMatricesHaveNoAngle() throws {
    let distance = try distances(
      graph([dense("a", [0, 0], [1, 2])]), graph([dense("a", [3, 4], [1, 2])]), options: AnalysisOptions())
    #expect(distance.weights[0].weight == 5)
    #expect(distance.weights[0].alignment == nil && distance.weights[0].spectral == nil)
  }

  @Test func oneBadLayerCostsNoOther() throws {
    let first = try graph([dense("a", [.nan, 1], [1, 2]), dense("b", [1, 1], [1, 2])])
    let second = try graph([dense("a", [1, 1], [1, 2]), dense("b", [1, 1], [1, 2])])
    let weights = try distances(first, second, options: AnalysisOptions()).weights
    #expect(weights[0].reason == "1 entries are NaN or infinite" && weights[0].weight == nil)
    #expect(weights[1].isIdentical)
  }

  @Test func memoryIsLimited() throws {
    var options = AnalysisOptions()
    options.maximumMemory = 1000
    let weights = try distances(registry.open(initial), registry.open(trained), options: options).weights
    #expect(weights[3].reason == "needs 166240 bytes, the limit is 1000")
  }

  @Test func patternsChooseLayers() throws {
    var options = AnalysisOptions()
    options.layerPatterns = ["fc[12]"]
    let distance = try distances(registry.open(initial), registry.open(trained), options: options)
    #expect(distance.weights.map(\.name) == ["fc1", "fc2"] && distance.unmatched.isEmpty)
  }

  @Test func unmatchedWeightsOfBothSides() throws {
    let first = try graph([dense("a", [1, 2], [1, 2]), dense("x", [1, 2], [1, 2])])
    let second = try graph([dense("y", [1, 2], [1, 2]), dense("a", [1, 2], [1, 2])])
    let distance = try distances(first, second, options: AnalysisOptions())
    #expect(distance.unmatched.map(\.name) == ["x", "y"] && distance.unmatched.map(\.side) == [.first, .second])
    #expect(!distance.isIdentical && distance.weights[0].isIdentical)
  }
}

/// `compare`.
@Suite struct ModelComparisonTests {
  private func report(_ layers: [Layer]) throws -> ModelReport {
    try analyze(graph(layers), path: "", options: AnalysisOptions())
  }

  /// Under other names the layers of one shape are matched in their order, and what is left over is named.
  @Test func shapesMatchWhereNamesDiffer() throws {
    let first = try report([
      dense("a", [1, 2, 3, 4], [2, 2]), dense("b", [1, 2, 3], [1, 3]), dense("c", [4, 3, 2, 1], [2, 2]),
    ])
    let second = try report([
      dense("x", [1, 2, 3, 5], [2, 2]), dense("b", [1, 2, 3], [1, 3]), dense("y", [4, 3, 2, 1], [2, 2]),
      dense("z", [1, 1], [1, 2]),
    ])
    let comparison = try compare(first, second)
    #expect(comparison.layers.map(\.first.name) == ["a", "b", "c"])
    #expect(comparison.layers.map(\.second.name) == ["x", "b", "y"])
    #expect(comparison.layers.map(\.isIdentical) == [false, true, true])
    #expect(try near(comparison.layers[0].relativeDistance, (1.0 / 30).squareRoot()))
    #expect(comparison.unmatched.map(\.name) == ["z"] && !comparison.isIdentical)
    #expect(comparison.layers[0].verdict == nil && comparison.layers[1].verdict == .identical)
  }

  @Test func memoryThatIsNotThereIsSaid() throws {
    let model = try report([dense("a", [1, 2, 3, 4], [2, 2])])
    let layer = try compare(model, model, maximumMemory: 127).layers[0]
    #expect(layer.isIdentical == nil && layer.relativeDistance == nil)
    #expect(layer.reason == "needs 128 bytes to be compared entry by entry, the limit is 127")
    #expect(try compare(model, model, maximumMemory: 128).isIdentical)
  }

  @Test(arguments: [
    (3.0, 0.1, 2.5, 0.1, LayerComparison.Verdict.better), (3.0, 0.1, 3.4, 0.1, .worse), (3.0, 0.2, 3.4, 0.2, .same),
    (1.5, 0.1, 2.0, 0.1, .better), (2.0, 0.1, 1.5, 0.1, .worse), (3.0, 0.0, 3.0, 0.0, .same),
  ])
  func verdicts(
    _ alpha: Double, _ sigma: Double, _ other: Double, _ otherSigma: Double, _ verdict: LayerComparison.Verdict
  ) throws {
    var layer = try compare(
      report([dense("a", [1, 2, 3, 4], [2, 2])]), report([dense("a", [1, 2, 3, 5], [2, 2])])
    ).layers[0]
    (layer.first.alpha, layer.first.sigma, layer.second.alpha, layer.second.sigma) = (alpha, sigma, other, otherSigma)
    #expect(layer.verdict == verdict)
    layer.second.alpha = nil
    #expect(layer.verdict == nil && layer.alphaChange == nil)
  }
}
