/// A cursor over bytes that never reads past their end and always knows where it is.
public struct ByteReader: ~Copyable, ~Escapable {
  private let bytes: RawSpan
  private let file: String
  /// Position of the first byte in `file`, in bytes: added to offsets in errors.
  private let baseOffset: Int
  /// Position of the next byte, relative to the start of the bytes.
  public private(set) var offset: Int

  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, file: String, baseOffset: Int = 0) {
    self.bytes = bytes
    self.file = file
    self.baseOffset = baseOffset
    offset = 0
  }

  public var remaining: Int { bytes.byteCount - offset }

  /// Moves to `offset`, anywhere from the start to the end of the bytes.
  public mutating func seek(to offset: Int, _ what: StaticString) throws(ReadError) {
    guard offset >= 0, offset <= bytes.byteCount else {
      throw error(.truncated, "\(what) lies at \(offset), the data end at \(bytes.byteCount)")
    }
    self.offset = offset
  }

  public mutating func skip(_ count: Int, _ what: StaticString) throws(ReadError) { _ = try take(count, what) }

  public mutating func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ what: StaticString
  ) throws(ReadError) -> T {
    let start = try take(MemoryLayout<T>.size, what)
    return T(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start, as: T.self))
  }

  public mutating func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ what: StaticString
  ) throws(ReadError) -> T {
    let start = try take(MemoryLayout<T>.size, what)
    return T(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start, as: T.self))
  }

  /// An unsigned length or count of `T`'s width, as an `Int`.
  /// - Throws: `.truncated`, or `.limitExceeded` when it does not fit in `Int`.
  public mutating func length<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _: T.Type, _ what: StaticString
  ) throws(ReadError) -> Int {
    let start = offset
    let value = try littleEndian(T.self, what)
    guard let length = Int(exactly: value) else {
      throw error(.limitExceeded, "\(what) is \(value), more than any file holds", at: start)
    }
    return length
  }

  /// The next `count` bytes.
  public mutating func bytes(_ count: Int, _ what: StaticString) throws(ReadError) -> [UInt8] {
    let start = try take(count, what)
    return bytes.extracting(start..<start + count).copy()
  }

  /// The next `count` bytes as text.
  /// - Throws: `.truncated`, or `.malformed` if they are not UTF-8.
  public mutating func utf8(_ count: Int, _ what: StaticString) throws(ReadError) -> String {
    let start = try take(count, what)
    guard let text = bytes.extracting(start..<start + count).utf8Text() else {
      throw error(.malformed, "\(what) is not UTF-8", at: start)
    }
    return text
  }

  /// The next byte without moving, or `nil` at the end.
  public var peek: UInt8? { bytes.byte(at: offset) }

  /// An error located at `position`, or at the cursor.
  public func error(
    _ code: ReadError.Code, _ message: String, at position: Int? = nil, hint: String? = nil
  ) -> ReadError {
    ReadError(code, message, file: file, offset: baseOffset + (position ?? offset), hint: hint)
  }

  private mutating func take(_ count: Int, _ what: StaticString) throws(ReadError) -> Int {
    guard count >= 0, count <= remaining else {
      throw error(
        .truncated, "\(what) needs \(count) bytes, \(remaining) remain", hint: "the download may be incomplete")
    }
    defer { offset += count }
    return offset
  }
}
