/// A name compared byte by byte.
///
/// `String` equality is canonical equivalence, which makes "é" composed and
/// decomposed one key, and two tensors one. Dictionaries of names from files
/// are keyed by this type.
public struct ByteString: Sendable, Hashable, CustomStringConvertible {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// The bytes as text; invalid UTF-8 is shown as U+FFFD.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}
