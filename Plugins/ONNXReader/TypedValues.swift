import ModelReading

/// Values stored in a field of their own type, gathered when they are asked for.
struct TypedValues: Sendable {
  let source: ByteSource
  /// Messages to go through, in order: ranges of the file.
  let messages: [Range<Int>]
  let field: PayloadField
  /// Bytes that one number takes in the result: the low ones of what is stored.
  let byteWidth: Int
  /// Numbers expected.
  let count: Int

  /// The numbers, `byteWidth` bytes each, in little-endian order.
  /// - Throws: `.malformed` if there are more or fewer than expected.
  func bytes() throws(ReadError) -> [UInt8] {
    try source.checkUnchanged()
    var result: [UInt8] = []
    result.reserveCapacity(count * byteWidth)
    var cursor = WireCursor(source.bytes, file: source.label, baseOffset: source.baseOffset)
    for message in messages {
      cursor.move(to: message.lowerBound)
      while cursor.offset < message.upperBound {
        try readField(message.upperBound, &cursor, &result)
      }
    }
    guard result.count == count * byteWidth else {
      throw cursor.error(
        .malformed, "holds \(result.count / byteWidth) numbers, its shape needs \(count)",
        at: messages.first?.lowerBound)
    }
    return result
  }

  private func readField(
    _ end: Int, _ cursor: inout WireCursor, _ result: inout [UInt8]
  ) throws(ReadError) {
    let tag = try cursor.tag(before: end)
    guard tag.field == field.number, tag.wire == field.wire || tag.wire == .lengthDelimited else {
      return try cursor.skip(tag, before: end, maximumNesting: SkeletonWalker.maximumMessageNesting)
    }
    guard tag.wire == .lengthDelimited else { return try readNumber(tag, end, &cursor, &result) }
    let range = try cursor.contents(before: end, tag)
    guard field.wire == .varint else { return try readSegment(range, &cursor, &result) }
    while cursor.offset < range.upperBound {
      try readNumber(tag, range.upperBound, &cursor, &result)
    }
  }

  /// A packed segment of numbers that are stored as they are wanted.
  private func readSegment(
    _ range: Range<Int>, _ cursor: inout WireCursor, _ result: inout [UInt8]
  ) throws(ReadError) {
    guard range.count % byteWidth == 0, range.count <= count * byteWidth - result.count else {
      throw cursor.error(.malformed, "holds \(range.count) bytes more, its shape needs \(count) numbers in all")
    }
    result.append(contentsOf: cursor.copy(range))
    cursor.move(to: range.upperBound)
  }

  private func readNumber(
    _ tag: FieldTag, _ end: Int, _ cursor: inout WireCursor, _ result: inout [UInt8]
  ) throws(ReadError) {
    guard result.count < count * byteWidth else {
      throw cursor.error(.malformed, "holds more numbers than the \(count) its shape needs")
    }
    switch field.wire {
    case .varint:
      let value = try cursor.varint(before: end)
      for byte in 0..<byteWidth { result.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
    case .fixed32: try readFixed(4, tag, end, &cursor, &result)
    default: try readFixed(8, tag, end, &cursor, &result)
    }
  }

  private func readFixed(
    _ width: Int, _ tag: FieldTag, _ end: Int, _ cursor: inout WireCursor, _ result: inout [UInt8]
  ) throws(ReadError) {
    try cursor.advance(width, before: end, tag)
    result.append(contentsOf: cursor.copy(cursor.offset - width..<cursor.offset))
  }
}
