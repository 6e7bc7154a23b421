import ModelReading

/// Replaces quantised weights by what they stand for.
///
/// A quantised weight is several tensors: packed numbers, scales, zero points.
/// Analysed as they are they would give the spectrum of something else. Here each group becomes one
/// tensor `<layer>.weight` of float32 in `[output, input]` order, computed when it is loaded.
struct Dequantization {
  /// All tensors, a dequantised one at the place of the packed numbers.
  private(set) var tensors: [Tensor] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// For the name of each dequantised weight: what it is made of, and a sentence that says so.
  private var origins: [ByteString: (parts: [Tensor], note: String)] = [:]

  init(_ all: [Tensor], _ limits: Limits) {
    let group = QuantizedGroup.Names(all, limits)
    var used = Set<ByteString>()
    for tensor in all {
      guard let quantized = QuantizedGroup(tensor, group) else { continue }
      used.formUnion(quantized.parts.map { ByteString($0.name) })
    }
    for tensor in all {
      if let quantized = QuantizedGroup(tensor, group) {
        replace(quantized, limits)
      } else if !used.contains(ByteString(tensor.name)) {
        tensors.append(tensor)
      }
    }
  }

  /// Adds the parts to the layers, so that every tensor of the file is accounted for.
  func describe(_ layers: inout [Layer]) {
    guard !origins.isEmpty else { return }
    for index in layers.indices {
      for parameter in layers[index].parameters {
        guard let origin = origins[ByteString(parameter.tensor.name)] else { continue }
        layers[index].note = [layers[index].note, origin.note].compactMap { $0 }.joined(separator: "; ")
        layers[index].parameters += origin.parts.filter { $0.name != parameter.tensor.name }.map {
          Parameter(.other(lastComponent($0.name)), $0)
        }
      }
    }
  }

  private mutating func replace(_ group: QuantizedGroup, _ limits: Limits) {
    do throws(ReadError) {
      let weight = try group.dequantized(limits)
      tensors.append(weight)
      origins[ByteString(weight.name)] = (group.parts, group.note)
    } catch {
      diagnostics += group.parts.map { Diagnostic(.unsupportedTensor, $0.name, "\(error.message)", hint: error.hint) }
    }
  }

  private func lastComponent(_ name: String) -> String {
    name.utf8.split(separator: UInt8(ascii: ".")).last.map { String(Substring($0)) } ?? name
  }
}

/// The tensors that make up one quantised weight, and the scheme that says how.
struct QuantizedGroup {
  enum Scheme {
    /// Small numbers times a scale per block; `divisor` is what the scale has too much.
    case scaled(by: Tensor, divisor: Float)
    /// Packed along the inputs.
    case gptq(PackedWeight)
    /// Packed along the outputs, in an order of its own.
    case awq(PackedWeight)
    /// Packed along the inputs, with an offset per group.
    case affine(AffineWeight)
    /// Positions in a table.
    case blockwise(BlockwiseWeight)
    /// Looks quantised, and its shapes fit none of the above.
    case unknown(String)
  }

  /// Tensors by name.
  struct Names {
    let limits: Limits
    /// Lengths of the vectors, and numbers of rows of the packed matrices.
    let extents: Set<Int>
    private let tensors: [ByteString: Tensor]

    init(_ tensors: [Tensor], _ limits: Limits) {
      self.limits = limits
      extents = Set(
        tensors.compactMap { tensor in
          switch tensor.rank {
          case 1: tensor.shape[0]
          case 2, 3: tensor.elementType == .uint32 ? tensor.shape[tensor.rank - 2] : nil
          default: nil
          }
        })
      self.tensors = Dictionary(tensors.map { (ByteString($0.name), $0) }) { first, _ in first }
    }

    func tensor(_ prefix: [UInt8], _ suffix: String) -> Tensor? { tensors[ByteString(prefix + Array(suffix.utf8))] }
  }

  let prefix: [UInt8]
  let scheme: Scheme
  /// The packed numbers first.
  let parts: [Tensor]

  /// `nil` if the tensor does not hold the numbers of a quantised weight.
  init?(_ tensor: Tensor, _ names: Names) {
    let name = Array(tensor.name.utf8)
    if name.hasSuffix("qweight"), tensor.elementType == .int32 || tensor.elementType == .uint32 {
      let prefix = Array(name.dropLast(7))
      guard let zeros = names.tensor(prefix, "qzeros"), let scales = names.tensor(prefix, "scales"),
        names.tensor(prefix, "weight") == nil
      else { return nil }
      let groups = names.tensor(prefix, "g_idx")
      self.prefix = prefix
      parts = [tensor, zeros, scales] + (groups.map { [$0] } ?? [])
      scheme = QuantizedGroup.packedScheme(tensor, zeros, scales, groups)
      return
    }
    guard name.hasSuffix("weight") else { return nil }
    let prefix = Array(name.dropLast(6))
    if let (scheme, parts) = QuantizedGroup.tableOrAffine(tensor, prefix, names) {
      self.prefix = prefix
      self.scheme = scheme
      self.parts = parts
      return
    }
    guard let (scale, divisor) = QuantizedGroup.scale(of: tensor, prefix, names) else { return nil }
    self.prefix = prefix
    parts = [tensor, scale]
    scheme = .scaled(by: scale, divisor: divisor)
  }

  /// The scale that belongs to eight-bit numbers; both spellings of it are multiplied.
  private static func scale(of tensor: Tensor, _ prefix: [UInt8], _ names: Names) -> (Tensor, Float)? {
    if tensor.elementType.isFloatingPoint, tensor.elementType.byteWidth == 1 {
      let scale = names.tensor(prefix, "weight_scale_inv") ?? names.tensor(prefix, "weight_scale")
      return scale.map { ($0, 1) }
    }
    guard tensor.elementType == .int8 else { return nil }
    if let scale = names.tensor(prefix, "SCB") { return (scale, 127) }
    guard names.tensor(prefix, "weight_zero_point") == nil else { return nil }
    return names.tensor(prefix, "weight_scale").map { ($0, 1) }
  }

  /// Four-bit weights of bitsandbytes and packed ones of MLX.
  private static func tableOrAffine(_ tensor: Tensor, _ prefix: [UInt8], _ names: Names) -> (Scheme, [Tensor])? {
    let table = BlockwiseWeight(tensor, names.limits) { names.tensor(prefix, "weight" + $0) }
    if let table { return (.blockwise(table), table.parts) }
    guard tensor.elementType == .uint32, let scales = names.tensor(prefix, "scales"),
      let offsets = names.tensor(prefix, "biases")
    else { return nil }
    let parts = [tensor, scales, offsets]
    guard let affine = AffineWeight(tensor, scales, offsets, extents: names.extents) else {
      let shapes = "scales \(scales.shape) and biases \(offsets.shape)"
      return (.unknown("is a packed weight \(tensor.shape) with \(shapes), shapes of no known scheme"), parts)
    }
    return (.affine(affine), parts)
  }

  private static func packedScheme(
    _ weight: Tensor, _ zeros: Tensor, _ scales: Tensor, _ groups: Tensor?
  ) -> Scheme {
    guard let packed = PackedWeight(weight, zeros, scales, groups) else {
      return .unknown(
        "is a packed weight \(weight.shape) with scales \(scales.shape) and zero points \(zeros.shape), "
          + "shapes of no known scheme")
    }
    return packed.isPackedAlongOutputs ? .awq(packed) : .gptq(packed)
  }

  /// What a report says about a layer of this weight.
  var note: String {
    switch scheme {
    case .scaled: "dequantised from \(parts[0].elementType.rawValue) with \(parts[1].shape) scales"
    case .gptq(let packed): "dequantised from GPTQ of \(packed.bits) bits"
    case .awq(let packed): "dequantised from AWQ of \(packed.bits) bits"
    case .affine(let packed):
      "dequantised from MLX, taken to be of \(packed.bits) bits in groups of \(packed.groupSize)"
    case .blockwise: "dequantised from bitsandbytes of 4 bits"
    case .unknown: ""
    }
  }

  /// The weight itself, computed when it is loaded.
  /// - Throws: `.unsupported` for shapes that the scheme cannot have, `.limitExceeded` above the limit.
  func dequantized(_ limits: Limits) throws(ReadError) -> Tensor {
    let name = String(decoding: prefix, as: UTF8.self) + "weight"
    switch scheme {
    case .unknown(let reason): throw parts[0].error(.unsupported, reason)
    case .gptq(let packed), .awq(let packed):
      return try produced(name, [packed.outputs, packed.inputs], limits) { () throws(ReadError) in
        try packed.values()
      }
    case .affine(let packed):
      return try produced(name, packed.shape, limits) { () throws(ReadError) in try packed.values() }
    case .blockwise(let packed):
      return try produced(name, packed.shape, limits) { () throws(ReadError) in try packed.values() }
    case .scaled(let scale, let divisor):
      let weight = parts[0]
      guard let blocks = ScaleBlocks(weight.shape, scale.shape) else {
        throw weight.error(.unsupported, "is quantised \(weight.shape) with scales \(scale.shape), which do not fit")
      }
      return try produced(name, weight.shape, limits) { () throws(ReadError) in
        try blocks.values(of: weight, scale, divisor)
      }
    }
  }

  private func produced(
    _ name: String, _ shape: [Int], _ limits: Limits,
    _ values: @escaping @Sendable () throws(ReadError) -> [Float]
  ) throws(ReadError) -> Tensor {
    guard let count = Tensor.elementCount(shape), count <= limits.maximumDecodedBytes / 4 else {
      throw parts[0].error(.limitExceeded, "decodes to \(shape), the limit is \(limits.maximumDecodedBytes) bytes")
    }
    let bytes = ProducedBytes(byteCount: count * 4, label: parts[0].storage.label) { () throws(ReadError) in
      try values().littleEndianBytes
    }
    return try Tensor(name: name, elementType: .float32, shape: shape, storage: .produced(bytes), limits: limits)
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ suffix: String) -> Bool { self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}

extension Tensor {
  func error(_ code: ReadError.Code, _ message: String) -> ReadError {
    ReadError(code, message, file: storage.label, subject: name)
  }
}
