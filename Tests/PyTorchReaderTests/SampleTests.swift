import ModelReading
import TestSupport
import Testing

@testable import PyTorchReader

/// Files that we made ourselves.
@Suite struct SampleTests {
  private func open(_ path: String) throws -> LayerGraph {
    try ReaderRegistry([.pytorch]).open(Fixtures.sample(path))
  }

  @Test(arguments: ["LeNet5/lenet5.pt", "LeNet5/lenet5-legacy.pth"]) func readsLeNet(path: String) throws {
    let graph = try open(path)
    #expect(graph.layers.map(\.name) == ["conv1", "conv2", "fc1", "fc2", "fc3"])
    #expect(graph.layers.map(\.kind.label) == ["conv2d", "conv2d", "dense", "dense", "dense"])
    #expect(
      graph.layers.map { $0.parameters[0].tensor.canonicalShape } == [
        [6, 1, 5, 5], [16, 6, 5, 5], [120, 400], [84, 120], [10, 84],
      ])
    #expect(graph.layers.allSatisfy { $0.parameters.map(\.role) == [.kernel, .bias] })
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func readsTheSameFromBothContainers() throws {
    let zip = try open("LeNet5/lenet5.pt").layers.flatMap(\.parameters)
    let legacy = try open("LeNet5/lenet5-legacy.pth").layers.flatMap(\.parameters)
    #expect(try zip.map { try $0.tensor.littleEndianBytes() } == legacy.map { try $0.tensor.littleEndianBytes() })
  }

  @Test func tiesSharedWeights() throws {
    for path in ["Variety/variety.pt", "Variety/variety-legacy.pth"] {
      let parameters = try open(path).layers.flatMap(\.parameters)
      #expect(parameters.contains { !$0.aliases.isEmpty && $0.aliases == ["decoder.weight"] }, "\(path)")
    }
  }

  @Test func leavesOutTheOptimizer() throws {
    let graph = try open("Variety/variety-checkpoint.pt")
    #expect(graph.layers.map(\.name) == ["conv", "fc"])
    #expect(graph.diagnostics.map(\.code) == [.leftOut, .inferred])
    #expect(graph.diagnostics[0].message == "is state of the training, not of the model: 12 tensors")
  }

  @Test(arguments: [
    ("Bad/calls-os-system.pt", ReadError.Code.unsafeContent), ("Bad/pickle-bomb.pkl", .unrecognized),
    ("Bad/storage-too-small.pt", .truncated), ("Bad/truncated.pt", .truncated),
    ("Bad/truncated-legacy.pth", .truncated),
  ])
  func refusesBadFiles(path: String, code: ReadError.Code) throws {
    let error = try #require(throws: ReadError.self) { try open(path) }
    #expect(error.code == code)
    #expect(error.file.contains(path))
  }

  @Test(arguments: [
    ("LeNet5/lenet5.pt", Match.certain), ("LeNet5/lenet5-legacy.pth", .certain), ("LeNet5/lenet5.npz", .possible),
    ("LeNet5/lenet5.keras", .possible), ("LeNet5/lenet5.h5", .no), ("LeNet5/lenet5.onnx", .no),
    ("LeNet5/lenet5.safetensors", .no), ("Bad/pickle-bomb.pkl", .possible),
  ])
  func probes(path: String, expected: Match) throws {
    let bytes = try Fixtures.read(Fixtures.sample(path))
    let prefix = ByteSource(owned: Array(bytes.prefix(Format.probeLength)), label: path)
    let match = PyTorchReader().probe(prefix.bytes)
    #expect(match == expected)
  }
}
