import ModelReading

/// A scheme whose tensors are told by their names, and whose weights are not dequantised.
struct OpaqueScheme {
  let name: String
  /// Last components of the names of its tensors: those that it must have, the numbers first.
  private let required: [String]
  private let optional: [String]
  private let numbersFit: @Sendable (Tensor) -> Bool
  /// Whether the second of the required ones must be a single number.
  private let hasOneScale: Bool

  private init(
    _ name: String, _ required: [String], _ optional: [String] = [], hasOneScale: Bool = false,
    _ numbersFit: @escaping @Sendable (Tensor) -> Bool = { _ in true }
  ) {
    self.name = name
    self.required = required
    self.optional = optional
    self.hasOneScale = hasOneScale
    self.numbersFit = numbersFit
  }

  private static let all = [
    OpaqueScheme("HQQ", ["W_q", "scale", "zero"], ["shape"]),
    OpaqueScheme("AQLM", ["codes", "codebooks", "scales"]),
    OpaqueScheme(
      "VPTQ", ["indices", "centroids.weight"],
      [
        "res_indices", "res_centroids.weight", "outlier_indices", "outlier_centroids.weight", "perm", "weight_scale",
        "weight_bias",
      ]),
    OpaqueScheme("QuIP#", ["Qidxs", "SU", "SV"], ["Wscale", "codebook_id"]),
    OpaqueScheme("SpQR", ["dense_weights", "row_offsets", "col_vals"], ["in_perm"]),
    OpaqueScheme("EXL2", ["q_weight", "q_scale", "q_groups"], ["q_scale_max", "q_invperm", "q_perm"]),
    OpaqueScheme("EXL3", ["trellis"], ["suh", "svh", "su", "sv", "mcg", "mul1"]) { $0.rank >= 2 },
    OpaqueScheme("Quanto", ["weight._data", "weight._scale"], ["weight._shift"]),
    OpaqueScheme("torchao", ["_weight_qdata", "_weight_scale"], ["_weight_zero_point", "_weight_scale_and_zero"]),
    OpaqueScheme("Marlin", ["B", "s"], ["workspace"]) { $0.elementType == .int32 },
    OpaqueScheme("Marlin of 2:4 sparse weights", ["weight_packed", "scale_packed", "meta"]),
    OpaqueScheme("compressed-tensors as sparse weights", ["compressed", "bitmask"], ["shape", "row_offsets"]),
    OpaqueScheme("EETQ", ["weight", "weight_scales"]) { $0.elementType == .int8 },
    OpaqueScheme("HIGGS", ["weight", "tables", "tables2"], ["scales"]) { $0.elementType == .int16 },
    OpaqueScheme("AWQ for fast matrix-vector products", ["qweight", "qzeros", "scales"]) { $0.elementType == .int16 },
    OpaqueScheme("BitNet", ["weight", "weight_scale"], hasOneScale: true) { $0.elementType == .uint8 },
  ]

  /// The scheme of `tensor` and all its parts, if it holds the numbers of one.
  static func find(_ tensor: Tensor, _ names: QuantizedTensors) -> (name: String, parts: [Tensor])? {
    for scheme in all {
      guard let stem = tensor.stem(before: scheme.required[0]), stem.isEmpty || stem.last == UInt8(ascii: "."),
        scheme.numbersFit(tensor)
      else { continue }
      let parts = scheme.required.map { names(stem, $0) }
      guard !parts.contains(where: { $0 == nil }) else { continue }
      guard !scheme.hasOneScale || (parts[1]?.elementCount == 1 && names(stem, "weight_scale_2") == nil) else {
        continue
      }
      return (scheme.name, (parts + scheme.optional.map { names(stem, $0) }).compactMap(\.self))
    }
    return nil
  }
}
