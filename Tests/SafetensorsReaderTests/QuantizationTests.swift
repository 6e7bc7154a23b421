import ModelReading
import SafetensorsReader
import TestSupport
import Testing

/// Numbers of a few bits, lowest bits first, one stream per column of a matrix.
private func packedDown(_ matrix: [[Int]], bits: Int) -> [UInt32] {
  let columns = matrix[0].count
  let rows = matrix.count * bits / 32
  var result = [UInt32](repeating: 0, count: rows * columns)
  for (row, numbers) in matrix.enumerated() {
    for (column, number) in numbers.enumerated() {
      for bit in 0..<bits where number >> bit & 1 == 1 {
        let place = row * bits + bit
        result[place / 32 * columns + column] |= 1 << UInt32(place % 32)
      }
    }
  }
  return result
}

private func transposed(_ matrix: [[Int]]) -> [[Int]] {
  matrix[0].indices.map { column in matrix.map { $0[column] } }
}

private func packedAcross(_ matrix: [[Int]], bits: Int) -> [UInt32] {
  let packed = packedDown(transposed(matrix), bits: bits)
  let columns = packed.count / matrix.count
  return matrix.indices.flatMap { row in (0..<columns).map { packed[$0 * matrix.count + row] } }
}

@Suite("Quantised weights")
struct QuantizationTests {
  private func layer(_ bytes: [UInt8]) throws -> Layer {
    let graph = try open(bytes)
    #expect(graph.diagnostics.allSatisfy { $0.code == .inferred }, "\(graph.diagnostics)")
    #expect(graph.layers.count == 1)
    return try #require(graph.layers.first)
  }

  private func values(_ layer: Layer) throws -> [Float] {
    let kernel = try #require(layer.parameters.first?.tensor)
    #expect(kernel.name == "fc.weight" && kernel.elementType == .float32)
    #expect(kernel.axes == [.output, .input])
    return try kernel.values(as: Float.self)
  }

  /// 1, 2, 4, 8 in float8 e4m3.
  private static let powers: [UInt8] = [0x38, 0x40, 0x48, 0x50]

  @Test(
    arguments: [
      ([], [3], [3, 6, 12, 24]), ([1], [3], [3, 6, 12, 24]), ([2], [1, 10], [1, 2, 40, 80]),
      ([2, 1], [1, 10], [1, 2, 40, 80]), ([1, 2], [1, 10], [1, 20, 4, 80]), ([2, 2], [1, 2, 3, 4], [1, 4, 12, 32]),
    ] as [([Int], [Float], [Float])])
  func float8(shape: [Int], scales: [Float], expected: [Float]) throws {
    for suffix in ["weight_scale", "weight_scale_inv"] {
      let layer = try layer(
        file([
          ("fc.weight", "F8_E4M3", [2, 2], Self.powers), ("fc.\(suffix)", "F32", shape, floats(scales)),
        ]))
      #expect(try values(layer) == expected)
      #expect(layer.parameters.map(\.role) == [.kernel, .part(suffix)])
      #expect(layer.note?.contains("dequantised from float8e4m3fn") == true)
    }
  }

  @Test func blocksAtTheEdgeAreSmaller() throws {
    let layer = try layer(
      file([
        ("fc.weight", "F8_E4M3", [192, 2], [UInt8](repeating: 0x38, count: 384)),
        ("fc.weight_scale_inv", "F32", [2, 1], floats([1, 10])),
      ]))
    let values = try values(layer)
    #expect(values[..<256].allSatisfy { $0 == 1 })
    #expect(values[256...].allSatisfy { $0 == 10 })
  }

  @Test func eightBitIntegers() throws {
    let layer = try layer(
      file([("fc.weight", "I8", [2, 2], [127, 0, 129, 127]), ("fc.SCB", "F32", [2], floats([2, 4]))]))
    #expect(try values(layer) == [2, 0, -4, 4])
  }

  @Test(arguments: [2, 3, 4, 8]) func gptq(bits: Int) throws {
    let limit = 1 << bits
    let numbers: [[Int]] = (0..<32).map { input in (0..<32).map { output in (input * 7 + output * 3) % limit } }
    let zeros: [[Int]] = (0..<2).map { group in (0..<32).map { output in (output + group) % limit } }
    let scales: [[Float]] = [[Float](repeating: 0.5, count: 32), [Float](repeating: 2, count: 32)]
    let groups = (0..<32).map { $0 % 2 }
    let layer = try layer(
      file([
        ("fc.qweight", "I32", [bits, 32], words(packedDown(numbers, bits: bits))),
        ("fc.qzeros", "I32", [2, bits], words(packedAcross(zeros, bits: bits))),
        ("fc.scales", "F32", [2, 32], floats(scales.flatMap { $0 })),
        ("fc.g_idx", "I32", [32], words(groups.map(UInt32.init))),
      ]))
    var expected: [Float] = []
    for output in 0..<32 {
      for input in 0..<32 {
        let group = groups[input]
        // One more than stored; the largest number stands for zero.
        let zero = (zeros[group][output] + 1) % limit
        expected.append(Float(numbers[input][output] - zero) * scales[group][output])
      }
    }
    #expect(try values(layer) == expected)
    #expect(layer.note == "dequantised from GPTQ of \(bits) bits")
    #expect(layer.parameters.dropFirst().map(\.role.label) == ["qweight", "qzeros", "scales", "g_idx"])
  }

  @Test func awq() throws {
    let order = [0, 2, 4, 6, 1, 3, 5, 7]
    func packed(_ row: [Int]) -> UInt32 {
      var word: UInt32 = 0
      for (nibble, column) in order.enumerated() { word |= UInt32(row[column]) << UInt32(nibble * 4) }
      return word
    }
    let numbers: [[Int]] = (0..<4).map { input in (0..<8).map { column in (input * 5 + column) % 16 } }
    let zeros = [Array(0..<8), Array(8..<16)]
    let layer = try layer(
      file([
        ("fc.qweight", "I32", [4, 1], words(numbers.map(packed))),
        ("fc.qzeros", "I32", [2, 1], words(zeros.map(packed))),
        ("fc.scales", "F32", [2, 8], floats((0..<16).map { Float($0 + 1) })),
      ]))
    var expected: [Float] = []
    for output in 0..<8 {
      for input in 0..<4 {
        let scale = Float(input / 2 * 8 + output + 1)
        expected.append(Float(numbers[input][output] - zeros[input / 2][output]) * scale)
      }
    }
    #expect(try values(layer) == expected)
  }

  /// AWQ has its inputs grouped in order, whatever an index says: three groups cannot share eight inputs.
  @Test(arguments: [[], [("fc.g_idx", "I32", [8], words([0, 0, 0, 1, 1, 1, 2, 2]))]])
  func awqOfUnequalGroups(_ index: [(String, String, [Int], [UInt8])]) throws {
    let graph = try open(
      file(
        [
          ("fc.qweight", "I32", [8, 1], words([UInt32](repeating: 0, count: 8))),
          ("fc.qzeros", "I32", [3, 1], words([0, 0, 0])),
          ("fc.scales", "F32", [3, 8], floats([Float](repeating: 1, count: 24))),
        ] + index))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.filter { $0.code == .unsupportedTensor }.count == 3 + index.count)
    #expect(graph.diagnostics.first?.message.hasSuffix("shapes of no known scheme") == true)
  }

  @Test(arguments: [(3, 64), (4, 64), (8, 64), (6, 32), (4, 128)])
  func mlx(bits: Int, groupSize: Int) throws {
    let inputs = 2 * groupSize
    let numbers = (0..<3).map { row in (0..<inputs).map { ($0 * 5 + row) % (1 << bits) } }
    let scales: [Float] = (0..<6).map { Float($0 + 1) / 4 }
    let offsets: [Float] = (0..<6).map { Float($0) - 2 }
    let graph = try open(
      file([
        ("fc.weight", "U32", [3, inputs * bits / 32], words(packedAcross(numbers, bits: bits))),
        ("fc.scales", "F32", [3, 2], floats(scales)), ("fc.biases", "F32", [3, 2], floats(offsets)),
        ("norm.weight", "F32", [inputs], floats([Float](repeating: 1, count: inputs))),
      ]))
    let layer = try #require(graph.layers.first { $0.name == "fc" })
    let expected = (0..<3).flatMap { row in
      (0..<inputs).map { input in
        let group = row * 2 + input / groupSize
        return Float(numbers[row][input]) * scales[group] + offsets[group]
      }
    }
    #expect(try values(layer) == expected)
    #expect(layer.note == "dequantised from MLX, taken to be of \(bits) bits in groups of \(groupSize)")
    #expect(
      layer.parameters.map(\.role) == [.kernel, .part("scales"), .part("biases")])
    #expect(layer.parameters[0].tensor.shape == [3, inputs])
  }

  private func bitsAndBytes(
    _ description: String, absmax: (String, [UInt8]) = ("F32", floats([2, 10])),
    more: [(name: String, type: String, shape: [Int], bytes: [UInt8])] = []
  ) -> [UInt8] {
    let state = Array(description.utf8)
    return file(
      [
        ("fc.weight", "U8", [3, 1], [0x01, 0x2F, 0xE3]), ("fc.weight.absmax", absmax.0, [2], absmax.1),
        ("fc.weight.quant_map", "F32", [16], floats((0..<16).map { Float($0) - 8 })),
        ("fc.weight.quant_state.bitsandbytes__nf4", "U8", [state.count], state),
      ] + more)
  }

  @Test func fourBitsOfBitsAndBytes() throws {
    let layer = try layer(bitsAndBytes(#"{"quant_type": "nf4", "blocksize": 4, "shape": [2, 3]}"#))
    #expect(try values(layer) == [-16, -14, -12, 14, 60, -50])
    #expect(layer.note == "dequantised from bitsandbytes of 4 bits")
    #expect(
      layer.parameters.map(\.role.label) == ["kernel", "bitsandbytes__nf4", "quant_map", "absmax"])
  }

  @Test func nestedScalesOfBitsAndBytes() throws {
    let layer = try layer(
      bitsAndBytes(
        #"{"blocksize": 4, "shape": [2, 3], "nested_blocksize": 1, "nested_offset": 0.5}"#, absmax: ("U8", [3, 255]),
        more: [
          ("fc.weight.nested_absmax", "F32", [2], floats([2, 0.5])),
          ("fc.weight.nested_quant_map", "F32", [256], floats((0..<256).map(Float.init))),
        ]))
    #expect(try values(layer) == [-52, -45.5, -39, 45.5, 768, -640])
  }

  /// A description that the tensors contradict makes no weight, and no trap.
  @Test(arguments: [
    #"{"blocksize": 4, "shape": [2, 4]}"#, #"{"blocksize": 0, "shape": [2, 3]}"#, #"{"blocksize": 3, "shape": [6]}"#,
    #"{"blocksize": 1, "shape": [2, 3]}"#, #"{"blocksize": 4, "shape": [4611686018427387904, 4]}"#, "{", "",
    #"{"blocksize": -4, "shape": [-2, -3]}"#,
  ])
  func contradictionsOfBitsAndBytes(_ description: String) throws {
    let graph = try open(bitsAndBytes(description))
    #expect(graph.layers.allSatisfy { layer in !layer.parameters.contains(where: \.isWeight) })
    #expect(graph.diagnostics.contains { $0.subject == "fc.weight" })
  }

  @Test func groupOutsideTheScales() throws {
    let layer = try layer(
      file([
        ("fc.qweight", "I32", [1, 8], words([UInt32](repeating: 0, count: 8))),
        ("fc.qzeros", "I32", [1, 1], words([0])),
        ("fc.scales", "F32", [1, 8], floats([Float](repeating: 1, count: 8))),
        ("fc.g_idx", "I32", [8], words([0, 0, 0, 0, 0, 0, 0, 9])),
      ]))
    let error = try #require(throws: ReadError.self) { try layer.parameters[0].tensor.load() }
    #expect(error.code == .malformed)
    #expect(error.message == "assigns an input to a group outside 0..<1")
  }

  @Test func shapesOfNoSchemeAreReported() throws {
    let graph = try open(
      file([
        ("fc.qweight", "I32", [3, 5], words([UInt32](repeating: 0, count: 15))),
        ("fc.qzeros", "I32", [1, 1], words([0])),
        ("fc.scales", "F32", [1, 8], floats([Float](repeating: 1, count: 8))),
      ]))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.filter { $0.code == .unsupportedTensor }.count == 3)
  }

  @Test func scalesThatDoNotFitAreReported() throws {
    let graph = try open(
      file([
        ("fc.weight", "F8_E4M3", [2, 2], Self.powers), ("fc.weight_scale", "F32", [3], floats([1, 2, 3])),
      ]))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.contains { $0.subject == "fc.weight" && $0.code == .unsupportedTensor })
  }

  @Test func float8WithoutScalesStaysAsItIs() throws {
    let layer = try layer(file([("fc.weight", "F8_E4M3", [2, 2], Self.powers)]))
    #expect(layer.parameters[0].tensor.elementType == .float8e4m3fn)
    #expect(layer.note == nil)
  }
}
