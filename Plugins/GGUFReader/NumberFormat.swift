import ModelReading

/// How a file writes its numbers: version 1 has counts of 32 bits, later ones of 64; either order of bytes.
struct NumberFormat {
  let version: UInt32
  let order: ByteOrder

  func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ what: StaticString, _ reader: inout ByteReader
  ) throws(ReadError) -> T {
    switch order {
    case .little: try reader.littleEndian(T.self, what)
    case .big: try reader.bigEndian(T.self, what)
    }
  }

  /// A count, a length or an extent.
  /// - Throws: `.truncated`, or `.limitExceeded` if it does not fit in `Int`.
  func count(_ what: StaticString, _ reader: inout ByteReader) throws(ReadError) -> Int {
    if version == 1 { return Int(try integer(UInt32.self, what, &reader)) }
    return try position(what, &reader)
  }

  /// A number of 64 bits in every version.
  /// - Throws: as `count`.
  func position(_ what: StaticString, _ reader: inout ByteReader) throws(ReadError) -> Int {
    let start = reader.offset
    let value = try integer(UInt64.self, what, &reader)
    guard let position = Int(exactly: value) else {
      throw reader.error(.limitExceeded, "\(what) is \(value), more than any file holds", at: start)
    }
    return position
  }

  /// The length of a text that follows, checked against a limit and the bytes that remain.
  func length(_ what: StaticString, limit: Int, _ reader: inout ByteReader) throws(ReadError) -> Int {
    let start = reader.offset
    let length = try count(what, &reader)
    guard length <= limit else {
      throw reader.error(.limitExceeded, "\(what) has \(length) bytes, the limit is \(limit)", at: start)
    }
    return length
  }

  func text(_ what: StaticString, limit: Int, _ reader: inout ByteReader) throws(ReadError) -> String {
    try reader.utf8(length(what, limit: limit, &reader), what)
  }
}
