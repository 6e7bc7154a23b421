import ModelReading
import StrictJSON

/// Four-bit positions in a table of sixteen values, with a scale per block: bitsandbytes.
///
/// Two positions share a byte, the first in its upper half. The scales may be quantised in their turn, by
/// eight-bit positions in a table of 256, with a scale per block of their own and one offset.
struct BlockwiseWeight: QuantizedWeight {
  /// Of the weight, outputs before inputs.
  let shape: [Int]
  /// All tensors that it consists of, the positions first.
  let parts: [Tensor]
  private let codes: Tensor
  private let table: Tensor
  private let scales: Scales

  var axes: [Axis] { [.output, .input] }
  var origin: String { "bitsandbytes of 4 bits" }

  static func recognise(_ codes: Tensor, _ names: QuantizedTensors) -> Recognition? {
    guard let stem = codes.stem(before: "weight"),
      let weight = BlockwiseWeight(codes, names.limits, { names(stem, "weight" + $0) })
    else { return nil }
    return .weight(codes.name, weight)
  }

  /// `nil` if the tensors that belong to `codes` are missing, or contradict what their description says.
  /// - Parameter sibling: a tensor by what its name has after that of `codes`.
  private init?(_ codes: Tensor, _ limits: Limits, _ sibling: (String) -> Tensor?) {
    guard codes.elementType == .uint8, let table = sibling(".quant_map"), let absmax = sibling(".absmax"),
      let state = sibling(".quant_state.bitsandbytes__nf4") ?? sibling(".quant_state.bitsandbytes__fp4"),
      let description = BlockwiseWeight.description(state, limits)
    else { return nil }
    let extents = description["shape"]?.elements.compactMap(\.int) ?? []
    guard extents.count == 2, extents.allSatisfy({ $0 > 0 }), let count = Tensor.elementCount(extents),
      codes.elementCount == count / 2 + count % 2, BlockwiseWeight.isTable(table, of: 16),
      let size = description["blocksize"]?.int,
      let scales = Scales(absmax, count: count, per: size, description, sibling)
    else { return nil }
    shape = extents
    parts = [codes, state, table] + scales.parts
    self.codes = codes
    self.table = table
    self.scales = scales
  }

  /// The weight in C order.
  func values() throws(ReadError) -> [Float] {
    let bytes = try codes.load().source.copy()
    let table = try table.values(as: Float.self)
    let scales = try scales.values()
    let count = shape[0] * shape[1]
    var result: [Float] = []
    result.reserveCapacity(count)
    for (block, scale) in scales.enumerated() {
      for position in block * self.scales.blockSize..<min((block + 1) * self.scales.blockSize, count) {
        let byte = bytes[position >> 1]
        result.append(table[Int(position & 1 == 0 ? byte >> 4 : byte & 0xF)] * scale)
      }
    }
    return result
  }

  /// A JSON text in a tensor of bytes.
  private static func description(_ state: Tensor, _ limits: Limits) -> JSON? {
    guard state.elementType == .uint8, case .bytes(let source) = state.storage else { return nil }
    return try? JSON.parse(source, limits: limits)
  }

  fileprivate static func isTable(_ tensor: Tensor, of count: Int) -> Bool {
    tensor.elementType.isFloatingPoint && tensor.elementCount == count
  }
}

/// One scale per block, as it is or quantised in its turn.
private struct Scales {
  let blockSize: Int
  private let stored: Tensor
  private let nested: Nested?

  private struct Nested {
    var scales: Tensor
    var table: Tensor
    var blockSize: Int
    var offset: Float
  }

  var parts: [Tensor] { [stored] + (nested.map { [$0.scales, $0.table] } ?? []) }

  init?(_ stored: Tensor, count: Int, per blockSize: Int, _ description: JSON, _ sibling: (String) -> Tensor?) {
    guard blockSize > 0, stored.elementCount == Scales.blocks(count, blockSize) else { return nil }
    self.stored = stored
    self.blockSize = blockSize
    guard stored.elementType == .uint8 else {
      guard stored.elementType.isFloatingPoint else { return nil }
      nested = nil
      return
    }
    guard let scales = sibling(".nested_absmax"), let table = sibling(".nested_quant_map"),
      BlockwiseWeight.isTable(table, of: 256), scales.elementType.isFloatingPoint,
      let size = description["nested_blocksize"]?.int, size > 0,
      scales.elementCount == Scales.blocks(stored.elementCount, size), let offset = description["nested_offset"]?.double
    else { return nil }
    nested = Nested(scales: scales, table: table, blockSize: size, offset: Float(offset))
  }

  func values() throws(ReadError) -> [Float] {
    guard let nested else { return try stored.values(as: Float.self) }
    let codes = try stored.littleEndianBytes()
    let table = try nested.table.values(as: Float.self)
    let scales = try nested.scales.values(as: Float.self)
    return codes.indices.map { table[Int(codes[$0])] * scales[$0 / nested.blockSize] + nested.offset }
  }

  private static func blocks(_ count: Int, _ size: Int) -> Int { count / size + (count % size == 0 ? 0 : 1) }
}
