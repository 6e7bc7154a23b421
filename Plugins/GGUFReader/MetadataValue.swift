import ModelReading

/// A value of the metadata, as far as something here asks for it.
enum MetadataValue: Equatable {
  case integer(Int)
  case number(Double)
  case text(String)
  /// One per block of the model, for example.
  case integers([Int])
  /// Vocabularies and templates: passed over.
  case other

  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }

  /// One number for all blocks, or one for each.
  var integers: [Int] {
    switch self {
    case .integer(let value): [value]
    case .integers(let values): values
    default: []
    }
  }

  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}

/// Reads the values of the metadata.
struct MetadataReader {
  let format: NumberFormat
  let limits: Limits

  /// Longer texts are templates, longer arrays vocabularies.
  private static let longestText = 1_024
  private static let longestArray = 4_096

  /// The type of a value, by its number in the file.
  private enum Kind: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, boolean, text, array, uint64, int64, float64

    /// Bytes that an element takes at least, in a file of this version.
    func minimumByteCount(_ version: UInt32) -> Int {
      switch self {
      case .uint8, .int8, .boolean: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      case .text: version == 1 ? 4 : 8
      case .array: version == 1 ? 8 : 12
      }
    }
  }

  /// The value at the cursor, with its type before it.
  /// - Throws: `.truncated`, `.malformed` for an unknown type, `.limitExceeded` above the limits.
  func value(_ reader: inout ByteReader) throws(ReadError) -> MetadataValue {
    try value(kind(&reader), &reader, depth: 0)
  }

  private func kind(_ reader: inout ByteReader) throws(ReadError) -> Kind {
    let start = reader.offset
    let number = try format.integer(UInt32.self, "type of a value", &reader)
    guard let kind = Kind(rawValue: number) else {
      throw reader.error(.malformed, "has a value of type \(number), the format defines 0 to 12", at: start)
    }
    return kind
  }

  private func value(_ kind: Kind, _ reader: inout ByteReader, depth: Int) throws(ReadError) -> MetadataValue {
    switch kind {
    case .uint8: try integer(UInt8.self, &reader)
    case .int8: try integer(Int8.self, &reader)
    case .uint16: try integer(UInt16.self, &reader)
    case .int16: try integer(Int16.self, &reader)
    case .uint32: try integer(UInt32.self, &reader)
    case .int32: try integer(Int32.self, &reader)
    case .uint64: try integer(UInt64.self, &reader)
    case .int64: try integer(Int64.self, &reader)
    case .boolean: try integer(UInt8.self, &reader)
    case .float32: .number(Double(Float(bitPattern: try format.integer(UInt32.self, "value", &reader))))
    case .float64: .number(Double(bitPattern: try format.integer(UInt64.self, "value", &reader)))
    case .text: try text(&reader)
    case .array: try array(&reader, depth: depth)
    }
  }

  private func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ reader: inout ByteReader
  ) throws(ReadError) -> MetadataValue {
    Int(exactly: try format.integer(T.self, "value", &reader)).map(MetadataValue.integer) ?? .other
  }

  private func text(_ reader: inout ByteReader) throws(ReadError) -> MetadataValue {
    let count = try format.length("text", limit: limits.maximumIndexBytes, &reader)
    guard count <= MetadataReader.longestText else {
      try reader.skip(count, "text")
      return .other
    }
    return .text(String(decoding: try reader.bytes(count, "text"), as: UTF8.self))
  }

  /// Passes over a value, of which a vocabulary has hundreds of thousands.
  private func pass(_ kind: Kind, _ reader: inout ByteReader, depth: Int) throws(ReadError) {
    guard kind == .text else {
      _ = try value(kind, &reader, depth: depth)
      return
    }
    try reader.skip(format.length("text", limit: limits.maximumIndexBytes, &reader), "text")
  }

  private func array(_ reader: inout ByteReader, depth: Int) throws(ReadError) -> MetadataValue {
    guard depth < limits.maximumNesting else {
      throw reader.error(.limitExceeded, "nests arrays more than \(limits.maximumNesting) deep")
    }
    let kind = try kind(&reader)
    let start = reader.offset
    let count = try format.count("array", &reader)
    let (needed, overflow) = count.multipliedReportingOverflow(by: kind.minimumByteCount(format.version))
    guard !overflow, needed <= reader.remaining else {
      throw reader.error(
        .truncated, "array has \(count) elements in the \(reader.remaining) bytes that remain", at: start,
        hint: "the download may be incomplete")
    }
    guard count <= MetadataReader.longestArray else {
      if kind != .text, kind != .array {
        try reader.skip(needed, "array")
      } else {
        for _ in 0..<count { try pass(kind, &reader, depth: depth + 1) }
      }
      return .other
    }
    var integers: [Int] = []
    for _ in 0..<count {
      if let integer = try value(kind, &reader, depth: depth + 1).integer { integers.append(integer) }
    }
    return integers.count == count ? .integers(integers) : .other
  }
}
