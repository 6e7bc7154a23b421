import ModelReading
import TestSupport
import Testing

/// Element types and places of tensor data.
@Suite struct TensorTests {
  static func open(_ weight: Proto) throws -> LayerGraph {
    try ONNXReaderTests.open(Onnx.model([Onnx.node("Gemm", ["x", "w"])], [weight]))
  }

  static func values(_ weight: Proto) throws -> [Double] {
    // Integer tensors are no layer's weight; a cast to float makes them one.
    let nodes = [
      Onnx.node("Cast", ["w"], to: ["v"], [Onnx.attribute("to", 1)]), Onnx.node("Gemm", ["x", "v"]),
    ]
    let graph = try ONNXReaderTests.open(Onnx.model(nodes, [weight]))
    return try #require(graph.layers.first).parameters[0].tensor.values()
  }

  @Test func packedFloatsAreNotCopied() throws {
    let tensor = try Self.open(Onnx.tensor("w", [2, 2]).data(4, floatBytes([1, 2, 3, 4]))).layers[0].parameters[0]
      .tensor
    #expect(tensor.storage.fileRange != nil)
    #expect(try tensor.values() == [1, 2, 3, 4])
  }

  @Test func floatsMayStandAloneOrInSegments() throws {
    let alone = [Float(1), 2].reduce(Onnx.tensor("w", [2, 2])) { $0.tag(4, 5).raw(floatBytes([$1])) }
    #expect(try Self.values(alone.data(4, floatBytes([3, 4]))) == [1, 2, 3, 4])
  }

  @Test func doublesAreRead() throws {
    let bits = [1.5, -2, 0, 1e300].flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * $0)) }
    }
    #expect(try Self.values(Onnx.tensor("w", [2, 2], type: 11).data(10, bits)) == [1.5, -2, 0, 1e300])
  }

  @Test(
    arguments: [
      (10, [0x3C00, 0xBC00, 0x4000, 0], [1.0, -1, 2, 0]),
      (16, [0x3F80, 0xBF80, 0x4000, 0], [1, -1, 2, 0]),
      (3, [1, -1, 127, -128], [1, -1, 127, -128]), (2, [1, 255, 0, 7], [1, 255, 0, 7]),
      (5, [1, -300, 0, 7], [1, -300, 0, 7]), (4, [1, 65535, 0, 7], [1, 65535, 0, 7]),
      (6, [1, -70000, 0, 7], [1, -70000, 0, 7]), (9, [1, 0, 0, 1], [1, 0, 0, 1]),
      (17, [0x38, 0xB8, 0x40, 0], [1, -1, 2, 0]), (19, [0x3C, 0xBC, 0x40, 0], [1, -1, 2, 0]),
    ] as [(Int, [Int], [Double])])
  func smallTypesLieInInt32Data(_ type: Int, _ stored: [Int], _ expected: [Double]) throws {
    #expect(try Self.values(Onnx.tensor("w", [2, 2], type: type).packed(5, stored)) == expected)
    #expect(try Self.values(Onnx.tensor("w", [2, 2], type: type).ints(5, stored)) == expected)
  }

  @Test func wideIntegersAreRead() throws {
    #expect(try Self.values(Onnx.tensor("w", [1, 2], type: 7).packed(7, [-5, 1 << 40])) == [-5, Double(1 << 40)])
    #expect(try Self.values(Onnx.tensor("w", [1, 2], type: 12).packed(11, [5, 4_000_000_000])) == [5, 4e9])
    #expect(try Self.values(Onnx.tensor("w", [1, 2], type: 13).packed(11, [5, 6])) == [5, 6])
  }

  @Test func fourBitNumbersShareBytes() throws {
    #expect(try Self.values(Onnx.tensor("w", [3, 1], type: 22).data(9, [0x8F, 0x07])) == [-1, -8, 7])
    #expect(try Self.values(Onnx.tensor("w", [3, 1], type: 21).data(9, [0x8F, 0x07])) == [15, 8, 7])
    #expect(try Self.values(Onnx.tensor("w", [4, 1], type: 23).data(9, [0x7F, 0x12])) == [-6, 6, 1, 0.5])
    #expect(try Self.values(Onnx.tensor("w", [3, 1], type: 22).packed(5, [0x8F, 0x07])) == [-1, -8, 7])
    #expect(try Self.values(Onnx.tensor("w", [5, 1], type: 26).data(9, [0b1110_0100, 1])) == [0, 1, -2, -1, 1])
  }

  @Test(arguments: [
    (Onnx.tensor("w", [2, 2]).data(9, [1, 2, 3]), "has 3 bytes of data, its shape [2, 2] needs 16"),
    (Onnx.tensor("w", [2, -2]).data(9, [1, 2, 3]), "has a negative extent in its shape [2, -2]"),
    (
      Onnx.tensor("w", [Int.max, 3]).data(9, [1]),
      "has the shape [9223372036854775807, 3], whose element count overflows"
    ),
    (
      Onnx.tensor("w", [2, 2]).data(4, [1, 2, 3]),
      "has 3 bytes and 0 single numbers of data, its shape [2, 2] needs 4 numbers"
    ),
    (
      Onnx.tensor("w", [1 << 20, 1 << 20], type: 6).packed(5, [1, 2]),
      "has 2 bytes and 0 single numbers of data, its shape [1048576, 1048576] needs 1099511627776 numbers"
    ),
    (Onnx.tensor("w", [2], type: 1).packed(5, [1, 2]), "is float32 and has data in field [5], not 4"),
  ])
  func contradictionsAreRefused(_ weight: Proto, _ message: String) throws {
    let error = try #require(try openingError(Onnx.model([], [weight])))
    #expect(error.code == .malformed)
    #expect(error.message == message)
    #expect(error.subject == "w")
    #expect(error.offset != nil)
  }

  @Test func varintsThatAreTooFewAreFoundWhenTheyAreRead() throws {
    // Four bytes could be four numbers; they are two.
    let tensor = Onnx.tensor("w", [2, 2], type: 10).packed(5, [0x3C0, 0x3C0])
    #expect(throws: ReadError.self) { try Self.values(tensor) }
  }

  @Test func tensorsThatCannotBeReadAreNamed() throws {
    func diagnostic(_ tensor: Proto) throws -> Diagnostic? {
      try ONNXReaderTests.open(Onnx.model([], [tensor])).diagnostics.first
    }
    #expect(try diagnostic(Onnx.tensor("w", [2, 2]))?.code == .incomplete)
    #expect(try diagnostic(Onnx.tensor("w", [2, 2], type: 99).data(9, [1]))?.code == .unsupportedTensor)
    #expect(try diagnostic(Onnx.tensor("w", [2, 2]).message(3, Proto().int(1, 0)))?.code == .unsupportedTensor)
    #expect(try diagnostic(Onnx.raw("w", [2, 2]))?.message == "is used by no node: float32 [2, 2], no layer's weight")
    let sparse = Proto().message(1, Onnx.raw("s", [2])).message(2, Onnx.integers("", [0, 3])).ints(3, [2, 2])
    let graph = try ONNXReaderTests.open(Onnx.model(Onnx.graph([]).message(15, sparse)).bytes)
    #expect(graph.diagnostics.map(\.subject) == ["s"])
    #expect(graph.inventory.map(\.shape) == [[2, 2]])
  }

  @Test func emptyTensorsAreTensors() throws {
    #expect(try Self.open(Onnx.tensor("w", [0, 3])).layers[0].parameters[0].tensor.values().isEmpty)
  }
}
