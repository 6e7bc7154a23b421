import ModelReading
import TestSupport
import Testing

/// Tensors stored as values and their places.
@Suite struct SparseTests {
  /// A sparse tensor called `w`, as field 15 of a graph has it.
  static func sparse(_ places: [Int], rank: Int = 0, _ shape: [Int] = [2, 3], values: Int? = nil) -> Proto {
    let count = rank > 0 ? places.count / rank : places.count
    let indices = Onnx.tensor("", rank > 0 ? [count, rank] : [count], type: 7).data(9, int64Bytes(places))
    let stored = (0..<(values ?? count)).map { Float($0 + 1) }
    let numbers = Onnx.tensor("w", [stored.count]).data(9, floatBytes(stored))
    return Proto().message(1, numbers).message(2, indices).ints(3, shape)
  }

  static func model(_ sparse: Proto) -> [UInt8] {
    Onnx.model(Onnx.graph([Onnx.node("MatMul", ["x", "w"])]).message(15, sparse)).bytes
  }

  static func kernel(_ sparse: Proto) throws -> Tensor {
    try #require(try open(model(sparse)).layers.first).parameters[0].tensor
  }

  @Test func placesAreNumbersOrIndices() throws {
    #expect(try Self.kernel(Self.sparse([1, 5])).values() == [0, 1, 0, 0, 0, 2])
    #expect(try Self.kernel(Self.sparse([0, 2, 1, 0], rank: 2)).values() == [0, 0, 1, 2, 0, 0])
    #expect(try Self.kernel(Self.sparse([])).values() == [0, 0, 0, 0, 0, 0])
  }

  @Test func theyAreMadeWhenAskedFor() throws {
    let graph = try open(Self.model(Self.sparse([9])))
    #expect(graph.layers.map(\.name) == ["w"])
    #expect(graph.inventory.map(\.shape) == [[2, 3]])
    #expect(throws: ReadError.self) { try graph.layers[0].parameters[0].tensor.load() }
  }

  @Test(
    arguments: [
      (sparse([6]), "names the index 6.0 on an axis of 6"), (sparse([-1]), "names the index -1.0 on an axis of 6"),
      (sparse([2, 0], rank: 2), "names the index 2.0 on an axis of 2"),
      (sparse([3, 1]), "names the place 1 after 3: places ascend, and none occurs twice"),
      (sparse([0, 1, 0, 1], rank: 2), "names the place 1 after 1: places ascend, and none occurs twice"),
    ] as [(Proto, String)])
  func placesAreChecked(_ sparse: Proto, _ message: String) throws {
    let tensor = try Self.kernel(sparse)
    let error = try #require(throws: ReadError.self) { try tensor.load() }
    #expect(error.code == .malformed && error.message == message && error.subject == "w")
  }

  @Test func numbersMustFit() throws {
    let error = try openingError(Self.model(Self.sparse([1, 2], values: 3)))
    #expect(error?.message == "has [3] values and places of shape [2] in int64, for a tensor of shape [2, 3]")
    #expect(try openingError(Self.model(Self.sparse([1, 2, 0], rank: 3)))?.code == .malformed)
    let large = try openingError(Self.model(Self.sparse([1], [1 << 20, 1 << 20])))
    #expect(large?.code == .limitExceeded)
    #expect(large?.message == "is a sparse tensor of shape [1048576, 1048576], the limit is 1073741824 bytes")
    #expect(try openingError(Self.model(Self.sparse([1], [Int.max, 3])))?.code == .limitExceeded)
    #expect(try openingError(Self.model(Self.sparse([1], [-2, 3])))?.code == .malformed)
  }

  @Test func halfATensorIsNamed() throws {
    let graph = try open(Self.model(Proto().message(1, Onnx.raw("w", [2])).ints(3, [2, 3])))
    #expect(graph.diagnostics.map(\.message) == ["is a sparse tensor without values or without places"])
  }
}
