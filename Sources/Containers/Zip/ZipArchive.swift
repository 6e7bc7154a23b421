public import ModelReading

/// The members of a zip archive, as ranges of the file.
///
/// The central directory is the truth; local headers are read for the position
/// of the data alone.
public struct ZipArchive: Sendable {
  /// One member, as the central directory lists it.
  public struct Entry: Sendable {
    /// Path inside the archive, compared byte by byte.
    public let name: ByteString
    /// Size after inflation, in bytes.
    public let byteCount: Int
    /// Whether the member is stored as it is, so that `contents` copies nothing.
    public let isStored: Bool
  }

  /// All members, in the order of the central directory.
  public let entries: [Entry]

  /// - Throws: `.unrecognized` if this is no zip archive, `.truncated` if its end is missing,
  ///   `.malformed` for members that overlap or share a name.
  public init(_ source: ByteSource, limits: Limits) throws(ReadError) {
    throw source.error(.unsupported, "not written yet")
  }

  public func entry(named name: String) -> Entry? { entries.first { $0.name == ByteString(name) } }

  /// The bytes of a member: a slice of the archive if stored, else inflated.
  public func contents(of entry: Entry) throws(ReadError) -> ByteSource {
    throw ReadError(.unsupported, "not written yet", file: "")
  }
}
