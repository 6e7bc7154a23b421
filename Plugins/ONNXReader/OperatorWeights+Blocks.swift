import ModelReading

// Operators of ONNX Runtime whose weights are whole numbers of a few bits, in
// blocks with a scale and a zero point each.

extension OperatorWeights {
  /// `[output, input]` of `MatMulNBits`: rows of blocks, dequantised when they are asked for.
  func blockQuantizedProduct() throws(ReadError) -> LayerCandidate? {
    guard integer("weight_prepacked") ?? 0 == 0, let codes = try constant(1), let scales = try constant(2),
      let rows = integer("N"), let columns = integer("K"), let blockSize = integer("block_size"), rows > 0, columns > 0,
      (16...65_536).contains(blockSize)
    else { return nil }
    let bits = integer("bits") ?? 4
    let blocks = columns / blockSize + (columns % blockSize == 0 ? 0 : 1)
    let (padded, overflow) = blocks.multipliedReportingOverflow(by: blockSize)
    guard !overflow, let numbers = try codes.tensor.unpacked(bits: bits, limits),
      let grid = try numbers.reshaped([rows, padded], limits)?.sliced(axis: 1, 0..<columns),
      let scale = try scales.tensor.reshaped([rows, blocks], limits)
    else { return nil }
    let zeroPoints = try constant(3)
    var quantization = Quantization(
      scale: scale, axis: 1, blockSize: blockSize, defaultZeroPoint: Float(1 << (bits - 1)),
      columnGroups: try constant(4)?.tensor)
    if let zeros = zeroPoints?.tensor {
      guard let zeros = try unpackedZeroPoints(zeros, [rows, blocks], bits) else { return nil }
      quantization.zeroPoint = zeros
    }
    guard let tensor = try quantization.dequantized(grid, limits: limits) else { return nil }
    return dense(
      codes.with(tensor.labelled([.output, .input])), [(scales, "scales"), (zeroPoints, "zero_points")],
      bias: try bias(5),
      bits)
  }

  /// `[output, input]` of `MatMulBnb4`: blocks of a flat row of codes, the first in the high bits of its byte.
  func codebookProduct() throws(ReadError) -> LayerCandidate? {
    guard let codes = try constant(1), let scales = try constant(2), let rows = integer("N"),
      let columns = integer("K"),
      let blockSize = integer("block_size"), let table = Codebook(rawValue: integer("quant_type") ?? 1),
      rows > 0, columns > 0, blockSize > 0, codes.tensor.elementType == .uint8, !scales.tensor.elementType.isComplex,
      let count = Tensor.elementCount([rows, columns]), count <= limits.maximumDecodedBytes / 4,
      codes.tensor.elementCount == count / 2 + count % 2,
      scales.tensor.elementCount == count / blockSize + (count % blockSize == 0 ? 0 : 1)
    else { return nil }
    let (packed, scale) = (codes.tensor, scales.tensor)
    let production = ProducedBytes(byteCount: count * 4, label: packed.storage.label) { () throws(ReadError) in
      let bytes = try packed.littleEndianBytes()
      let scales = try scale.values(as: Float.self)
      return (0..<count).map { table.values[Int(bytes[$0 / 2] >> ($0 % 2 == 0 ? 4 : 0) & 15)] * scales[$0 / blockSize] }
        .littleEndianBytes
    }
    let tensor = try Tensor(
      name: packed.name, elementType: .float32, shape: [rows, columns], axes: [.output, .input],
      storage: .produced(production), limits: limits)
    return dense(codes.with(tensor), [(scales, "absmax")], bias: [], 4)
  }

  /// `GatherBlockQuantized`: a table, its rows in blocks.
  func blockQuantizedEmbedding() throws(ReadError) -> LayerCandidate? {
    guard let codes = try constant(0), codes.tensor.rank == 2, try constant(1) == nil, let scales = try constant(2),
      let gatherAxis = normalized(integer("gather_axis") ?? 0, 2)
    else { return nil }
    let bits = integer("bits") ?? 4
    let isPacked = tracer.constants[codes.constant].dataType == 2
    guard let numbers = isPacked ? try codes.tensor.unpacked(bits: bits, limits) : codes.tensor else { return nil }
    var quantization = Quantization(
      scale: scales.tensor, axis: integer("quantize_axis") ?? 1, blockSize: integer("block_size") ?? 128,
      defaultZeroPoint: isPacked ? Float(1 << (bits - 1)) : 0)
    let zeroPoints = try constant(3)
    if let zeros = zeroPoints?.tensor {
      guard let zeros = isPacked ? try unpackedZeroPoints(zeros, scales.tensor.shape, bits) : zeros else { return nil }
      quantization.zeroPoint = zeros
    }
    guard let tensor = try quantization.dequantized(numbers, limits: limits) else { return nil }
    let uses = parts([(scales, "scales"), (zeroPoints, "zero_points")])
    return LayerCandidate(
      kind: .embedding,
      uses: [
        LayerCandidate.Use(
          role: .kernel,
          origin: codes.with(tensor.labelled(gatherAxis == 0 ? [.vocabulary, .input] : [.input, .vocabulary])))
      ] + uses, note: isPacked ? "dequantised from \(bits) bits" : "dequantised")
  }

  /// Zero points in `shape`: bytes that hold several of a row each, or numbers of the scales' own type.
  func unpackedZeroPoints(_ zeros: Tensor, _ shape: [Int], _ bits: Int) throws(ReadError) -> Tensor? {
    guard zeros.elementType == .uint8, let columns = shape.last else { return try zeros.reshaped(shape, limits) }
    let (used, overflow) = columns.multipliedReportingOverflow(by: bits)
    guard !overflow, used <= Int.max - 7 else { return nil }
    return try zeros.reshaped(shape.dropLast() + [(used + 7) / 8], limits)?.unpacked(bits: bits, count: columns, limits)
  }

  private func dense(
    _ kernel: Origin, _ others: [(Origin?, String)], bias: [LayerCandidate.Use], _ bits: Int
  ) -> LayerCandidate {
    LayerCandidate(
      kind: .dense, uses: [LayerCandidate.Use(role: .kernel, origin: kernel)] + parts(others) + bias,
      note: "dequantised from \(bits) bits")
  }

  /// The stored tensors that a dequantised weight is made of, beside its codes.
  func parts(_ origins: [(Origin?, String)]) -> [LayerCandidate.Use] {
    origins.compactMap { origin, name in origin.map { LayerCandidate.Use(role: .part(name), origin: $0) } }
  }
}

/// The sixteen values of bitsandbytes' 4-bit types, by the number that `quant_type` gives them.
private enum Codebook: Int {
  /// Sign, two bits of exponent, one of mantissa, scaled to at most 1.
  case float = 0
  /// Quantiles of the normal distribution.
  case normal = 1

  var values: [Float] {
    switch self {
    case .float:
      [
        0, 5.208333333e-03, 0.66666667, 1, 0.33333333, 0.5, 0.16666667, 0.25,
        -0.0, -5.208333333e-03, -0.66666667, -1, -0.33333333, -0.5, -0.16666667, -0.25,
      ]
    case .normal:
      [
        -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
        -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
      ]
    }
  }
}
