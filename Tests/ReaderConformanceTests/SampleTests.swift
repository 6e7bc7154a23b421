import ModelReading
import ReaderConformance
import TestSupport
import Testing

/// What every reader makes of good files.
@Suite struct SampleTests {
  @Test func digestsAreThoseOfTheStandard() {
    #expect(
      SHA256.hexadecimal(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SHA256.hexadecimal([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hexadecimal([UInt8](repeating: 0x61, count: 119))
        == "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb")
  }

  @Test(arguments: Sample.good) func weightsAreThoseOfTheManifest(_ sample: Sample) {
    let objections = sample.objections { () throws(ReadError) in try sample.open() }
    #expect(objections == [])
  }

  @Test(arguments: Sample.small) func graphsAreConsistent(_ sample: Sample) throws {
    let graph = try sample.open()
    #expect(Conformance.inconsistency(graph) == nil)
    #expect(Conformance.unreadable(graph) == nil)
    #expect(Conformance.difference(graph, try sample.open()) == nil)
  }

  @Test func everyLenetHasTheSameLayersInTheSameOrder() throws {
    let lenets = Sample.good.filter { $0.path.hasPrefix("LeNet5/") }
    #expect(lenets.count == 7)
    for sample in lenets {
      let weights = try sample.open().layers.filter { $0.parameters.contains(where: \.isWeight) }
      #expect(weights.map(\.name) == ["conv1", "conv2", "fc1", "fc2", "fc3"], "\(sample.path)")
      #expect(weights.map(\.kind.label) == ["conv2d", "conv2d", "dense", "dense", "dense"], "\(sample.path)")
      #expect(weights.allSatisfy { $0.groups == 1 && $0.note == nil }, "\(sample.path)")
      #expect(weights.allSatisfy { $0.parameters.map(\.role) == [.kernel, .bias] }, "\(sample.path)")
    }
  }

  @Test(arguments: Sample.small) func twoTasksReadTheSameBytes(_ sample: Sample) async throws {
    let graph = try sample.open()
    let bytes = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
      for _ in 0..<2 {
        group.addTask {
          try graph.layers.flatMap(\.parameters).map { try $0.tensor.littleEndianBytes() }
        }
      }
      var all: [[[UInt8]]] = []
      for try await bytes in group { all.append(bytes) }
      return all
    }
    #expect(bytes[0] == bytes[1])
  }

  @Test(arguments: Sample.good) func limitsOnCountsAreHonoured(_ sample: Sample) throws {
    var limits = Limits()
    limits.maximumTensorCount = 0
    let error = #expect(throws: ReadError.self) { try sample.open(limits) }
    #expect(error?.code == .limitExceeded)
  }
}
