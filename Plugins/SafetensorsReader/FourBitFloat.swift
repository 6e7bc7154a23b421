import ModelReading

/// Four-bit floats: a sign, two bits of exponent, one of mantissa; neither infinities nor NaN.
enum FourBitFloat {
  /// The values of all patterns.
  private static let values: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]

  /// Two from each byte, the first from its lower half.
  static func decode(_ source: ByteSource) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(source.byteCount * 2)
    for byte in source.copy() {
      result.append(values[Int(byte & 0xF)])
      result.append(values[Int(byte >> 4)])
    }
    return result
  }

  /// A tensor of `shape` elements as float32, decoded when it is loaded.
  static func tensor(
    _ name: String, _ shape: [Int], _ bytes: ByteSource, _ limits: Limits
  ) throws(ReadError) -> Tensor {
    // Every byte is there, so eight times as many can be counted.
    let byteCount = bytes.byteCount * 8
    guard byteCount <= limits.maximumDecodedBytes else {
      throw bytes.error(
        .limitExceeded, "decodes to \(byteCount) bytes, the limit is \(limits.maximumDecodedBytes)", subject: name)
    }
    let produced = ProducedBytes(byteCount: byteCount, label: bytes.label) { () throws(ReadError) in
      try bytes.checkUnchanged()
      return decode(bytes).littleEndianBytes
    }
    return try Tensor(name: name, elementType: .float32, shape: shape, storage: .produced(produced), limits: limits)
  }
}

extension Tensor {
  /// Whether the elements are decoded from bits below a byte.
  var isDecoded: Bool {
    if case .produced = storage { true } else { false }
  }
}
