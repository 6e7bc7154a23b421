import ModelReading

/// How a tensor's elements are stored, and what they become.
struct TensorElements {
  /// What the tensor says it holds.
  var name: String
  /// What its elements are decoded as.
  var type: ElementType
  /// Bits of one stored element, below 8 for the packed types.
  var bitWidth: Int
  /// The field that holds them when they are not raw.
  var field: PayloadField
  /// Elements in one number of that field: packed types put several in one.
  var perNumber: Int
  /// Numbers of that field in one element: two for complex types.
  var numbersPerElement: Int

  private init(
    _ name: String, _ type: ElementType, _ field: PayloadField, bits: Int? = nil, perNumber: Int = 1,
    numbersPerElement: Int = 1
  ) {
    self.name = name
    self.type = type
    self.field = field
    self.bitWidth = bits ?? 8 * type.byteWidth
    self.perNumber = perNumber
    self.numbersPerElement = numbersPerElement
  }

  /// - Parameter code: the format's number for the type; `nil` for text and for numbers that do not exist.
  init?(code: Int32) {
    switch code {
    case 1: self.init("float32", .float32, .floats)
    case 2: self.init("uint8", .uint8, .integers32)
    case 3: self.init("int8", .int8, .integers32)
    case 4: self.init("uint16", .uint16, .integers32)
    case 5: self.init("int16", .int16, .integers32)
    case 6: self.init("int32", .int32, .integers32)
    case 7: self.init("int64", .int64, .integers64)
    case 9: self.init("bool", .bool, .integers32)
    case 10: self.init("float16", .float16, .integers32)
    case 11: self.init("float64", .float64, .doubles)
    case 12: self.init("uint32", .uint32, .unsigned64)
    case 13: self.init("uint64", .uint64, .unsigned64)
    case 14: self.init("complex64", .complex64, .floats, numbersPerElement: 2)
    case 15: self.init("complex128", .complex128, .doubles, numbersPerElement: 2)
    case 16: self.init("bfloat16", .bfloat16, .integers32)
    case 17: self.init("float8e4m3fn", .float8e4m3fn, .integers32)
    case 18: self.init("float8e4m3fnuz", .float8e4m3fnuz, .integers32)
    case 19: self.init("float8e5m2", .float8e5m2, .integers32)
    case 20: self.init("float8e5m2fnuz", .float8e5m2fnuz, .integers32)
    case 21: self.init("uint4", .uint8, .integers32, bits: 4, perNumber: 2)
    case 22: self.init("int4", .int8, .integers32, bits: 4, perNumber: 2)
    // Every value of the 4-bit float is one of this 8-bit float.
    case 23: self.init("float4e2m1", .float8e4m3fn, .integers32, bits: 4, perNumber: 2)
    case 24: self.init("float8e8m0", .float8e8m0fnu, .integers32)
    case 25: self.init("uint2", .uint8, .integers32, bits: 2, perNumber: 4)
    case 26: self.init("int2", .int8, .integers32, bits: 2, perNumber: 4)
    default: return nil
    }
  }

  /// How a report spells a type that is not read.
  static func spelling(_ code: Int32) -> String {
    TensorElements(code: code)?.name ?? (code == 8 ? "string" : "type \(code)")
  }

  /// Whether elements share bytes.
  var isPacked: Bool { bitWidth < 8 }

  /// Bytes that `count` elements take when they are stored raw; `nil` on overflow.
  func rawByteCount(_ count: Int) -> Int? {
    let (bits, overflow) = count.multipliedReportingOverflow(by: bitWidth)
    return overflow || bits > Int.max - 7 ? nil : (bits + 7) / 8
  }

  /// Numbers of `field` that `count` elements take; `nil` on overflow.
  func numberCount(_ count: Int) -> Int? {
    let (numbers, overflow) = count.multipliedReportingOverflow(by: numbersPerElement)
    return overflow || numbers > Int.max - 3 ? nil : (numbers + perNumber - 1) / perNumber
  }
}
