import ModelReading
import SafetensorsFormat
import SafetensorsReader
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
  private typealias Tensor = SafetensorsWriter.Tensor

  /// Writes `tensors`, all bytes of each the same number, in pieces of three.
  private func write(_ writer: SafetensorsWriter, to path: String, replacing: Bool = false) throws {
    try writer.write(to: path, replacing: replacing) { tensor, values throws(WriteError) in
      let byte = UInt8(tensor.name.utf8.count)
      while values.remaining > 0 {
        let piece = [UInt8](repeating: byte, count: min(3, values.remaining))
        try unsafe values.append(piece.span.bytes)
      }
    }
  }

  /// The header that the format's own writer gives for these tensors and this metadata.
  @Test func headerIsThatOfTheReferenceWriter() throws {
    let tensors = [
      Tensor(name: "B", elementType: .float32, shape: [1]),
      Tensor(name: "é\"\\\n\u{7F}\u{1}", elementType: .int8, shape: [3]),
      Tensor(name: "A", elementType: .float32, shape: [2, 1]), Tensor(name: "half", elementType: .bfloat16, shape: [3]),
      Tensor(name: "scalar", elementType: .float64, shape: []),
      Tensor(name: "none", elementType: .int64, shape: [0, 4]),
    ]
    let writer = try SafetensorsWriter(tensors, metadata: [("format", "pt")])
    let text = String(decoding: writer.header.dropFirst(8), as: UTF8.self)
    #expect(
      text == #"{"__metadata__":{"format":"pt"},"none":{"dtype":"I64","shape":[0,4],"data_offsets":[0,0]},"#
        + #""scalar":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"A":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"#
        + #""B":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"half":{"dtype":"BF16","shape":[3],"data_offsets":[20,26]},"#
        + "\"é\\\"\\\\\\n\u{7F}\\u0001\":{\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[26,29]}}"
        + String(repeating: " ", count: writer.header.count - 8 - text.utf8.reversed().drop { $0 == 32 }.count))
    #expect(writer.header.count % 8 == 0 && writer.header[0] == UInt8(truncatingIfNeeded: writer.header.count - 8))
    #expect(writer.byteCount == writer.header.count + 29)
  }

  @Test func whatIsWrittenIsRead() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/m.safetensors"
      let writer = try SafetensorsWriter(
        [
          Tensor(name: "aa.weight", elementType: .uint16, shape: [2, 5]),
          Tensor(name: "a.weight", elementType: .uint32, shape: [3, 2]),
        ])
      try write(writer, to: path)
      #expect(try Fixtures.read(path).count == writer.byteCount)
      #expect(try ModelDirectory(path: directory).entries == ["m.safetensors"])
      let graph = try ReaderRegistry([.safetensors]).open(path)
      #expect(Set(graph.inventory.map(\.name)) == ["a.weight", "aa.weight"])
      #expect(try Fixtures.read(path).suffix(20).allSatisfy { $0 == 9 })
    }
  }

  @Test func anExistingFileStaysUnlessItMayGo() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/m.safetensors"
      try Fixtures.write([1, 2, 3], to: path)
      let writer = try SafetensorsWriter([Tensor(name: "w", elementType: .uint8, shape: [4])])
      #expect(throws: WriteError("cannot write \(path): File exists")) { try write(writer, to: path) }
      #expect(try Fixtures.read(path) == [1, 2, 3])
      try write(writer, to: path, replacing: true)
      #expect(try Fixtures.read(path).count == writer.byteCount)
      #expect(try ModelDirectory(path: directory).entries == ["m.safetensors"])
    }
  }

  @Test func anythingButTheRightNumberOfBytesLeavesNothing() throws {
    try Fixtures.withDirectory { directory in
      let writer = try SafetensorsWriter([Tensor(name: "w", elementType: .float32, shape: [2])])
      func attempt(_ count: Int) throws {
        try writer.write(to: directory + "/m") { _, values throws(WriteError) in
          let bytes = [UInt8](repeating: 0, count: count)
          try unsafe values.append(bytes.span.bytes)
        }
      }
      #expect(throws: WriteError("tensor 'w' has 8 bytes, 7 were given")) { try attempt(7) }
      #expect(throws: WriteError("9 bytes are given for a tensor that needs 8 more")) { try attempt(9) }
      #expect(try ModelDirectory(path: directory).entries.isEmpty)
    }
    #expect(throws: WriteError.self) {
      try SafetensorsWriter([]).write(to: "/nowhere/at/all") { _, _ throws(WriteError) in }
    }
  }

  @Test(arguments: [
    ([Tensor(name: "w", elementType: .complex128, shape: [1])], "safetensors has no complex128, the type of 'w'"),
    (
      [Tensor(name: "w", elementType: .uint8, shape: [1 << 62, 4])],
      "'w' has the shape [4611686018427387904, 4], which no file can hold"
    ),
    ([Tensor(name: "w", elementType: .uint8, shape: [-1])], "'w' has the shape [-1], which no file can hold"),
    (
      [Tensor(name: "a", elementType: .uint8, shape: [.max]), Tensor(name: "b", elementType: .uint8, shape: [1])],
      "the tensors together have more bytes than a file can hold"
    ),
    (
      [Tensor(name: "w", elementType: .uint8, shape: [1]), Tensor(name: "w", elementType: .int8, shape: [1])],
      "there are two of the tensor 'w', or the name is reserved"
    ),
    (
      [Tensor(name: "__metadata__", elementType: .uint8, shape: [1])],
      "there are two of the tensor '__metadata__', or the name is reserved"
    ),
  ])
  func isRefused(tensors: [SafetensorsWriter.Tensor], message: String) {
    #expect(throws: WriteError(message)) { try SafetensorsWriter(tensors) }
  }
}
