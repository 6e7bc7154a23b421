import ModelReading
import TestSupport
import Testing

/// What the walker refuses, and what it takes as protobuf has it.
@Suite struct WireTests {
  static let weight = Onnx.raw("fc.weight", [3, 2])
  static let gemm = Onnx.node("Gemm", ["x", "fc.weight"], [Onnx.attribute("transB", 1)])
  static let start: [UInt8] = Proto().int(1, 8).text(2, "tests").bytes

  static func kernel(_ bytes: [UInt8]) throws -> Tensor {
    try #require(try open(bytes).layers.first?.parameters.first).tensor
  }

  @Test(
    arguments: [
      // A graph of 100 bytes, of which 3 are there.
      (start + [0x3A, 100, 0x12, 1, 0x67], ReadError.Code.truncated, "field 7 needs 100 bytes, 3 remain"),
      // A number that goes on for ever.
      (
        start + [0x08] + [UInt8](repeating: 0xFF, count: 12), .unrecognized, "does not begin as an ONNX model does"
      ),
      (
        Proto(bytes: start).message(7, Proto().raw([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])).bytes,
        .truncated, "field 1 needs 9223372036854775807 bytes, 0 remain"
      ),
      (Proto(bytes: start).message(7, Proto().int(13, 1).int(1, 5)).bytes, .unrecognized, "does not begin"),
      (
        Proto(bytes: start).message(7, Proto().text(2, "g").raw([0x00])).bytes, .malformed,
        "field number 0 does not exist"
      ),
      (
        Proto(bytes: start).message(7, Proto().text(2, "g").raw([0x0E])).bytes, .malformed,
        "field 1 has the unknown wire type 6"
      ),
      (
        Proto(bytes: start).message(7, Proto().text(2, "g").int(1, 1)).bytes, .malformed,
        "field 1 of a graph has the wire type varint"
      ),
      (
        Proto(bytes: start).message(7, Proto().text(2, "g").raw([0xFC, 0x06])).bytes, .malformed,
        "field 111 ends a group that has not begun"
      ),
      (
        Proto(bytes: start).message(7, Proto().text(2, "g").raw([0x08 | 0x80])).bytes, .truncated,
        "a number goes on at the end of its message"
      ),
      (
        Proto(bytes: start).message(7, Proto().text(2, "g").tag(13, 0).raw([UInt8](repeating: 0xFF, count: 11))).bytes,
        .malformed, "a number has more than 10 bytes"
      ),
      (start, .malformed, "has no graph"),
    ] as [([UInt8], ReadError.Code, String)])
  func damageIsNamed(_ bytes: [UInt8], _ code: ReadError.Code, _ message: String) throws {
    let error = try #require(try openingError(bytes))
    #expect(error.code == code)
    #expect(error.message.hasPrefix(message), "\(error.message)")
    #expect(error.file.hasSuffix("model.onnx"))
    #expect(error.offset.map { $0 <= bytes.count } ?? true)
  }

  @Test func unknownFieldsAndGroupsAreSkipped() throws {
    let group = Proto().tag(99, 3).int(1, 5).tag(98, 3).text(7, "x").tag(98, 4).raw([0x9D, 0x06, 1, 2, 3, 4])
      .tag(99, 4)
    let graph = Onnx.graph([Self.gemm], [Self.weight.raw(group.bytes)]).raw(group.bytes)
    #expect(try Self.kernel(Onnx.model(graph).raw(group.bytes).bytes).values() == [0, 1, 2, 3, 4, 5])
  }

  @Test func groupsNestToALimit() throws {
    let open = (0..<200).reduce(Proto()) { proto, _ in proto.tag(99, 3) }
    let error = try openingError(Onnx.model(Onnx.graph([]).raw(open.bytes)).bytes)
    #expect(error?.code == .limitExceeded)
    #expect(error?.message == "groups nest deeper than 100 levels")
  }

  @Test func subgraphsNestToALimit() throws {
    let deep: Proto = (0..<33).reduce(Onnx.graph([])) { inner, _ in
      Onnx.graph([Onnx.node("If", ["c"], [Onnx.attribute("then_branch", graph: inner)])])
    }
    let error = try openingError(Onnx.model(deep).bytes)
    #expect(error?.code == .limitExceeded)
    #expect(error?.message == "messages nest deeper than 100 levels")
  }

  @Test func tenThousandSubgraphsAreRefusedNotFollowed() throws {
    // Built from the inside out, lengths and all, without copying each level.
    var reversed: [UInt8] = []
    for _ in 0..<10_000 {
      for (field, _) in [(6, 0), (5, 0), (1, 0)] {
        reversed += Proto.varint(UInt64(reversed.count)).reversed()
        reversed += [UInt8(field << 3 | 2)]
      }
    }
    let bytes = Proto(bytes: Self.start).data(7, reversed.reversed()).bytes
    #expect(try openingError(bytes)?.code == .limitExceeded)
  }

  @Test func messagesThatOccurTwiceAreMerged() throws {
    // The graph in two parts: the node in one, the initializer in the other.
    let model = Proto().int(1, 8).message(7, Onnx.graph([Self.gemm])).message(7, Onnx.graph([], [Self.weight]))
      .message(8, Proto().int(2, 17))
    #expect(try Self.kernel(model.bytes).values() == [0, 1, 2, 3, 4, 5])
  }

  @Test func constantTensorInTwoPartsIsMerged() throws {
    let first = Proto().ints(1, [3, 2]).int(2, 1).data(4, floatBytes([9, 8, 7]))
    let second = Proto().data(4, floatBytes([6, 5, 4]))
    let value = Proto().text(1, "value").message(5, first).message(5, second)
    let nodes = [Onnx.node("Constant", [], to: ["fc.weight"], [value]), Self.gemm]
    #expect(try Self.kernel(Onnx.model(nodes, [])).values() == [9, 8, 7, 6, 5, 4])
  }

  @Test func lastScalarWins() throws {
    let weight = Proto().ints(1, [3, 2]).int(2, 7).int(2, 1).text(8, "x").text(8, "fc.weight")
      .data(9, [1]).data(9, floatBytes([1, 2, 3, 4, 5, 6]))
    #expect(try Self.kernel(Onnx.model([Self.gemm], [weight])).values() == [1, 2, 3, 4, 5, 6])
  }

  @Test func fieldsComeInAnyOrder() throws {
    let graph = Proto().message(5, Self.weight).text(2, "g").message(1, Self.gemm)
    let model = Proto().message(8, Proto().int(2, 17)).message(7, graph).text(2, "tests").int(1, 8)
    #expect(probe(model.bytes) == .certain)
    #expect(try Self.kernel(model.bytes).shape == [3, 2])
  }

  @Test func dimensionsMayBePacked() throws {
    let weight = Proto().packed(1, [3, 2]).int(2, 1).text(8, "fc.weight").data(9, floatBytes([1, 2, 3, 4, 5, 6]))
    #expect(try Self.kernel(Onnx.model([Self.gemm], [weight])).shape == [3, 2])
  }

  @Test func namesAreComparedAsBytes() throws {
    let nodes = [
      Onnx.node("Gemm", ["x", "e\u{301}.weight"], to: ["y"]), Onnx.node("Gemm", ["y", "\u{e9}.weight"], to: ["z"]),
    ]
    let graph = try open(Onnx.model(nodes, [Onnx.raw("e\u{301}.weight", [2, 3]), Onnx.raw("\u{e9}.weight", [3, 4])]))
    #expect(graph.layers.map { $0.parameters[0].tensor.shape } == [[2, 3], [3, 4]])
    #expect(Set(graph.layers.map { ByteString($0.name) }).count == 2)
  }

  @Test func limitsHold() throws {
    let bytes = Onnx.model([Self.gemm], [Self.weight])
    func code(_ change: (inout Limits) -> Void) throws -> ReadError.Code? {
      var limits = Limits()
      change(&limits)
      return try openingError(bytes, limits: limits)?.code
    }
    #expect(try code { _ in } == nil)
    #expect(try code { $0.maximumIndexBytes = 10 } == .limitExceeded)
    #expect(try code { $0.maximumTensorCount = 0 } == .limitExceeded)
    #expect(try code { $0.maximumNameBytes = 3 } == .limitExceeded)
    #expect(try code { $0.maximumRank = 1 } == .limitExceeded)
    #expect(try code { $0.maximumNesting = 2 } == .limitExceeded)
  }
}
