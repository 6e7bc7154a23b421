public import ModelReading

extension NPYHeader {
  /// The bytes before the elements of a little-endian array in C order, version 1.0; `nil` for types that numpy lacks.
  public static func bytes(elementType: ElementType, shape: [Int]) -> [UInt8]? {
    guard let descr = spelling(elementType) else { return nil }
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(extents)), }"
    // The elements begin at a multiple of 64, a newline before them.
    let total = (10 + text.utf8.count + 1 + 63) / 64 * 64
    let length = total - 10
    guard length <= Int(UInt16.max) else { return nil }
    let spaces = [UInt8](repeating: UInt8(ascii: " "), count: length - text.utf8.count - 1)
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    return start + Array(text.utf8) + spaces + [UInt8(ascii: "\n")]
  }

  private static func spelling(_ type: ElementType) -> String? {
    switch type {
    case .bool: "|b1"
    case .int8: "|i1"
    case .uint8: "|u1"
    case .int16: "<i2"
    case .uint16: "<u2"
    case .int32: "<i4"
    case .uint32: "<u4"
    case .int64: "<i8"
    case .uint64: "<u8"
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    case .complex64: "<c8"
    case .complex128: "<c16"
    case .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0fnu: nil
    }
  }
}
