/// Bytes of a model: a range of a mapped file, or a block produced from one.
///
/// Containers nest (a tensor in an HDF5 file in a zip archive), and each level
/// takes a slice of the one outside it. While every level is stored plainly,
/// the innermost slice is still a range of the mapped file: nothing is copied.
///
/// A `ByteSource` is a cheap, sendable value that keeps its bytes alive.
public struct ByteSource: Sendable {
  private enum Storage: Sendable {
    case mapped(MappedFile)
    case owned([UInt8])
  }

  private let storage: Storage
  private let range: Range<Int>
  /// What errors call this source: the file's path, or `path!member`.
  public let label: String

  /// The whole of a mapped file.
  public init(_ file: MappedFile) {
    storage = .mapped(file)
    range = 0..<file.byteCount
    label = file.path
  }

  /// Bytes that exist in memory alone, such as an inflated member.
  /// - Parameter label: names their origin in errors: `path!member`.
  public init(owned bytes: [UInt8], label: String) {
    storage = .owned(bytes)
    range = 0..<bytes.count
    self.label = label
  }

  private init(_ storage: Storage, _ range: Range<Int>, _ label: String) {
    self.storage = storage
    self.range = range
    self.label = label
  }

  public var byteCount: Int { range.count }

  /// Position of the first byte in the file (or owned block) that `label` names, in bytes.
  public var baseOffset: Int { range.lowerBound }

  /// The file these bytes are mapped from; `nil` for bytes produced in memory.
  public var mappedFile: MappedFile? {
    if case .mapped(let file) = storage { file } else { nil }
  }

  /// The bytes. The span cannot outlive this value.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      switch storage {
      case .mapped(let file):
        return unsafe _overrideLifetime(file.bytes.extracting(range), borrowing: self)
      case .owned(let array):
        return unsafe _overrideLifetime(array.span.bytes.extracting(range), borrowing: self)
      }
    }
  }

  /// A part of these bytes.
  /// - Parameters:
  ///   - start: relative to this source; may be any number a file contains.
  ///   - count: in bytes; may be any number a file contains.
  ///   - what: names the part in the error.
  /// - Throws: `.truncated` if the part does not lie inside.
  public func slice(at start: Int, count: Int, _ what: @autoclosure () -> String) throws(ReadError) -> ByteSource {
    guard start >= 0, start <= byteCount, count >= 0, count <= byteCount - start else {
      throw ReadError(
        .truncated, "\(what()) needs \(count) bytes at \(start), \(max(0, byteCount - max(0, start))) remain",
        file: label, offset: baseOffset + min(max(start, 0), byteCount), hint: "the download may be incomplete")
    }
    let lower = range.lowerBound + start
    return ByteSource(storage, lower..<lower + count, label)
  }

  /// The same bytes under another name, such as that of the member they are.
  public func labelled(_ label: String) -> ByteSource { ByteSource(storage, range, label) }

  /// A cursor over these bytes, whose errors carry this source's name and offsets.
  public var reader: ByteReader {
    @_lifetime(borrow self)
    get {
      let reader = ByteReader(bytes, file: label, baseOffset: baseOffset)
      return unsafe _overrideLifetime(reader, borrowing: self)
    }
  }

  /// An error located at byte `offset` of this source.
  public func error(
    _ code: ReadError.Code, _ message: String, at offset: Int? = nil, subject: String? = nil, hint: String? = nil
  ) -> ReadError {
    let position: Int? = offset.map { baseOffset.addingReportingOverflow($0).partialValue }
    return ReadError(code, message, file: label, offset: position, subject: subject, hint: hint)
  }

  /// A copy of the bytes.
  public func copy() -> [UInt8] { bytes.copy() }

  /// - Throws: `.truncated` if the file behind these bytes has shrunk.
  public func checkUnchanged() throws(ReadError) { try mappedFile?.checkUnchanged() }
}

extension RawSpan {
  /// A copy of the bytes.
  public func copy() -> [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }

  /// The byte at `offset`, or `nil` past the end.
  public func byte(at offset: Int) -> UInt8? {
    guard offset >= 0, offset < byteCount else { return nil }
    return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// Whether the bytes begin with those of `prefix`, at `offset`.
  public func starts(with prefix: StaticString, at offset: Int = 0) -> Bool {
    let count = prefix.utf8CodeUnitCount
    guard offset >= 0, count <= byteCount, offset <= byteCount - count else { return false }
    for i in 0..<count where unsafe byte(at: offset + i) != prefix.utf8Start[i] { return false }
    return true
  }

  /// The text of the bytes, or `nil` if they are not UTF-8.
  public func utf8Text() -> String? {
    unsafe withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
  }
}
