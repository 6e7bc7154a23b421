import ModelReading
import Testing

@Suite struct TensorTests {
  private let bytes = Tensor.Storage.bytes(ByteSource(owned: Array(0..<24), label: "file"))

  private func tensor(_ shape: [Int], _ strides: [Int]? = nil, offset: Int = 0) throws(ReadError) -> Tensor {
    try Tensor(
      name: "t", elementType: .uint8, shape: shape, strides: strides, elementOffset: offset, storage: bytes)
  }

  @Test(
    arguments: [
      ([-1], nil, 0, .malformed, "has a negative extent in its shape [-1]"),
      ([Int.max, 2], nil, 0, .malformed, "has the shape [9223372036854775807, 2], whose element count overflows"),
      (
        [1 << 32, 1 << 32], nil, 0, .malformed, "has the shape [4294967296, 4294967296], whose element count overflows"
      ),
      ([0, Int.max, Int.max], nil, 0, .malformed, nil),
      ([2, 2], [1], 0, .malformed, "has strides [1] and offset 0 for the shape [2, 2]"),
      ([2], [-1], 0, .malformed, "has strides [-1] and offset 0 for the shape [2]"),
      ([2], nil, -1, .malformed, "has strides [1] and offset -1 for the shape [2]"),
      ([2], [Int.max], 1, .malformed, "reaches beyond any address with shape [2], strides [9223372036854775807]"),
      ([3], [Int.max], 0, .malformed, nil), ([1], nil, Int.max, .malformed, nil),
      ([25], nil, 0, .truncated, "needs 25 elements of uint8, its storage holds 24"),
      ([2, 2], [20, 4], 0, .truncated, "needs 25 elements of uint8, its storage holds 24"),
      ([4], nil, 21, .truncated, "needs 25 elements of uint8, its storage holds 24"),
      ([Int](repeating: 1, count: 33), nil, 0, .limitExceeded, "has 33 axes, the limit is 32"),
    ] as [([Int], [Int]?, Int, ReadError.Code, String?)])
  func contradictionsAreRefused(
    _ shape: [Int], _ strides: [Int]?, _ offset: Int, _ code: ReadError.Code, _ message: String?
  ) {
    let error = #expect(throws: ReadError.self) { try tensor(shape, strides, offset: offset) }
    #expect(error?.code == code)
    if let message { #expect(error?.message == message) }
    #expect(error?.file == "file")
    #expect(error?.subject == "t")
  }

  @Test func stepsThatAreNeverTakenMayBeAnyNumber() throws {
    let row = try tensor([1, 4], [Int.max, 1])
    #expect(try row.values(as: Double.self).count == 4)
    let none = try tensor([0, 4], [Int.max, Int.max], offset: Int.max)
    #expect(none.elementOffset == 0)
    #expect(try none.values(as: Double.self).isEmpty)
  }

  @Test func repeatedElementsAreLimited() {
    let error = #expect(throws: ReadError.self) { try tensor([1 << 20, 1 << 20], [0, 0]) }
    #expect(error?.code == .limitExceeded)
  }

  @Test func scalarsAndEmptyTensorsAreSound() throws {
    #expect(try tensor([]).values(as: Float.self) == [0])
    #expect(try tensor([], offset: 23).values(as: Float.self) == [23])
    #expect(try tensor([0]).values(as: Float.self) == [])
    #expect(try tensor([3, 0, 2]).values(as: Float.self) == [])
    #expect(try tensor([3, 0], [100, 100], offset: 1000).littleEndianBytes() == [])
    #expect(try tensor([24]).byteCount == 24)
  }

  @Test func storageOfHalfAnElementHoldsNone() {
    let storage = Tensor.Storage.bytes(ByteSource(owned: [1, 2, 3], label: "file"))
    #expect(throws: ReadError.self) {
      try Tensor(name: "t", elementType: .float32, shape: [1], storage: storage)
    }
  }

  @Test func permutedViewsShareTheBytes() throws {
    let view = try tensor([2, 3, 4]).labelled([.output, .input, .spatial(0)]).permuted([2, 0, 1])
    #expect(view.shape == [4, 2, 3])
    #expect(view.axes == [.spatial(0), .output, .input])
    #expect(try view.values(as: Float.self).prefix(7) == [0, 4, 8, 12, 16, 20, 1])
  }

  @Test func splitViewsCountTheSlowerPartFirst() throws {
    let view = try #require(try tensor([6, 4]).split(axis: 0, into: 3, roles: (.gate, .output)))
    #expect(view.shape == [3, 2, 4])
    #expect(view.axes == [.gate, .output, .other])
    #expect(try view.values(as: Float.self) == (0..<24).map(Float.init))
    #expect(try tensor([6, 4]).split(axis: 0, into: 4, roles: (.gate, .output)) == nil)
    #expect(try tensor([6, 4]).split(axis: 0, into: 0, roles: (.gate, .output)) == nil)
    #expect(try tensor([6, 4]).split(axis: 1, into: -1, roles: (.gate, .output)) == nil)
  }

  @Test func selectedAndSlicedViews() throws {
    let cube = try tensor([2, 3, 4])
    #expect(try cube.selected(axis: 1, index: 2).values(as: Float.self) == [8, 9, 10, 11, 20, 21, 22, 23])
    #expect(try cube.sliced(axis: 2, 1..<3).sliced(axis: 0, 1..<2).values(as: Float.self) == [13, 14, 17, 18, 21, 22])
    #expect(try cube.sliced(axis: 0, 1..<1).values(as: Float.self) == [])
  }

  @Test func canonicalOrderPutsExpertsFirstAndPositionsLast() throws {
    let kernel = try tensor([2, 3, 2, 2]).labelled([.spatial(0), .spatial(1), .input, .output])
    #expect(kernel.canonical.axes == [.output, .input, .spatial(0), .spatial(1)])
    #expect(kernel.canonical.shape == [2, 2, 2, 3])
    #expect(kernel.canonicalShape == [2, 2, 2, 3])
    #expect(try kernel.canonical.values(as: Float.self).prefix(4) == [0, 4, 8, 12])
    let stack = try tensor([3, 2, 4]).labelled([.input, .expert, .output])
    #expect(stack.canonical.axes == [.expert, .output, .input])
    #expect(stack.canonicalShape == [2, 4, 3])
  }

  @Test func axesThatStackOverTheOutputMerge() throws {
    #expect(try tensor([4, 3, 2]).labelled([.gate, .output, .input]).canonicalShape == [12, 2])
    #expect(try tensor([3, 2, 4]).labelled([.input, .output, .output]).canonicalShape == [8, 3])
    #expect(try tensor([4, 3]).labelled([.vocabulary, .input]).canonicalShape == [4, 3])
    #expect(try tensor([2, 3]).canonicalShape == [2, 3])
    #expect(try tensor([2, 2, 3]).labelled([.spatial(0), .output, .output]).canonicalShape == [6, 1, 2])
  }

  @Test func viewsOfViewsOfTheLastElementStayInside() throws {
    let view = try tensor([2, 3, 4]).selected(axis: 0, index: 1).selected(axis: 0, index: 2).selected(axis: 0, index: 3)
    #expect(try view.values(as: Float.self) == [23])
  }

  @Test func productionIsCheckedAgainstItsAnnouncement() throws {
    let short = ProducedBytes(byteCount: 4, label: "file!member") { () throws(ReadError) in [1, 2] }
    let tensor = try Tensor(name: "t", elementType: .float32, shape: [1], storage: .produced(short))
    let error = #expect(throws: ReadError.self) { try tensor.load() }
    #expect(error?.code == .malformed)
    #expect(error?.message == "announces 4 bytes and decodes to 2")
    #expect(error?.file == "file!member")
  }

  @Test func checkedArithmetic() {
    #expect(Tensor.elementCount([]) == 1)
    #expect(Tensor.elementCount([Int.max, 0, Int.max]) == 0)
    #expect(Tensor.elementCount([Int.max, 2]) == nil)
    #expect(Tensor.rowMajorStrides([2, 3, 4]) == [12, 4, 1])
    #expect(Tensor.columnMajorStrides([2, 3, 4]) == [1, 2, 6])
    #expect(Tensor.rowMajorStrides([Int.max, Int.max]) == nil)
  }
}
