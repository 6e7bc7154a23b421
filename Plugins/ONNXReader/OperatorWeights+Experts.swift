import ModelReading

// Mixtures of experts of ONNX Runtime: stacks of matrices, one per expert.

extension OperatorWeights {
  /// `MoE`: inputs 2, 4 and 6 are weights, each with its bias behind it.
  func experts() throws(ReadError) -> [LayerCandidate] {
    let weights = [try weight(2), try weight(4), try weight(6)]
    guard let first = weights[0], first.tensor.rank == 3, let second = weights[1], second.tensor.rank == 3 else {
      return []
    }
    let (isOutputFirst, note) = try expertOrder(first.tensor.shape, second.tensor.shape)
    var result: [LayerCandidate] = []
    for (index, origin) in weights.enumerated() {
      guard let origin, origin.tensor.rank == 3 else { continue }
      result.append(
        expertLayer(
          origin.labelled(isOutputFirst ? [.expert, .output, .input] : [.expert, .input, .output]), index,
          try bias(3 + 2 * index), note: note))
    }
    return result
  }

  /// `QMoE`: whole numbers of a few bits, a scale per output or per block of inputs.
  func quantizedExperts() throws(ReadError) -> [LayerCandidate] {
    guard ["int", nil].contains(attributes.attribute("quant_type", of: node)?.text),
      integer("weights_prepacked") ?? -1 <= 0
    else { return [] }
    var result: [LayerCandidate] = []
    for index in 0..<3 {
      guard let layer = try quantizedExpertLayer(index) else { continue }
      result.append(layer)
    }
    return result
  }

  private func quantizedExpertLayer(_ index: Int) throws(ReadError) -> LayerCandidate? {
    let bits = integer("expert_weight_bits") ?? 4
    let blockSize = integer("block_size") ?? 0
    guard let codes = try constant(2 + 3 * index), codes.tensor.rank == 3, let scales = try constant(3 + 3 * index),
      let numbers = try codes.tensor.unpacked(bits: bits, limits), blockSize >= 0
    else { return nil }
    let shape = Array(numbers.shape[..<2]) + [blockSize > 0 ? numbers.shape[2] / blockSize : 1]
    guard let scale = try scales.tensor.reshaped(shape, limits) else { return nil }
    var quantization = Quantization(
      scale: scale, axis: 2, blockSize: blockSize, defaultZeroPoint: Float(1 << (bits - 1)))
    let zeroPoints = try constant(11 + index)
    if let zeros = zeroPoints?.tensor {
      // Without blocks the zero points of one expert are packed as a row.
      let packed = blockSize > 0 ? shape : Array(shape[..<2])
      guard let unpacked = try unpackedZeroPoints(zeros, packed, bits)?.reshaped(shape, limits) else { return nil }
      quantization.zeroPoint = unpacked
    }
    guard let tensor = try quantization.dequantized(numbers, limits: limits) else { return nil }
    let isAssumed = integer("weights_prepacked") ?? -1 < 0
    var layer = expertLayer(
      codes.with(tensor.labelled([.expert, .output, .input])), index, try bias(4 + 3 * index),
      note: "dequantised from \(bits) bits"
        + (isAssumed ? ", taken to be in the order of the standard, as the file does not say" : ""))
    layer.uses += parts([(scales, "scales"), (zeroPoints, "zero_points")])
    return layer
  }

  private func expertLayer(
    _ origin: Origin, _ index: Int, _ bias: [LayerCandidate.Use], note: String?
  ) -> LayerCandidate {
    let constant = tracer.constants[origin.constant]
    return LayerCandidate(
      kind: .expertStack, uses: [LayerCandidate.Use(role: .kernel, origin: origin)] + bias, note: note,
      suffix: constant.isInline || LayerNaming.isAnonymous(constant.name) ? "fc\(index + 1)" : nil)
  }

  /// Whether the matrices are `[output, input]`, as they are today, or `[input, output]`, as they were.
  ///
  /// The second product takes what the first yields, or half of it where a gate is fused to it; where that
  /// leaves both, the length of the bias decides.
  private func expertOrder(
    _ first: [Int], _ second: [Int]
  ) throws(ReadError) -> (isOutputFirst: Bool, note: String?) {
    func yields(_ output: Int, _ input: Int) -> Bool { output == input || (output % 2 == 0 && output / 2 == input) }
    let today = second[1] == first[2] && yields(first[1], second[2])
    let before = second[2] == first[1] && yields(first[2], second[1])
    if today != before { return (today, nil) }
    if first[1] != first[2], let length = try bias(3).first?.origin.tensor.shape.last {
      if length == first[1] { return (true, nil) }
      if length == first[2] { return (false, nil) }
    }
    return (true, "which axis is the output cannot be told; the spectrum does not depend on it")
  }
}
