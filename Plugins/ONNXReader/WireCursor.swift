import ModelReading

/// How a field's value is laid out in protobuf's wire format.
enum WireType: UInt8 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case groupStart = 3
  case groupEnd = 4
  case fixed32 = 5
}

/// The key that stands before every value: which field it is, and how it is laid out.
struct FieldTag: Equatable {
  var field: Int
  var wire: WireType
}

/// Reads protobuf's wire format without ever leaving its bytes.
///
/// Every offset is 64-bit, so messages of any size are read; every reading
/// call is given the end of the message it belongs to and stays before it.
struct WireCursor: ~Copyable, ~Escapable {
  private let bytes: RawSpan
  private let file: String
  private let baseOffset: Int
  /// Position of the next byte, from the start of the bytes.
  private(set) var offset = 0

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, file: String, baseOffset: Int) {
    self.bytes = bytes
    self.file = file
    self.baseOffset = baseOffset
  }

  var byteCount: Int { bytes.byteCount }

  /// Moves to `position`, which lies inside the bytes.
  mutating func move(to position: Int) {
    precondition(position >= 0 && position <= bytes.byteCount, "a position within the bytes")
    offset = position
  }

  /// A base-128 number of at most ten bytes; bits beyond the 64th are dropped, as protobuf does.
  mutating func varint(before end: Int) throws(ReadError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for index in 0..<10 {
      guard offset < end, let byte = bytes.byte(at: offset) else {
        throw error(.truncated, "a number goes on at the end of its message", at: start, hint: WireCursor.incomplete)
      }
      offset += 1
      value |= UInt64(byte & 0x7F) << UInt64(7 * index)
      if byte & 0x80 == 0 { return value }
    }
    throw error(.malformed, "a number has more than 10 bytes", at: start)
  }

  mutating func tag(before end: Int) throws(ReadError) -> FieldTag {
    let start = offset
    let key = try varint(before: end)
    guard key <= UInt64(UInt32.max), key >> 3 > 0 else {
      throw error(.malformed, "field number \(key >> 3) does not exist", at: start)
    }
    guard let wire = WireType(rawValue: UInt8(key & 7)) else {
      throw error(.malformed, "field \(key >> 3) has the unknown wire type \(key & 7)", at: start)
    }
    return FieldTag(field: Int(key >> 3), wire: wire)
  }

  /// Where the contents of a length-delimited value lie; the cursor stays at their start.
  mutating func contents(before end: Int, _ tag: FieldTag) throws(ReadError) -> Range<Int> {
    let start = offset
    let length = try varint(before: end)
    guard length <= UInt64(end - offset) else {
      throw error(
        .truncated, "field \(tag.field) needs \(length) bytes, \(end - offset) remain", at: start,
        hint: WireCursor.incomplete)
    }
    return offset..<offset + Int(length)
  }

  mutating func advance(_ count: Int, before end: Int, _ tag: FieldTag) throws(ReadError) {
    guard count <= end - offset else {
      throw error(
        .truncated, "field \(tag.field) needs \(count) bytes, \(end - offset) remain", hint: WireCursor.incomplete)
    }
    offset += count
  }

  /// Passes over a value, groups and all.
  mutating func skip(_ tag: FieldTag, before end: Int, maximumNesting: Int) throws(ReadError) {
    var groups: [Int] = []
    var current = tag
    while true {
      switch current.wire {
      case .varint: _ = try varint(before: end)
      case .fixed64: try advance(8, before: end, current)
      case .fixed32: try advance(4, before: end, current)
      case .lengthDelimited: move(to: try contents(before: end, current).upperBound)
      case .groupStart:
        guard groups.count < maximumNesting else {
          throw error(.limitExceeded, "groups nest deeper than \(maximumNesting) levels")
        }
        groups.append(current.field)
      case .groupEnd:
        guard groups.popLast() == current.field else {
          throw error(.malformed, "field \(current.field) ends a group that has not begun")
        }
      }
      if groups.isEmpty { return }
      current = try self.tag(before: end)
    }
  }

  /// A copy of some of the bytes.
  func copy(_ range: Range<Int>) -> [UInt8] { bytes.extracting(range).copy() }

  func error(_ code: ReadError.Code, _ message: String, at position: Int? = nil, hint: String? = nil) -> ReadError {
    ReadError(code, message, file: file, offset: baseOffset + (position ?? offset), hint: hint)
  }

  private static let incomplete = "the download may be incomplete"
}

extension [UInt8] {
  /// Appends a base-128 number.
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func appendTag(_ field: Int, _ wire: WireType) {
    appendVarint(UInt64(field) << 3 | UInt64(wire.rawValue))
  }

  /// Appends a length-delimited field.
  mutating func appendField(_ field: Int, _ contents: [UInt8]) {
    appendTag(field, .lengthDelimited)
    appendVarint(UInt64(contents.count))
    append(contentsOf: contents)
  }
}
