public import ModelReading

/// The header of an array in numpy's own file format, of versions 1 to 3.
///
/// ```
/// 93 4E 55 4D 50 59   "\x93NUMPY"
/// major, minor        one byte each
/// length              2 bytes (version 1) or 4 (2, 3), little-endian
/// header              a Python dictionary: descr, fortran_order, shape; padded with spaces
/// elements
/// ```
public struct NPYHeader: Sendable {
  /// Longer headers are refused before anything is allocated; numpy itself stops at 10,000 bytes.
  public static let maximumByteCount = 65_536
  /// Bytes of a file that are certain to hold the whole header, if it has one that is accepted.
  public static let prefixByteCount = maximumByteCount + 12

  public let layout: ArrayLayout
  /// Position of the first element, from the start of the source, in bytes.
  public let dataOffset: Int

  /// Whether these bytes begin like an array file.
  public static func matches(_ prefix: RawSpan) -> Bool { starts(prefix, at: 0) }

  /// Whether an array file begins at `offset`.
  public static func starts(_ bytes: RawSpan, at offset: Int) -> Bool {
    bytes.byte(at: offset) == 0x93 && bytes.starts(with: "NUMPY", at: offset + 1)
  }

  /// Reads the header only: whether the elements are all there is not checked.
  /// - Throws: `.unrecognized` without the signature, `.unsupported` for other versions and unknown types,
  ///   `.malformed`, `.truncated`, `.limitExceeded`.
  public init(_ source: ByteSource, limits: Limits) throws(ReadError) {
    guard NPYHeader.matches(source.bytes) else {
      throw source.error(.unrecognized, "does not begin with numpy's signature", at: 0)
    }
    var reader = source.reader
    try reader.skip(6, "signature")
    let major = try reader.littleEndian(UInt8.self, "version")
    let minor = try reader.littleEndian(UInt8.self, "version")
    guard (1...3).contains(major), minor == 0 else {
      throw source.error(.unsupported, "has version \(major).\(minor) of the format; 1.0 to 3.0 are known", at: 6)
    }
    let count =
      major == 1
      ? Int(try reader.littleEndian(UInt16.self, "header length"))
      : Int(try reader.littleEndian(UInt32.self, "header length"))
    guard count <= NPYHeader.maximumByteCount else {
      throw source.error(
        .limitExceeded, "announces a header of \(count) bytes, the limit is \(NPYHeader.maximumByteCount)", at: 8)
    }
    let start = reader.offset
    let text = try source.slice(at: start, count: count, "the header")
    layout = try NPYHeader.layout(try PythonLiteral.parse(text, isUTF8: major == 3), text, limits)
    dataOffset = start + count
  }

  private static func layout(
    _ literal: PythonLiteral, _ text: ByteSource, _ limits: Limits
  ) throws(ReadError) -> ArrayLayout {
    guard case .dictionary(let entries) = literal, entries.count == 3,
      let descr = value("descr", entries), let order = value("fortran_order", entries),
      let extents = value("shape", entries)
    else { throw text.error(.malformed, "has a header without just descr, fortran_order and shape", at: 0) }
    guard case .boolean(let isFortranOrder) = order else {
      throw text.error(.malformed, "has a fortran_order that is neither True nor False", at: 0)
    }
    guard case .sequence(let parts, isTuple: true) = extents else {
      throw text.error(.malformed, "has a shape that is no tuple", at: 0)
    }
    guard parts.count <= limits.maximumRank else {
      throw text.error(.limitExceeded, "has \(parts.count) axes, the limit is \(limits.maximumRank)", at: 0)
    }
    let shape = parts.compactMap { if case .integer(let extent) = $0 { extent } else { nil } }
    guard shape.count == parts.count else {
      throw text.error(.malformed, "has a shape with something other than integers", at: 0)
    }
    guard let type = NumPyType(descr) else {
      throw text.error(.unsupported, "has elements of a type that numpy does not define: \(spelled(descr))", at: 0)
    }
    guard let layout = ArrayLayout(type, shape: shape, isFortranOrder: isFortranOrder) else {
      throw text.error(.malformed, "has the shape \(shape), which is negative or overflows", at: 0)
    }
    return layout
  }

  private static func value(_ key: String, _ entries: [PythonLiteral.Entry]) -> PythonLiteral? {
    entries.first { $0.key == .text(key) }?.value
  }

  private static func spelled(_ descr: PythonLiteral) -> String {
    if case .text(let text) = descr { "'\(text.prefix(64))'" } else { "a structure" }
  }
}
