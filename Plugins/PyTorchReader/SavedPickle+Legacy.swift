import ModelReading
import Pickle

// Before 1.6: several pickles in a row, then the storages.

extension SavedPickle {
  /// 0x1950a86a20f9469cfc6c, which the first pickle evaluates to.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  /// A legacy file, or a single pickle.
  static func openPickles(_ source: ByteSource, limits: Limits) throws(ReadError) -> SavedPickle {
    guard isPickle(source.bytes) else {
      throw source.error(.unrecognized, "is neither a zip archive, nor a tar archive, nor a pickle", at: 0)
    }
    let first: Pickle
    do throws(ReadError) {
      first = try Pickle(source, limits: limits)
    } catch {
      throw hasVersion(source.bytes) ? error : error.unrecognized
    }
    if isMagic(first) { return try openLegacy(source, after: first, limits: limits) }
    return plain(first)
  }

  private static func plain(_ pickle: Pickle) -> SavedPickle {
    var saved = SavedPickle(
      pickle: pickle, storages: StorageTable(), variant: "pickle",
      metadata: [("pickle protocol", "\(pickle.version)")])
    let rest = pickle.source.byteCount - pickle.endOffset
    if rest > 0 {
      saved.diagnostics.append(
        Diagnostic(
          .unsafeContent, pickle.source.label, "has \(rest) bytes after the end of its pickle at \(pickle.endOffset)"))
    }
    return saved
  }

  /// magic, protocol, system, object, keys; for each key: int64 element count, elements.
  private static func openLegacy(
    _ source: ByteSource, after magic: Pickle, limits: Limits
  ) throws(ReadError) -> SavedPickle {
    let version = try Pickle(source, at: magic.endOffset, limits: limits)
    guard version.integer(version.root) == 1001 else {
      throw source.error(.unsupported, "has a version of the legacy format other than 1001", at: magic.endOffset)
    }
    let system = try Pickle(source, at: version.endOffset, limits: limits)
    let object = try Pickle(source, at: system.endOffset, limits: limits)
    if let key = object.persistentKeys.first, object.text(key) != nil {
      throw source.error(
        .unsupported, "is pickled by protocol 0, which makes text of the references to its storages",
        at: system.endOffset, hint: "PyTorch cannot load it either; save it again")
    }
    let keys = try Pickle(source, at: object.endOffset, limits: limits)
    let storages = try storages(keys, types: storageTypes(object), source, limits)
    var saved = SavedPickle(
      pickle: object, storages: StorageTable(storages.entries), variant: "legacy",
      metadata: [("pickle protocol", "\(object.version)")])
    let rest = source.byteCount - storages.end
    if rest > 0 {
      saved.diagnostics.append(
        Diagnostic(.unsafeContent, source.label, "has \(rest) bytes after the end of its storages at \(storages.end)"))
    }
    return saved
  }

  /// The type of each storage, as the object's pickle mentions it.
  private static func storageTypes(_ object: Pickle) -> [ByteString: StorageType] {
    var types: [ByteString: StorageType] = [:]
    for id in object.persistentKeys {
      guard let parts = object.tuple(id), parts.count >= 5, object.text(parts[0]) == "storage",
        let key = object.text(parts[2]), let type = object.global(parts[1]).flatMap({ StorageType($0) })
      else { continue }
      if types[ByteString(key)] == nil { types[ByteString(key)] = type }
    }
    return types
  }

  private static func storages(
    _ keys: Pickle, types: [ByteString: StorageType], _ source: ByteSource, _ limits: Limits
  ) throws(ReadError) -> (entries: [ByteString: StorageTable.Entry], end: Int) {
    guard let list = keys.elements(keys.root) else {
      throw source.error(.malformed, "lacks the list of its storages", at: keys.endOffset)
    }
    guard list.count <= limits.maximumTensorCount else {
      throw source.error(
        .limitExceeded, "lists \(list.count) storages, the limit is \(limits.maximumTensorCount)", at: keys.endOffset)
    }
    var entries: [ByteString: StorageTable.Entry] = [:]
    var offset = keys.endOffset
    for id in list {
      guard let key = keys.text(id), entries[ByteString(key)] == nil else {
        throw source.error(.malformed, "lists a storage twice, or by other than text", at: offset)
      }
      guard let type = types[ByteString(key)] else {
        throw source.error(.malformed, "stores '\(key)', of which the pickle does not say what it is", at: offset)
      }
      let entry = try storage(source, at: &offset, type: type, key)
      entries[ByteString(key)] = entry
    }
    return (entries, offset)
  }

  /// int64 element count, then that many elements; moves `offset` behind them.
  static func storage(
    _ source: ByteSource, at offset: inout Int, type: StorageType, _ key: String
  ) throws(ReadError) -> StorageTable.Entry {
    if case .unsupported(let name) = type {
      throw source.error(.unsupported, "storage '\(key)' has elements of type \(name), which is not read", at: offset)
    }
    var reader = source.reader
    try reader.seek(to: offset, "a storage")
    let count = Int(try reader.littleEndian(Int64.self, "the size of a storage"))
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.byteWidth)
    guard count >= 0, !overflow else {
      throw source.error(.malformed, "storage '\(key)' has \(count) elements", at: offset)
    }
    let bytes = try source.slice(at: reader.offset, count: byteCount, "storage '\(key)'")
    offset = reader.offset + byteCount
    return StorageTable.Entry(type: type, bytes: bytes, root: key)
  }

  private static func isMagic(_ pickle: Pickle) -> Bool {
    guard case .bigInteger(let content) = pickle[pickle.root] else { return false }
    let bytes = pickle.source(content).copy()
    return bytes.starts(with: magic) && bytes.dropFirst(magic.count).allSatisfy { $0 == 0 }
  }

  /// Whether the bytes begin as pickles do.
  static func isPickle(_ bytes: RawSpan) -> Bool {
    if hasVersion(bytes) { return true }
    let openings: [StaticString] = [
      "(d", "(l", "(i", "}q", "]q", "c__", "ccoll", "ctorch", "ccopy_reg", "L119547037146038801333356L",
    ]
    return openings.contains { bytes.starts(with: $0) }
  }

  /// Whether the bytes begin with the `PROTO` opcode of protocols 2 to 5.
  static func hasVersion(_ bytes: RawSpan) -> Bool {
    bytes.byte(at: 0) == 0x80 && (2...5).contains(bytes.byte(at: 1) ?? 0)
  }

  /// Whether the bytes begin as a legacy file: with the magic number as each protocol writes it.
  static func hasMagic(_ bytes: RawSpan) -> Bool {
    if bytes.starts(with: "L119547037146038801333356L") { return true }
    guard hasVersion(bytes) else { return false }
    // A frame (9 bytes) may stand between PROTO and LONG1.
    return [2, 11].contains { start in
      bytes.byte(at: start) == 0x8A && bytes.byte(at: start + 1) == 10
        && magic.indices.allSatisfy { bytes.byte(at: start + 2 + $0) == magic[$0] }
    }
  }
}

extension ReadError {
  /// The same error as a reason for not being this format.
  fileprivate var unrecognized: ReadError {
    var copy = self
    copy.code = .unrecognized
    copy.message = "is no pickle: " + message
    return copy
  }
}
