import ModelReading
import ReaderConformance
import TestSupport
import Testing

/// Models that others trained and published.
@Suite(.enabled(if: Fixtures.shared("models/real") != nil)) struct RealModelTests {
  private static let paths: [String] = {
    guard let folder = Fixtures.shared("models/real"), let directory = try? ModelDirectory(path: folder) else {
      return []
    }
    return directory.entries.filter { !$0.hasSuffix(".tflite") }.map { folder + "/" + $0 }
  }()

  @Test(arguments: paths) func everyMatrixIsALayerOrNamed(_ path: String) throws {
    let graph = try registry.open(path)
    #expect(graph.layers.contains { $0.parameters.contains(where: \.isWeight) })
    #expect(Set(graph.layers.map { ByteString($0.name) }).count == graph.layers.count)
    for parameter in graph.layers.flatMap(\.parameters) where parameter.isWeight {
      #expect(!parameter.tensor.axes.contains(.other), "\(parameter.tensor.name)")
      #expect(try parameter.tensor.littleEndianBytes().count == parameter.tensor.byteCount)
    }
    // What the registry had to add is what the reader itself lost sight of.
    #expect(Conformance.hole(graph) == nil)
  }

  @Test(arguments: [
    ("lenet-mnist-zip.pth", "lenet-mnist-opset11.onnx"), ("rfb320-legacy.pth", "rfb320-opset9.onnx"),
  ]) func sameModelInTwoFormatsHasTheSameWeights(_ first: String, _ second: String) throws {
    #expect(try weights("models/real/" + first) == weights("models/real/" + second))
  }

  /// Kind, groups, shape and bytes of each kernel, in an order that does not depend on the format.
  private func weights(_ file: String) throws -> [String] {
    let path = try #require(Fixtures.shared(file))
    return try registry.open(path).layers.flatMap { layer in
      try layer.parameters.filter(\.isWeight).map { parameter in
        let digest = SHA256.hexadecimal(try parameter.tensor.canonical.littleEndianBytes())
        return "\(layer.kind.label) /\(layer.groups) \(parameter.tensor.canonicalShape) \(digest)"
      }
    }.sorted()
  }
}
