import ModelReading

/// A weight for which several tensors of a file stand: packed numbers, scales, zero points.
protocol QuantizedWeight: Sendable {
  var shape: [Int] { get }
  /// What the axes are, as far as the scheme tells.
  var axes: [Axis] { get }
  /// The tensors it consists of, the packed numbers first.
  var parts: [Tensor] { get }
  /// What it was before, for a report: `GPTQ of 4 bits`.
  var origin: String { get }
  /// The elements in C order.
  func values() throws(ReadError) -> [Float]
}

extension QuantizedWeight {
  var axes: [Axis] { shape.map { _ in .other } }

  /// The weight as a tensor of float32, computed when it is loaded.
  /// - Throws: `.limitExceeded` if it takes more memory than allowed.
  func tensor(_ name: String, _ limits: Limits) throws(ReadError) -> Tensor {
    guard let count = Tensor.elementCount(shape), count <= limits.maximumDecodedBytes / 4 else {
      throw parts[0].error(.limitExceeded, "decodes to \(shape), the limit is \(limits.maximumDecodedBytes) bytes")
    }
    let bytes = ProducedBytes(byteCount: count * 4, label: parts[0].storage.label) { () throws(ReadError) in
      try values().littleEndianBytes
    }
    return try Tensor(
      name: name, elementType: .float32, shape: shape, axes: axes, storage: .produced(bytes), limits: limits)
  }
}

/// What a tensor turns out to be that looks like the numbers of a quantised weight.
enum Recognition {
  /// The weight `name`.
  case weight(String, any QuantizedWeight)
  /// Tensors that belong together and that no known scheme explains.
  case unknown([Tensor], reason: String)

  var parts: [Tensor] {
    switch self {
    case .weight(_, let weight): weight.parts
    case .unknown(let parts, _): parts
    }
  }
}

/// The tensors of a model by name, and what else is known about how they were quantised.
struct QuantizedTensors {
  let limits: Limits
  let hints: QuantizationHints
  /// Lengths of the vectors, and numbers of rows of the packed matrices.
  let extents: Set<Int>
  private let tensors: [ByteString: Tensor]

  /// Empty tensors are no part of anything: every extent of the others is bounded by the bytes of a file.
  init(_ all: [Tensor], _ limits: Limits, _ hints: QuantizationHints) {
    self.limits = limits
    self.hints = hints
    let tensors = all.filter { $0.elementCount > 0 }
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

  /// The tensor whose name is `stem` and `suffix`.
  func callAsFunction(_ stem: [UInt8], _ suffix: String) -> Tensor? { tensors[ByteString(stem + Array(suffix.utf8))] }
}

extension Tensor {
  func error(_ code: ReadError.Code, _ message: String) -> ReadError {
    ReadError(code, message, file: storage.label, subject: name)
  }

  /// The name without `suffix`, or `nil` if it ends otherwise.
  func stem(before suffix: String) -> [UInt8]? {
    let bytes = name.utf8
    guard bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { return nil }
    return Array(bytes.dropLast(suffix.utf8.count))
  }

  /// The same bytes as elements of another type of that size.
  func reinterpreted(as type: ElementType) -> Tensor {
    guard type.byteWidth == elementType.byteWidth else { return self }
    return (try? Tensor(name: name, elementType: type, shape: shape, axes: axes, storage: storage)) ?? self
  }
}
