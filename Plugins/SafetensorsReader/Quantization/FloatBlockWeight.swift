import ModelReading

/// Small floats with a scale per group of inputs, and perhaps one for the whole weight: MXFP4, NVFP4, MXFP8.
///
/// | | elements | group | scales |
/// |---|---|---|---|
/// | MXFP4 | four bits, two per byte, the first in its lower half | 32 | powers of two |
/// | NVFP4 | the same | 16 | float8 E4M3, and one float32 for all |
/// | MXFP8 | float8 E4M3 | 32 | powers of two |
///
/// | written by | elements | scales | for all |
/// |---|---|---|---|
/// | compressed-tensors | `weight_packed` | `weight_scale` | `weight_global_scale`, divides |
/// | ModelOpt, Quark | `weight` | `weight_scale` | `weight_scale_2`, multiplies |
/// | DeepSeek | `weight` | `scale` | |
/// | gpt-oss | `…_blocks` `[expert, output, group, 16]` | `…_scales` | |
/// | MLX | `weight`, in 32-bit words | `scales` | |
struct FloatBlockWeight: QuantizedWeight {
  let shape: [Int]
  let parts: [Tensor]
  let origin: String
  private let elements: Tensor
  private let isFourBit: Bool
  private let scales: Tensor
  private let factor: OverallScale?

  var axes: [Axis] { Array([.expert, .output, .input].suffix(shape.count)) }

  static func recognise(_ tensor: Tensor, _ names: QuantizedTensors) -> Recognition? {
    switch tensor.elementType {
    case .uint8, .int8: recogniseBytes(tensor, names)
    case .uint32: recogniseWords(tensor, names)
    default: nil
    }
  }

  private static func recogniseBytes(_ tensor: Tensor, _ names: QuantizedTensors) -> Recognition? {
    if let stem = tensor.stem(before: "weight_packed"), let scales = names(stem, "weight_scale") {
      let factor = names(stem, "weight_global_scale").map { OverallScale(tensor: $0, divides: true) }
      return recognition(stem, "weight", tensor, scales, factor, names)
    }
    if let stem = tensor.stem(before: "weight") {
      if let scales = names(stem, "scale"), scales.elementType == .float8e8m0fnu {
        return recognition(stem, "weight", tensor, scales, nil, names)
      }
      guard tensor.elementType == .uint8, let scales = names(stem, "weight_scale") else { return nil }
      let factor = names(stem, "weight_scale_2").map { OverallScale(tensor: $0, divides: false) }
      return recognition(stem, "weight", tensor, scales, factor, names)
    }
    if let stem = tensor.stem(before: "_blocks"), tensor.rank >= 3, let scales = names(stem, "_scales") {
      return recognition(stem, "", tensor, scales, nil, names)
    }
    return nil
  }

  /// Words with scales, and without the offsets that integers would have.
  private static func recogniseWords(_ tensor: Tensor, _ names: QuantizedTensors) -> Recognition? {
    guard let stem = tensor.stem(before: "weight"), let scales = names(stem, "scales"), scales.elementType == .uint8,
      names(stem, "biases") == nil
    else { return nil }
    return recognition(stem, "weight", tensor, scales, nil, names)
  }

  private static func recognition(
    _ stem: [UInt8], _ suffix: String, _ elements: Tensor, _ scales: Tensor, _ factor: OverallScale?,
    _ names: QuantizedTensors
  ) -> Recognition? {
    let name = String(decoding: stem, as: UTF8.self) + suffix
    guard elements.name == name || names(stem, suffix) == nil else { return nil }
    if let weight = FloatBlockWeight(elements, scales, factor) { return .weight(name, weight) }
    return .unknown(
      [elements, scales] + [factor?.tensor].compactMap(\.self),
      reason: "is a packed weight \(elements.shape) with scales \(scales.shape) of \(scales.elementType.rawValue), "
        + "shapes of no known scheme")
  }

  /// `nil` if the shapes contradict each other.
  private init?(_ elements: Tensor, _ scales: Tensor, _ factor: OverallScale?) {
    guard factor?.isOneNumber ?? true, elements.rank >= 2 else { return nil }
    // A byte count times two fits: the bytes are those of a file.
    let byteCount = elements.elementCount * elements.elementType.byteWidth
    guard byteCount % scales.elementCount == 0 else { return nil }
    let isWords = elements.elementType == .uint32
    let scale: ElementType
    switch (byteCount / scales.elementCount, scales.elementType) {
    case (16, .uint8), (16, .float8e8m0fnu): (isFourBit, scale, origin) = (true, .float8e8m0fnu, "MXFP4")
    case (8, .float8e4m3fn): (isFourBit, scale, origin) = (true, .float8e4m3fn, "NVFP4")
    case (8, .uint8) where isWords: (isFourBit, scale, origin) = (true, .float8e4m3fn, "NVFP4")
    case (32, .uint8) where isWords: (isFourBit, scale, origin) = (false, .float8e8m0fnu, "MXFP8")
    default: return nil
    }
    let outer = Array(scales.shape.dropLast())
    guard let groups = scales.shape.last, (1...2).contains(outer.count), elements.shape.starts(with: outer),
      elements.rank == scales.rank || elements.shape.dropFirst(outer.count).first == groups,
      elements.rank <= scales.rank + 1
    else { return nil }
    let groupSize = byteCount * (isFourBit ? 2 : 1) / scales.elementCount
    shape = outer + [groups * groupSize]
    parts = [elements, scales] + [factor?.tensor].compactMap(\.self)
    self.elements = elements
    self.scales = scales.reinterpreted(as: scale)
    self.factor = factor
  }

  func values() throws(ReadError) -> [Float] {
    var values =
      isFourBit
      ? FourBitFloat.decode(try elements.load().source)
      : try Tensor(name: elements.name, elementType: .float8e4m3fn, shape: shape, storage: elements.storage)
        .values(as: Float.self)
    let scales = try scales.scales(and: factor)
    let groupSize = values.count / scales.count
    for (group, scale) in scales.enumerated() {
      for position in group * groupSize..<(group + 1) * groupSize { values[position] *= scale }
    }
    return values
  }
}

/// One scale for a whole weight, beside those of its groups.
struct OverallScale {
  var tensor: Tensor
  var divides: Bool

  var isOneNumber: Bool { tensor.elementCount == 1 && tensor.elementType.isFloatingPoint }
}

extension Tensor {
  /// The scales of the groups, that of the whole weight included.
  func scales(and overall: OverallScale?) throws(ReadError) -> [Float] {
    let scales = try values(as: Float.self)
    guard let overall, let value = try overall.tensor.values(as: Float.self).first else { return scales }
    return scales.map { overall.divides ? $0 / value : $0 * value }
  }
}
