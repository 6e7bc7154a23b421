import ModelReading

extension TensorElements {
  /// Packed elements, one per byte: the first lies in the lowest bits of the first byte.
  /// - Parameter count: elements to unpack; `bytes` holds at least as many.
  func unpacked(_ bytes: [UInt8], count: Int) -> [UInt8] {
    let perByte = 8 / bitWidth
    let mask = UInt8(1 << bitWidth - 1)
    var result = [UInt8](repeating: 0, count: count)
    for index in 0..<count {
      let code = bytes[index / perByte] >> UInt8(index % perByte * bitWidth) & mask
      result[index] = widened(code)
    }
    return result
  }

  /// The byte of `type` that stands for a code of a few bits.
  private func widened(_ code: UInt8) -> UInt8 {
    switch type {
    case .int8:
      let sign = UInt8(1 << (bitWidth - 1))
      return (code ^ sign) &- sign
    case .float8e4m3fn:
      // 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives, as 1-4-3 floats.
      let magnitudes: [UInt8] = [0x00, 0x30, 0x38, 0x3C, 0x40, 0x44, 0x48, 0x4C]
      return magnitudes[Int(code & 7)] | (code & 8) << 4
    default: return code
    }
  }
}
