import ModelReading

extension Tensor {
  /// The whole numbers that lie several to a byte along the last axis, the first in the lowest bits.
  /// - Parameters:
  ///   - bits: 2, 4 or 8.
  ///   - count: numbers in a row; the rest of the last byte is padding. `nil` for all.
  /// - Returns: `nil` if these are no bytes, or too few for `count`.
  func unpacked(bits: Int, count: Int? = nil, _ limits: Limits) throws(ReadError) -> Tensor? {
    guard elementType == .uint8, [2, 4, 8].contains(bits), let bytesPerRow = shape.last else { return nil }
    let (perRow, overflow) = bytesPerRow.multipliedReportingOverflow(by: 8 / bits)
    guard !overflow, (0...perRow).contains(count ?? perRow) else { return nil }
    let shape = Array(self.shape.dropLast()) + [perRow]
    guard let total = Tensor.elementCount(shape), total <= limits.maximumDecodedBytes else { return nil }
    guard bits < 8 else { return sliced(axis: rank - 1, 0..<(count ?? perRow)) }
    let packed = self
    let production = ProducedBytes(byteCount: total, label: storage.label) { () throws(ReadError) -> [UInt8] in
      let bytes = try packed.littleEndianBytes()
      let mask = UInt8(1 << bits - 1)
      return bytes.flatMap { byte in stride(from: 0, to: 8, by: bits).map { byte >> UInt8($0) & mask } }
    }
    let codes = try Tensor(
      name: name, elementType: .uint8, shape: shape, storage: .produced(production), limits: limits)
    return codes.sliced(axis: rank - 1, 0..<(count ?? perRow))
  }
}
