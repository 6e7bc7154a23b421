import ModelReading
import TestSupport
import Testing

@testable import PyTorchReader

/// Files that others published, one property each.
@Suite(.enabled(if: Fixtures.shared("models/real") != nil)) struct RealFileTests {
  private func open(_ path: String) throws -> LayerGraph {
    try ReaderRegistry([.pytorch]).open(try #require(Fixtures.shared("models/" + path)))
  }

  private func contents(_ path: String) throws -> CheckpointTensors {
    try tensors(ofFile: try #require(Fixtures.shared("models/edge/" + path)))
  }

  private static func count(_ first: Int, _ last: Int) -> [Double] { (first...last).map(Double.init) }

  private func values(_ path: String, _ name: String = "tensor") throws -> [Double] {
    let tensor = try #require(try contents(path).tensors.first { $0.name == name })
    return try tensor.values()
  }

  @Test(arguments: [
    ("resnet20-cifar10-legacy.th", "legacy", 97), ("mtcnn-pnet-legacy.pt", "legacy", 13),
    ("mnist-cnn-zip.pt", "zip", 20), ("rfb320-legacy.pth", "legacy", 244), ("lenet-mnist-zip.pth", "zip", 10),
  ])
  func opensPublishedModels(name: String, variant: String, tensorCount: Int) throws {
    let graph = try open("real/" + name)
    #expect(graph.variant == variant)
    #expect(graph.inventory.count == tensorCount)
    let matrices = graph.inventory.filter { $0.shape.count >= 2 }.map(\.name)
    let weights = graph.layers.flatMap(\.parameters).filter { $0.tensor.rank >= 2 }
      .flatMap { [$0.tensor.name] + $0.aliases }
    #expect(Set(matrices) == Set(weights))
    #expect(!graph.diagnostics.contains { $0.code == .unreadableTensor || $0.code == .unsafeContent })
    for parameter in graph.layers.flatMap(\.parameters) {
      #expect(try parameter.tensor.values(as: Float.self).allSatisfy(\.isFinite), "\(parameter.tensor.name)")
      #expect(parameter.tensor.storage.fileRange != nil, "\(parameter.tensor.name) is mapped")
    }
  }

  @Test func namesLayersWithoutTheWrapper() throws {
    let graph = try open("real/resnet20-cifar10-legacy.th")
    #expect(graph.layers.first?.name == "conv1")
    #expect(graph.layers.last?.name == "linear")
    #expect(graph.layers.last?.parameters.first?.tensor.canonicalShape == [10, 64])
  }

  @Test(arguments: [
    ("pytorch/float16.pt", ElementType.float16, [1.5, -2.25, 3.125]),
    ("pytorch/bfloat16.pt", .bfloat16, [1.5, -2.5, 3.5]), ("pytorch/float32.pt", .float32, [1, 2.5, -3.7, 0]),
    ("pytorch/float64.pt", .float64, [1.1, 2.2, 3.3]), ("pytorch/int8.pt", .int8, [127, -128, 0, 50]),
    ("pytorch/int16.pt", .int16, [1000, -2000, 3000]), ("pytorch/int32.pt", .int32, [10, 20, -30]),
    ("pytorch/int64.pt", .int64, [100, -200, 300, 0]), ("pytorch/uint8.pt", .uint8, [0, 128, 255, 42]),
    ("pytorch/bool.pt", .bool, [1, 0, 1, 1, 0]),
  ])
  func readsElementTypes(path: String, type: ElementType, expected: [Double]) throws {
    let tensor = try #require(try contents(path).tensors.first)
    #expect(tensor.elementType == type)
    let precise = type == .float32 ? expected.map { Double(Float($0)) } : expected
    #expect(try tensor.values() == precise)
  }

  @Test(
    arguments: [
      ("pytorch/scalar.pt", "tensor", [42.0]), ("pytorch/empty.pt", "tensor", []),
      ("pytorch/buffers.pt", "buffer1", [1, 2, 3]), ("pytorch/mixed_types.pt", "float64", [1.1, 2.2]),
      ("pytorch/mixed_types.pt", "int64", [100, 200]),
      ("pytorch/legacy_uncloned_views.pt", "tensor1", RealFileTests.count(10, 19)),
      ("pytorch/legacy_uncloned_views.pt", "tensor2", RealFileTests.count(50, 59)),
      ("pytorch/simple_legacy.pt", "bias", [1, 1]),
      ("pytorch/tar_float32.tar", "tensor", [1.0, 2.5, -3.7, 0]),
      ("pytorch/tar_int64.tar", "tensor", [100, -200, 300, 0]),
      ("pytorch/tar_multi_dtype.tar", "int_tensor", [10, 20, 30, 40]),
      ("pytorch/tar_multi_dtype.tar", "float_tensor", [1.5, 2.5, 3.5]),
      ("pytorch/tar_multi_dtype.tar", "double_tensor", [1.111, 2.222]), ("test.pt", "test", RealFileTests.count(1, 8)),
      ("test_with_key.pt", "test", RealFileTests.count(1, 8)),
      ("fortran_tensor_3d.pth", "tensor_fortran", RealFileTests.count(1, 24)),
    ] as [(String, String, [Double])])
  func readsValues(path: String, name: String, expected: [Double]) throws {
    let values = try values(path, name)
    #expect(values == expected || values.map(Float.init) == expected.map(Float.init))
  }

  @Test func readsViewsFromTheirOffset() throws {
    let contents = try contents("pytorch/legacy_with_offsets.pt")
    #expect(try contents.tensors.map { try $0.values(as: Float.self)[0] } == [1, 2, 3])
    let shared = try self.contents("pytorch/legacy_shared_storage.pt")
    #expect(try shared.tensors.map { try $0.values(as: Float.self)[0] } == [1.0439506, 0.5303624, 0.15385364])
  }

  @Test func readsSpecialValues() throws {
    let special = try values("pytorch/special_values.pt")
    #expect(special[0].isNaN)
    #expect(special.dropFirst() == [.infinity, -.infinity, 0, 1])
    let extreme: [Float] = [1e-30, 1e30, -1e-30, -1e30]
    #expect(try values("pytorch/extreme_values.pt") == extreme.map(Double.init))
  }

  @Test(arguments: [
    ("checkpoint.pt", ["fc1", "fc2"]), ("weights_with_config.pt", ["fc1", "fc2"]), ("top_level_key.pt", ["conv1"]),
    ("nested_dict.pt", ["layer1", "layer2"]), ("conv2d.pt", ["conv1", "conv2"]),
    ("non_contiguous_indexes.pt", ["fc.0", "fc.2", "fc.4", "fc.6", "fc.8"]),
  ])
  func findsTheStateDictionary(name: String, layers: [String]) throws {
    #expect(try open("edge/pytorch/" + name).layers.map(\.name) == layers)
  }

  @Test func opensEveryEdgeCase() throws {
    let folder = try #require(Fixtures.shared("models/edge/pytorch"))
    for name in try ModelDirectory(path: folder).entries where name != "broken.pt" {
      let graph = try open("edge/pytorch/" + name)
      #expect(!graph.inventory.isEmpty, "\(name)")
      #expect(!graph.diagnostics.contains { $0.code == .unreadableTensor }, "\(name)")
    }
  }

  @Test func saysThatATruncatedArchiveIsCutOff() throws {
    let error = try #require(throws: ReadError.self) { try open("not-models/truncated-zip.pth") }
    #expect(error.code == .truncated)
    #expect(error.message == "is a zip archive that ends, after 579901 bytes, before its central directory")
    #expect(error.hint == "the download may be incomplete")
  }

  @Test func refusesWhatIsNoModel() throws {
    let error = try #require(throws: ReadError.self) { try open("edge/pytorch/broken.pt") }
    #expect(error.code == .unrecognized)
  }
}
