import ModelReading

/// What the variables of a quantised Dense, EinsumDense or Embedding are, which files only number.
///
/// Each way of quantising has its own list, told apart by types and shapes:
/// a file without a configuration has nothing else.
enum QuantizedVariables {
  /// The names in order, or `nil` if the variables are not those of a quantised layer.
  static func names(_ variables: [WeightUnit.Variable], _ kerasClass: KerasClass?) -> [String]? {
    guard let first = variables.first?.array, variables.count >= 2 else { return nil }
    let arrays = variables.map(\.array)
    if kerasClass == .embedding { return first.elementType == .int8 ? embedding(arrays) : nil }
    if first.elementType == .int8 { return integers(arrays) }
    if let packed = arrays.prefix(2).firstIndex(where: { $0.elementType == .uint8 && $0.shape.count == 2 }) {
      return (packed == 1 ? ["bias"] : []) + calibrated(arrays.dropFirst(packed + 2))
    }
    return float8(arrays)
  }

  /// Eight bits: `kernel, [bias], kernel_scale`; four in groups: an offset and the groups of the inputs behind them.
  private static func integers(_ arrays: [StoredArray]) -> [String]? {
    let scaling = ["kernel_scale", "kernel_zero", "g_idx"]
    switch arrays.count {
    case 2: return ["kernel"] + scaling.prefix(1)
    case 3: return ["kernel", "bias"] + scaling.prefix(1)
    case 4: return ["kernel"] + scaling
    case 5: return ["kernel", "bias"] + scaling
    default: return nil
    }
  }

  /// GPTQ and AWQ, whose bias stands first; the latter has a scale per input besides.
  /// - Parameter rest: what stands behind the kernel and its scales. Keras 3.15 leaves the zero points out.
  private static func calibrated(_ rest: ArraySlice<StoredArray>) -> [String] {
    let zeros = rest.first?.elementType == .uint8 ? ["kernel_zero"] : []
    return ["kernel", "kernel_scale"] + zeros + (rest.count - zeros.count > 1 ? ["awq_scales"] : []) + ["g_idx"]
  }

  /// The kernel is as it was trained; scales for what is computed with it follow.
  private static func float8(_ arrays: [StoredArray]) -> [String]? {
    let names = ["inputs", "kernel", "outputs_grad"].flatMap { [$0 + "_scale", $0 + "_amax_history"] }
    guard arrays.count >= 7, arrays[arrays.count - 6].shape.isEmpty else { return nil }
    return ["kernel"] + (arrays.count == 8 ? ["bias"] : []) + names
  }

  /// A table; a ReversibleEmbedding that is not tied has the matrix of the way back behind it.
  private static func embedding(_ arrays: [StoredArray]) -> [String]? {
    let isGrouped = arrays[1].shape.count == 2
    let names = ["kernel", "kernel_scale"] + (isGrouped ? ["kernel_zero", "g_idx"] : [])
    let reverse = ["reverse_embeddings", "reverse_embeddings_scale", "reverse_embeddings_zero"]
    switch arrays.count - names.count {
    case 0: return names
    case 2, 3: return names + reverse.prefix(arrays.count - names.count)
    default: return nil
    }
  }
}
