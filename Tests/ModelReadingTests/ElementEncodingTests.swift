import ModelReading
import Testing

@Suite struct ElementEncodingTests {
  @Test func lowestByteFirst() {
    #expect([Float(1), -2.5].littleEndianBytes == [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0])
    #expect([Float]().littleEndianBytes.isEmpty)
  }

  @Test func decodesToItself() throws {
    let values: [Float] = [0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, 3.14159]
    let tensor = try Tensor(
      name: "t", elementType: .float32, shape: [6],
      storage: .bytes(ByteSource(owned: values.littleEndianBytes, label: "test")))
    #expect(try tensor.values(as: Float.self) == values)
    #expect(tensor.storage.label == "test")
  }
}
