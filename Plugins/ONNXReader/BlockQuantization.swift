import ModelReading

/// The weight of `MatMulNBits`: rows of blocks, each block with a scale and a zero point of its own.
private struct BlockQuantization: Sendable {
  var rows: Int
  var columns: Int
  var bits: Int
  var blockSize: Int
  var codes: Tensor
  var scales: Tensor
  var zeroPoints: Tensor?

  var blocks: Int { columns / blockSize + (columns % blockSize == 0 ? 0 : 1) }
  var bytesPerBlock: Int { blockSize * bits / 8 }
  /// Bytes of one row of packed zero points.
  var zeroPointRow: Int { (blocks * bits + 7) / 8 }

  /// Whether the tensors have the sizes that the attributes call for.
  var isConsistent: Bool {
    guard [2, 4, 8].contains(bits), rows > 0, columns > 0, (16...65_536).contains(blockSize),
      blockSize * bits % 8 == 0, let count = Tensor.elementCount([rows, blocks, bytesPerBlock]),
      let scaleCount = Tensor.elementCount([rows, blocks]), let packed = Tensor.elementCount([rows, zeroPointRow])
    else { return false }
    let hasZeroPoints = zeroPoints.map { $0.elementCount == ($0.elementType == .uint8 ? packed : scaleCount) } ?? true
    return codes.elementType == .uint8 && codes.elementCount == count && scales.elementCount == scaleCount
      && hasZeroPoints
  }

  /// The real weights, row by row, as 32-bit floats.
  func bytes() throws(ReadError) -> [UInt8] {
    let codes = try self.codes.littleEndianBytes()
    let scales = try self.scales.values(as: Float.self)
    let zeros = try zeros()
    var result: [Float] = []
    result.reserveCapacity(rows * columns)
    for row in 0..<rows {
      for column in 0..<columns {
        let block = row * blocks + column / blockSize
        let code = code(codes, block * bytesPerBlock, column % blockSize)
        result.append((Float(code) - zeros[block]) * scales[block])
      }
    }
    return result.littleEndianBytes
  }

  /// Number `index` of those packed from byte `start` on, the lowest bits first.
  private func code(_ bytes: [UInt8], _ start: Int, _ index: Int) -> UInt8 {
    let bit = index * bits
    return bytes[start + bit / 8] >> UInt8(bit % 8) & UInt8(truncatingIfNeeded: 1 << bits - 1)
  }

  private func zeros() throws(ReadError) -> [Float] {
    guard let zeroPoints else { return [Float](repeating: Float(1 << (bits - 1)), count: rows * blocks) }
    guard zeroPoints.elementType == .uint8 else { return try zeroPoints.values(as: Float.self) }
    let packed = try zeroPoints.littleEndianBytes()
    return (0..<rows * blocks).map { Float(code(packed, $0 / blocks * zeroPointRow, $0 % blocks)) }
  }
}

extension OperatorWeights {
  /// `[output, input]`, dequantised when it is asked for. Weights packed for one processor are left alone.
  func blockQuantizedProduct() throws(ReadError) -> LayerCandidate? {
    guard attributes.integer("weight_prepacked", of: node) ?? 0 == 0, try constant(4) == nil,
      let codes = try constant(1), let scales = try constant(2), let rows = attributes.integer("N", of: node),
      let columns = attributes.integer("K", of: node), let blockSize = attributes.integer("block_size", of: node)
    else { return nil }
    let bits = attributes.integer("bits", of: node) ?? 4
    let weight = BlockQuantization(
      rows: rows, columns: columns, bits: bits, blockSize: blockSize, codes: codes.tensor, scales: scales.tensor,
      zeroPoints: try constant(3)?.tensor)
    guard (1...8).contains(bits), blockSize > 0, weight.isConsistent, !scales.tensor.elementType.isComplex,
      let count = Tensor.elementCount([rows, columns]), count <= tracer.limits.maximumDecodedBytes / 4
    else { return nil }
    let production = ProducedBytes(byteCount: count * 4, label: codes.tensor.storage.label) { () throws(ReadError) in
      try weight.bytes()
    }
    let tensor = try Tensor(
      name: codes.tensor.name, elementType: .float32, shape: [rows, columns], axes: [.output, .input],
      storage: .produced(production), limits: tracer.limits)
    let others = [(scales, Role.other("scales")), (try constant(3), Role.other("zero_points"))]
    let uses = others.compactMap { origin, role in origin.map { LayerCandidate.Use(role: role, origin: $0) } }
    return LayerCandidate(
      kind: .dense,
      uses: [LayerCandidate.Use(role: .kernel, origin: codes.with(tensor))] + uses + (try bias(5)),
      note: "dequantised from \(bits) bits")
  }
}
