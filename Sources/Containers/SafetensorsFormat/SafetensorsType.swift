public import ModelReading

/// An element type of the format.
public struct SafetensorsType: Sendable {
  /// As the header spells it.
  public let name: String
  /// Size of one element; a tensor as a whole fills whole bytes.
  public let bits: Int
  /// `nil` for the types below one byte: `F4` is decoded, and of the others it is not defined how they lie in bytes.
  public let elementType: ElementType?

  /// The type that the header calls `name`; upper and lower case matter.
  public static func named(_ name: String) -> SafetensorsType? {
    all.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// In the order in which the format's own writer puts tensors of different types.
  public static let all: [SafetensorsType] =
    [
      ("U64", .uint64), ("I64", .int64), ("F64", .float64), ("C64", .complex64), ("F32", .float32), ("U32", .uint32),
      ("I32", .int32), ("BF16", .bfloat16), ("F16", .float16), ("U16", .uint16), ("I16", .int16),
      ("F8_E5M2FNUZ", .float8e5m2fnuz), ("F8_E4M3FNUZ", .float8e4m3fnuz), ("F8_E8M0", .float8e8m0fnu),
      ("F8_E4M3", .float8e4m3fn), ("F8_E5M2", .float8e5m2), ("I8", .int8), ("U8", .uint8), ("BOOL", .bool),
    ].map { (name: String, type: ElementType) in
      SafetensorsType(name: name, bits: type.byteWidth * 8, elementType: type)
    } + [
      SafetensorsType(name: "F6_E3M2", bits: 6, elementType: nil),
      SafetensorsType(name: "F6_E2M3", bits: 6, elementType: nil),
      SafetensorsType(name: "F4", bits: 4, elementType: nil),
    ]
}
