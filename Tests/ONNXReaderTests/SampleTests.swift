import ModelReading
import ONNXReader
import TestSupport
import Testing

/// Models of SampleModels.
@Suite struct SampleTests {
  static func open(_ name: String) throws -> LayerGraph {
    try ONNXReader().open(.file(MappedFile(path: Fixtures.sample(name))), limits: Limits())
  }

  @Test func classicLeNetIsThatOfTheOtherContainers() throws {
    let graph = try Self.open("LeNet5/lenet5.onnx")
    #expect(graph.layers.map(\.name) == ["conv1", "conv2", "fc1", "fc2", "fc3"])
    #expect(graph.layers.map(\.kind.label) == ["conv2d", "conv2d", "dense", "dense", "dense"])
    let shapes = [[6, 1, 5, 5], [16, 6, 5, 5], [120, 400], [84, 120], [10, 84]]
    #expect(graph.layers.map { $0.parameters[0].tensor.canonicalShape } == shapes)
    let twin = try Fixtures.read(Fixtures.sample("LeNet5/lenet5.safetensors"))
    for layer in graph.layers {
      #expect(layer.parameters.map(\.role) == [.kernel, .bias])
      let bytes = try layer.parameters[0].tensor.canonical.littleEndianBytes()
      #expect(RealModelTests.contains(twin, bytes), "\(layer.name)")
    }
    #expect(graph.edges == (0..<4).map { .init(from: $0, to: $0 + 1) })
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func deepNestingIsRefused() throws {
    let path = Fixtures.sample("Bad/nested-10000.onnx")
    let error = #expect(throws: ReadError.self) {
      try ONNXReader().open(.file(MappedFile(path: path)), limits: Limits())
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message == "messages nest deeper than 100 levels")
  }
}
