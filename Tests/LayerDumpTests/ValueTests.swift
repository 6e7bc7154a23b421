import DumpFormat
import LayerDump
import ModelReading
import TestSupport
import Testing

/// What is written of tensors that do not lie in the file as they are wanted.
@Suite struct ValueTests {
  /// Larger than a block in every direction, odd extents, every order of the axes.
  @Test(arguments: [[2, 1, 0], [0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2]])
  func transposedValuesAreGathered(order: [Int]) throws {
    let tensor = try counting([67, 131, 257]).permuted(order).labelled([.output, .input, .spatial(0)])
    try expectValues(tensor, shape: order.map { [67, 131, 257][$0] })
  }

  @Test func aLargeTransposedMatrixIsWrittenInBlocks() throws {
    let tensor = try counting([1500, 1100]).permuted([1, 0]).labelled([.output, .input])
    try expectValues(tensor, shape: [1100, 1500])
  }

  @Test func repeatedAndSkippedElementsAreWrittenOut() throws {
    let bytes = (0..<64).map { Float($0) }.littleEndianBytes
    let source = ByteSource(owned: bytes, label: "made")
    for (shape, strides, offset) in [([4, 3], [0, 2], 5), ([5, 5], [12, 3], 1), ([3, 4, 2], [20, 1, 5], 2)] {
      let tensor = try Tensor(
        name: "w", elementType: .float32, shape: shape, strides: strides, elementOffset: offset,
        storage: .bytes(source))
      try expectValues(tensor, shape: shape)
    }
  }

  @Test(arguments: ElementType.allCases) func everyTypeIsWrittenInEitherOrder(type: ElementType) throws {
    let bytes = (0..<(12 * type.byteWidth)).map { UInt8(truncatingIfNeeded: $0 * 37 + 5) }
    for order in [ByteOrder.little, .big] {
      let tensor = try Tensor(
        name: "w", elementType: type, byteOrder: order, shape: [3, 4], axes: [.output, .input],
        storage: .bytes(ByteSource(owned: bytes, label: "made")))
      try expectValues(tensor, shape: [3, 4])
      try expectValues(tensor.permuted([1, 0]).labelled([.output, .input]), shape: [4, 3])
    }
  }

  @Test func emptyAndScalarTensorsAreWritten() throws {
    try expectValues(try counting([]), shape: [])
    try expectValues(try counting([0, 5]), shape: [0, 5])
  }

  @Test func convertedValuesAreRoundedToNearestOnce() throws {
    // Halfway between two values of bfloat16, once exactly and once a little above: in float both look the same.
    let values: [Double] = [1 + 0x1p-8, 1 + 0x1p-8 + 0x1p-40, 1 + 3 * 0x1p-8, -(1 + 0x1p-8 + 0x1p-40), .infinity, 0.1]
    let tensor = try Tensor(
      name: "w", elementType: .float64, shape: [6],
      storage: .bytes(ByteSource(owned: values.littleEndianBytes, label: "made")))
    let rounded: [Double] = try converted(tensor, to: .bfloat16)
    #expect(rounded == [1, 1 + 0x1p-7, 1 + 0x1p-6, -(1 + 0x1p-7), .infinity, 0.10009765625])
    #expect(try converted(tensor, to: .float32) == values.map { Double(Float($0)) })
    #expect(try converted(tensor, to: .float16) == values.map { Double(Float16($0)) })
  }

  @Test func notANumberStaysNone() throws {
    let tensor = try Tensor(
      name: "w", elementType: .float32, shape: [2],
      storage: .bytes(ByteSource(owned: [Float.nan, -.nan].littleEndianBytes, label: "made")))
    #expect(try converted(tensor, to: .bfloat16).allSatisfy(\.isNaN))
  }

  @Test func numbersThatDoNotFitAreAnError() throws {
    let tensor = try counting([70_000])
    var options = DumpOptions()
    options.elementType = .float16
    #expect(throws: DumpError.self) { try withDump(of: graph([(.bias, tensor)]), options) { _ in } }
  }

  @Test func onlyFloatingPointValuesAreConverted() throws {
    let steps = try Tensor(
      name: "steps", elementType: .int64, shape: [1],
      storage: .bytes(ByteSource(owned: [1, 0, 0, 0, 0, 0, 0, 0], label: "made")))
    var options = DumpOptions()
    options.elementType = .bfloat16
    try withDump(of: graph([(.kernel, counting([3, 4])), (.other("steps"), steps)]), options) { folder throws in
      let types = try registry.open(folder).layers[0].parameters.map(\.tensor.elementType)
      #expect(types == [.bfloat16, .int64])
    }
  }

  private func converted(_ tensor: Tensor, to type: ElementType) throws -> [Double] {
    var options = DumpOptions()
    options.elementType = type
    return try withDump(of: graph([(.bias, tensor)]), options) { folder throws in
      try registry.open(folder).layers[0].parameters[0].tensor.values()
    }
  }

  private func expectValues(_ tensor: Tensor, shape: [Int]) throws {
    try withDump(of: graph([(.other("x"), tensor)])) { folder throws in
      let copy = try registry.open(folder).layers[0].parameters[0].tensor
      #expect(copy.shape == shape && copy.elementType == tensor.elementType)
      #expect(try copy.littleEndianBytes() == tensor.littleEndianBytes())
    }
  }
}
