import ExternalReader
import Glibc
import KerasReader
import ModelReading
import ReaderConformance
import TestSupport
import Testing

private let hasPython = (["/usr/bin/python3", "/usr/local/bin/python3"] as [String]).contains { (path: String) in
  unsafe access(path, X_OK) == 0
}

/// The reader under Examples, which needs Python 3.
@Suite(.enabled(if: hasPython, "python3 is not installed")) struct TFLiteTests {
  private static let reader = ExternalReader(path: Fixtures.root + "/Examples/readers/heavytail-reader-tflite") {
    Issue.record("\($0)")
  }
  private static let sample = Fixtures.root + "/Examples/readers/samples/layers.tflite"

  private func open(_ path: String) throws -> LayerGraph {
    try ReaderRegistry([.keras], fallbacks: [Self.reader]).open(path)
  }

  /// What element `index` of every tensor of the sample stands for, before its scale.
  private func code(_ index: Int) -> Double { Double(7 * index % 201 - 100) }

  private func values(_ graph: LayerGraph, _ layer: String, _ role: Role = .kernel) throws -> [Double] {
    let found = try #require(graph.layers.first { $0.name == layer }?.parameters.first { $0.role == role })
    return try found.tensor.values()
  }

  @Test func kindsAxesAndDataflow() throws {
    let graph = try open(Self.sample)
    #expect(graph.format == "tflite" && graph.variant == "version 3" && graph.producer == "make_tflite.py")
    #expect(graph.layers.map(\.name) == ["conv", "depthwise", "up", "fc", "half", "last", "table"])
    #expect(
      graph.layers.map(\.kind.label)
        == ["conv2d", "depthwise_conv2d", "conv2d_transpose", "dense", "dense", "dense", "embedding"])
    #expect(
      graph.layers.map { $0.parameters[0].tensor.canonicalShape }
        == [[6, 4, 3, 3], [12, 1, 3, 3], [5, 12, 2, 2], [7, 1280], [3, 7], [2, 3], [9, 2]])
    #expect(graph.layers.map(\.groups) == [1, 6, 1, 1, 1, 1, 1])
    #expect(
      graph.edges.map { [$0.source, $0.target] } == [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [3, 6]])
    #expect(graph.diagnostics.map(\.subject) == ["unused"])
  }

  @Test func quantisedValuesAreWhatTheyStandFor() throws {
    let graph = try open(Self.sample)
    let scales = [0.5, 0.25, 0.125, 2, 1, 4]
    #expect(try values(graph, "conv") == (0..<216).map { code($0) * scales[$0 / 36] })
    #expect(try values(graph, "conv", .bias) == (0..<6).map { code($0) * scales[$0] })
    #expect(try values(graph, "depthwise") == (0..<108).map { code($0) / Double(1 << ($0 % 12)) })
    #expect(try values(graph, "fc") == (0..<8960).map { (code($0) + 100 - 120) * 0.25 })
  }

  @Test func floatsStayInTheFile() throws {
    let graph = try open(Self.sample)
    for layer in ["up", "half", "last", "table"] {
      let tensor = try #require(graph.layers.first { $0.name == layer }).parameters[0].tensor
      #expect(tensor.storage.fileRange != nil)
      #expect(try tensor.values() == (0..<tensor.elementCount).map { code($0) / 64 })
    }
    #expect(graph.layers[4].parameters[0].tensor.elementType == .float16)
  }

  @Test func itObeysEveryRule() throws {
    try Fixtures.withDirectory { folder in
      let conformance = Conformance(
        Self.reader, damagedCopies: 8, isAtFault: { Self.reader.isAtFault(in: $0) })
      conformance.run(samples: [Self.sample], scratch: folder) { check in
        #expect(check.failure == nil, "\(check.name)")
      }
    }
  }

  /// A published model, and the Keras model that it was converted from.
  @Test(.enabled(if: Fixtures.shared("models/real/resnet8-cifar10.tflite") != nil))
  func theConvertedModelHasTheWeightsOfTheOriginal() throws {
    let original = try open(try #require(Fixtures.shared("models/real/resnet8-cifar10-keras240.h5")))
    let converted = try open(try #require(Fixtures.shared("models/real/resnet8-cifar10.tflite")))
    #expect(converted.layers.count == 10)
    // The convolutions of the shortcuts and the last layer have no normalisation behind them.
    let normalisation = [0: "", 1: "_1", 2: "_2", 3: "_3", 4: "_4", 6: "_5", 7: "_6"]
    for (index, layer) in converted.layers.enumerated() {
      let name = try #require(layer.name.split(separator: "/").dropFirst().first)
      let source = try #require(original.layers.first { $0.name == name })
      let kernel = try #require(source.parameters.first { $0.role == .kernel }).tensor.canonical
      let found = layer.parameters[0].tensor.canonical
      #expect(layer.kind == source.kind && found.shape == kernel.shape)
      guard let suffix = normalisation[index] else {
        #expect(try found.littleEndianBytes() == kernel.littleEndianBytes(), "\(name)")
        continue
      }
      let factors = try self.factors(original, "batch_normalization" + suffix)
      let (values, folded): ([Double], [Double]) = (try found.values(), try kernel.values())
      let size = values.count / factors.count
      let largest = values.map(abs).max() ?? 0
      for (position, value) in values.enumerated() {
        #expect(abs(folded[position] * factors[position / size] - value) <= 5e-7 * largest, "\(name) \(position)")
      }
    }
  }

  /// What a normalisation multiplies each output with: γ/√(σ² + ε), ε = 0.001 in Keras.
  private func factors(_ graph: LayerGraph, _ name: String) throws -> [Double] {
    let scale = try values(graph, name, .scale)
    let variance = try values(graph, name, .runningVariance)
    return zip(scale, variance).map { $0 / ($1 + 0.001).squareRoot() }
  }
}
