import ModelReading

/// Recognises operators that own weights, and names the axes of the weights.
struct OperatorWeights {
  let tracer: OriginTracer
  let node: ONNXNode
  let scope: Int

  /// - Returns: nothing if the operator has no weights, or its weights are computed from the model's inputs.
  func candidates() throws(ReadError) -> [LayerCandidate] {
    guard node.isStandard || node.isContributed else { return [] }
    switch node.operation {
    case "MoE" where node.isContributed: return try experts()
    case "QMoE": return try quantizedExperts()
    default:
      guard let candidate = try candidate() else { return [] }
      return candidate.directions ?? [candidate]
    }
  }

  private func candidate() throws(ReadError) -> LayerCandidate? {
    switch node.operation {
    case "Conv", "FusedConv": return try convolution(weight: 1, bias: 2)
    case "NhwcConv", "NhwcFusedConv": return try convolution(weight: 1, bias: 2, mayBeChannelsLast: true)
    case "DeformConv": return try convolution(weight: 1, bias: 3)
    case "ConvInteger": return try convolution(weight: 1, quantization: (nil, 3))
    case "QLinearConv": return try convolution(weight: 3, bias: 8, quantization: (4, 5))
    case "ConvTranspose": return try transposedConvolution(bias: 2)
    case "ConvTransposeWithDynamicPads": return try transposedConvolution(bias: 3)
    default: return try productOrOther()
    }
  }

  private func productOrOther() throws(ReadError) -> LayerCandidate? {
    switch node.operation {
    case "Gemm", "FusedGemm", "GemmFastGelu": return try product(0, 1, bias: 2)
    case "GemmFloat8": return try product(0, 1, bias: 2, quantization: constant(4) == nil ? nil : (4, nil))
    case "MatMul", "FusedMatMul", "FusedMatMulActivation", "TransposeMatMul": return try product(0, 1)
    case "QGemm": return try product(0, 3, bias: 6, quantization: (4, 5), left: (1, 2))
    case "MatMulInteger": return try product(0, 1, quantization: (nil, 3), left: (nil, 2))
    case "QLinearMatMul": return try product(0, 3, quantization: (4, 5), left: (1, 2))
    case "MatMulIntegerToFloat": return try product(0, 1, bias: 6, quantization: (3, 5), left: (2, 4))
    case "DynamicQuantizeMatMul": return try product(nil, 1, bias: 4, quantization: (2, 3))
    case "MatMulNBits": return try blockQuantizedProduct()
    case "MatMulBnb4": return try codebookProduct()
    case "Einsum": return try einsum()
    default: return try lookupOrOther()
    }
  }

  private func lookupOrOther() throws(ReadError) -> LayerCandidate? {
    switch node.operation {
    case "Gather": return try embedding(input: 0)
    case "GatherBlockQuantized": return try blockQuantizedEmbedding()
    case "EmbedLayerNormalization": return try embeddings()
    case "QEmbedLayerNormalization": return try embeddings(scale: 8, zeroPoint: 13)
    case "RNN": return try recurrent(.rnn)
    case "LSTM": return try recurrent(.lstm)
    case "GRU": return try recurrent(.gru)
    case "DynamicQuantizeLSTM": return try quantizedRecurrent()
    case "Attention" where node.isContributed: return try attention()
    case "PackedAttention": return try attention()
    case "LongformerAttention": return try attention(second: (4, "global"))
    case "DecoderAttention": return try attention(weight: 2, second: (3, "key_value"), bias: 4)
    case "QAttention": return try attention(quantization: (4, 7))
    default: return try normalization()
    }
  }

  var attributes: Scope { tracer.scopes[scope] }
  var limits: Limits { tracer.limits }

  func integer(_ name: String) -> Int? { attributes.integer(name, of: node) }

  /// The constant that is input `index`, if it is one.
  func constant(_ index: Int?) throws(ReadError) -> Origin? {
    guard let index, node.inputs.indices.contains(index) else { return nil }
    return try tracer.origin(of: node.inputs[index], in: scope)
  }

  /// The constant that is input `index`, in real numbers.
  /// - Parameters:
  ///   - quantization: the inputs that hold scale and zero point, for operators on whole numbers.
  ///   - axis: the axis that several scales run along.
  func weight(
    _ index: Int?, _ quantization: (scale: Int?, zeroPoint: Int?)? = nil, axis: Int = 0
  ) throws(ReadError) -> Origin? {
    guard let origin = try constant(index) else { return nil }
    guard let quantization else { return origin.isReal ? origin : nil }
    let parameters = Quantization(
      scale: try constant(quantization.scale)?.tensor, zeroPoint: try constant(quantization.zeroPoint)?.tensor,
      axis: axis)
    guard quantization.scale == nil || parameters.scale != nil,
      let tensor = try parameters.dequantized(origin.tensor, limits: limits)
    else { return nil }
    return origin.with(tensor)
  }

  /// A vector, or what broadcasts as one, that is added to the output.
  func bias(_ index: Int?) throws(ReadError) -> [LayerCandidate.Use] {
    guard let origin = try constant(index) else { return [] }
    return [LayerCandidate.Use(role: .bias, origin: origin)]
  }

  static func unitNote(_ quantization: (scale: Int?, zeroPoint: Int?)?) -> String? {
    guard let quantization, quantization.scale == nil else { return nil }
    return "whole numbers whose scale is applied elsewhere: the spectrum is right up to a factor"
  }
}
