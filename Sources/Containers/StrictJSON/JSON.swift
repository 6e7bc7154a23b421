public import ModelReading

/// A value of a JSON text that has been read as RFC 8259 has it, and no more.
///
/// The whole text is checked when it is parsed: values are then places in it,
/// cheap to copy, and decoded when they are asked for. Strings are compared as
/// bytes. Numbers keep their digits, so that 2 is an integer and 2.0 is not.
public struct JSON: Sendable {
  public enum Kind: String, Sendable {
    case null, bool, number, string, array, object
  }

  /// What is accepted beyond the standard.
  public struct Leniency: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// A key may occur twice in an object; looking it up gives the last value, `members` all of them.
    public static let duplicateKeys = Leniency(rawValue: 1)
    /// `NaN`, `Infinity` and `-Infinity` are numbers, as Python writes them.
    public static let nonFiniteNumbers = Leniency(rawValue: 2)
  }

  let document: Document
  let index: Int

  /// Reads a whole JSON text.
  ///
  /// - Parameter leniency: what to accept beyond the standard.
  /// - Throws: `.malformed` for anything that is not strict JSON: trailing commas, a byte order mark, lone
  ///   surrogates, duplicate keys, bytes after the value; `.truncated` if it ends inside a value;
  ///   `.limitExceeded` above the limits on size and nesting. Offsets are those of the source.
  public static func parse(
    _ source: ByteSource, limits: Limits, allowing leniency: Leniency = []
  ) throws(ReadError) -> JSON {
    JSON(document: try Document.parse(source, limits, leniency), index: 0)
  }

  private var node: Node { document.nodes[index] }

  public var kind: Kind { node.kind }

  /// Position of the value's first byte, relative to the source it was parsed from.
  public var offset: Int { node.kind == .string ? Int(node.start) - 1 : Int(node.start) }

  public var isNull: Bool { kind == .null }

  /// `nil` unless this is `true` or `false`.
  public var bool: Bool? { kind == .bool ? document.source.bytes.byte(at: Int(node.start)) == UInt8(ascii: "t") : nil }

  /// The number, if it is written as an integer and fits; `2.0` and `2e0` are none.
  public var int: Int? { kind == .number ? Int(numberText) : nil }

  /// The number rounded to the nearest `Double`.
  public var double: Double? { kind == .number ? Double(numberText) : nil }

  /// The number as it is written.
  public var numberText: String { kind == .number ? String(decoding: rawBytes, as: UTF8.self) : "" }

  /// The text of a string.
  public var string: String? { bytes.map { String(decoding: $0.bytes, as: UTF8.self) } }

  /// The UTF-8 bytes of a string, escapes decoded.
  public var bytes: ByteString? { kind == .string ? ByteString(document.stringBytes(index)) : nil }

  /// Number of elements of an array or members of an object; 0 for anything else.
  public var count: Int { kind == .array || kind == .object ? Int(node.length) : 0 }

  /// The elements of an array; empty for anything else.
  public var elements: [JSON] {
    guard kind == .array else { return [] }
    var child = index + 1
    return (0..<count).map { _ in
      defer { child = Int(document.nodes[child].end) }
      return JSON(document: document, index: child)
    }
  }

  /// The members of an object in the order of the text; empty for anything else.
  public var members: [(key: ByteString, value: JSON)] {
    guard kind == .object else { return [] }
    var child = index + 1
    return (0..<count).map { _ in
      defer { child = Int(document.nodes[child + 1].end) }
      return (ByteString(document.stringBytes(child)), JSON(document: document, index: child + 1))
    }
  }

  /// The member of an object with this key. Takes time proportional to their number: to read
  /// a large object, go through `members`.
  public subscript(key: ByteString) -> JSON? {
    guard kind == .object else { return nil }
    var found: JSON?
    var child = index + 1
    for _ in 0..<count {
      if document.string(child, equals: key.bytes) { found = JSON(document: document, index: child + 1) }
      child = Int(document.nodes[child + 1].end)
    }
    return found
  }

  /// The member of an object with this key, compared as bytes.
  public subscript(key: String) -> JSON? { self[ByteString(key)] }

  /// An error about this value, located at its first byte.
  public func error(_ code: ReadError.Code, _ message: String, hint: String? = nil) -> ReadError {
    document.source.error(code, message, at: offset, hint: hint)
  }

  private var rawBytes: [UInt8] { document.raw(index) }
}
