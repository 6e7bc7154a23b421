import Glibc
import ModelReading
import ONNXReader
import TestSupport
import Testing

/// Models that others trained, where the shared folder is there.
@Suite struct RealModelTests {
  static let names = [
    "basic-pitch-tf2onnx", "lenet-mnist-opset11", "matlab-example", "matlab-tempnetwork", "mnist-cntk-opset8",
    "rfb320-opset9",
  ]
  static let areThere = Fixtures.shared("models/real/rfb320-opset9.onnx") != nil

  static func open(_ name: String) throws -> LayerGraph {
    let path = try #require(Fixtures.shared("models/real/\(name).onnx"))
    return try ONNXReader().open(.file(MappedFile(path: path)), limits: Limits())
  }

  static func kernels(_ graph: LayerGraph) -> [(layer: Layer, tensor: Tensor)] {
    graph.layers.flatMap { layer in layer.parameters.filter(\.isWeight).map { (layer, $0.tensor) } }
  }

  /// Whether `part` occurs in `whole`: twins of these models store the same arrays as they are.
  static func contains(_ whole: [UInt8], _ part: [UInt8]) -> Bool {
    unsafe whole.withUnsafeBytes { whole in
      unsafe part.withUnsafeBytes { part in
        var start = 0
        while start + part.count <= whole.count,
          let hit = unsafe memchr(whole.baseAddress! + start, Int32(part[0]), whole.count - part.count - start + 1)
        {
          if unsafe memcmp(hit, part.baseAddress!, part.count) == 0 { return true }
          start = unsafe UnsafeRawPointer(hit) - whole.baseAddress! + 1
        }
        return false
      }
    }
  }

  @Test(.enabled(if: areThere), arguments: names)
  func everyTensorIsAccountedFor(_ name: String) throws {
    let graph = try Self.open(name)
    let known =
      Set(graph.layers.flatMap(\.parameters).map(\.tensor.name)).union(graph.diagnostics.map(\.subject))
    #expect(graph.inventory.filter { $0.shape.count >= 2 && !known.contains($0.name) }.isEmpty)
    #expect(!Self.kernels(graph).isEmpty)
    #expect(graph.topology == .dataflow && !graph.edges.isEmpty)
    #expect(Set(graph.layers.map(\.name)).count == graph.layers.count)
    for (layer, tensor) in Self.kernels(graph) {
      let values = try tensor.values(as: Double.self)
      #expect(values.count == tensor.elementCount && values.allSatisfy(\.isFinite), "\(layer.name)")
      #expect(tensor.canonicalShape.reduce(1, *) == tensor.elementCount, "\(layer.name)")
    }
  }

  @Test(.enabled(if: areThere), arguments: names)
  func rawDataAreNotCopied(_ name: String) throws {
    for parameter in try Self.open(name).layers.flatMap(\.parameters) {
      #expect(parameter.tensor.storage.fileRange != nil, "\(parameter.tensor.name)")
    }
  }

  @Test(
    .enabled(if: areThere),
    arguments: [
      ("rfb320-opset9", "rfb320-legacy.pth", 52), ("lenet-mnist-opset11", "lenet-mnist-zip.pth", 5),
    ])
  func kernelsAreThoseOfTheTwin(_ name: String, _ twin: String, _ count: Int) throws {
    let bytes = try Fixtures.read(try #require(Fixtures.shared("models/real/\(twin)")))
    let kernels = Self.kernels(try Self.open(name))
    #expect(kernels.count == count)
    for (layer, tensor) in kernels {
      #expect(Self.contains(bytes, try tensor.littleEndianBytes()), "\(layer.name)")
      #expect(Self.contains(bytes, Array((layer.name + ".weight").utf8)), "\(layer.name)")
    }
  }

  @Test(.enabled(if: areThere)) func depthwiseLayersAreNamedSo() throws {
    let kinds = try Self.open("rfb320-opset9").layers.map(\.kind)
    #expect(kinds.count { $0 == .depthwiseConvolution(rank: 2) } == 18)
    #expect(kinds.count { $0 == .convolution(rank: 2) } == 34)
    #expect(kinds.count { $0 == .normalization } == 35)
  }

  @Test(.enabled(if: areThere)) func cntkWeightsAreReachedThroughReshape() throws {
    let layers = try Self.open("mnist-cntk-opset8").layers
    #expect(layers.map(\.name) == ["Parameter5", "Parameter87", "Parameter193"])
    #expect(layers.map { $0.parameters[0].tensor.canonicalShape } == [[8, 1, 5, 5], [16, 8, 5, 5], [10, 256]])
    #expect(layers.allSatisfy { $0.parameters.map(\.role) == [.kernel, .bias] })
  }

  @Test(.enabled(if: areThere)) func matlabRecurrentLayerIsSplitIntoGates() throws {
    let graph = try Self.open("matlab-tempnetwork")
    let layer = try #require(graph.layers.first { $0.name == "bilstmLayer/backward" })
    #expect(layer.kind == .recurrent(.lstm))
    #expect(layer.parameters.map(\.role) == [.kernel, .recurrentKernel, .bias])
    #expect(layer.parameters[1].tensor.shape == [4, 3, 3])
    #expect(layer.parameters[1].tensor.axes == [.gate, .output, .input])
    #expect(graph.diagnostics.contains { $0.code == .unsafeContent && $0.subject == "com.mathworks.Placeholder" })
  }

  @Test(.enabled(if: areThere)) func sharedKernelsAreOneLayer() throws {
    let graph = try Self.open("basic-pitch-tf2onnx")
    #expect(graph.layers.count == 9)
    #expect(graph.layers[0].note?.hasPrefix("its weight is also used by 8 other nodes") == true)
  }

  @Test(.enabled(if: areThere), arguments: ["git-lfs-pointer.onnx", "html-page.onnx", "truncated-zip.pth"])
  func impostorsAreNotClaimed(_ name: String) throws {
    let path = try #require(Fixtures.shared("models/not-models/\(name)"))
    #expect(probe(try Fixtures.read(path)) == .no)
    #expect(throws: ReadError.self) { try ONNXReader().open(.file(MappedFile(path: path)), limits: Limits()) }
  }

  @Test(.enabled(if: areThere)) func otherFormatsAreNotClaimed() throws {
    let folder = try ModelDirectory(path: try #require(Fixtures.shared("models/real")))
    for entry in folder.entries {
      let expected: Match = entry.hasSuffix(".onnx") ? .certain : .no
      #expect(probe(try Fixtures.read(folder.path + "/" + entry)) == expected, "\(entry)")
    }
  }
}
