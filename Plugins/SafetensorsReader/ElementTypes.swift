import ModelReading

/// An element type of the format.
struct SafetensorsType {
  /// As the header spells it.
  let name: String
  /// Size of one element; a tensor as a whole fills whole bytes.
  let bits: Int
  /// `nil` for the types below one byte: `F4` is decoded, and of the others it is not defined how they lie in bytes.
  let elementType: ElementType?

  /// The type that the header calls `name`; upper and lower case matter.
  static func named(_ name: String) -> SafetensorsType? { all.first { $0.name.utf8.elementsEqual(name.utf8) } }

  static let all: [SafetensorsType] =
    [
      SafetensorsType(name: "F4", bits: 4, elementType: nil),
      SafetensorsType(name: "F6_E2M3", bits: 6, elementType: nil),
      SafetensorsType(name: "F6_E3M2", bits: 6, elementType: nil),
    ]
    + [
      ("F32", .float32), ("F16", .float16), ("BF16", .bfloat16), ("F64", .float64), ("I64", .int64), ("I32", .int32),
      ("U8", .uint8), ("I8", .int8), ("BOOL", .bool), ("I16", .int16), ("U16", .uint16), ("U32", .uint32),
      ("U64", .uint64), ("C64", .complex64), ("F8_E5M2", .float8e5m2), ("F8_E4M3", .float8e4m3fn),
      ("F8_E8M0", .float8e8m0fnu), ("F8_E4M3FNUZ", .float8e4m3fnuz), ("F8_E5M2FNUZ", .float8e5m2fnuz),
    ].map { (name: String, type: ElementType) in
      SafetensorsType(name: name, bits: type.byteWidth * 8, elementType: type)
    }
}
