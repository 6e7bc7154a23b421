import ModelReading
import Pickle
import Zip

/// Where a pickle's storages are, by key.
struct StorageTable: Sendable {
  /// A storage of which the container itself says what it is.
  struct Entry: Sendable {
    var type: StorageType
    var bytes: ByteSource
    /// Names the bytes, for telling which tensors share them.
    var root: String
    /// Position of the first element in the root, in bytes.
    var rootOffset = 0
  }

  /// A tensor that is described outside the pickle: the oldest container does so.
  struct View: Sendable {
    var storageKey: String
    var shape: [Int]
    var strides: [Int]
    var elementOffset: Int
  }

  private enum Place: Sendable {
    case members(ZipArchive, folder: String, suffix: String)
    case entries([ByteString: Entry])
  }

  private let place: Place
  let byteOrder: ByteOrder
  let views: [String: View]

  /// Members `<folder><key><suffix>` of an archive.
  init(_ archive: ZipArchive, folder: String, suffix: String = "", byteOrder: ByteOrder) {
    place = .members(archive, folder: folder, suffix: suffix)
    self.byteOrder = byteOrder
    views = [:]
  }

  /// Ranges of the file, which are little-endian whatever machine wrote them.
  init(_ entries: [ByteString: Entry] = [:], views: [String: View] = [:]) {
    place = .entries(entries)
    byteOrder = .little
    self.views = views
  }

  /// The bytes behind a reference in the pickle.
  /// - Parameter source: the pickle, whose label tells one file's storages from another's.
  /// - Throws: `.malformed` if there is no such storage, or its size is not `reference.elementCount` elements.
  func storage(_ reference: StorageReference, in source: ByteSource) throws(ReadError) -> TensorStorage {
    switch place {
    case .entries(let entries):
      guard let entry = entries[ByteString(reference.key)] else {
        throw source.error(.malformed, "refers to the storage '\(reference.key)', which the file lacks")
      }
      return try TensorStorage(
        identity: source.label + " " + entry.root, rootOffset: entry.rootOffset, type: reference.type ?? entry.type,
        bytes: .bytes(entry.bytes), byteOrder: byteOrder
      )
      .checked(against: reference)
    case .members(let archive, let folder, let suffix):
      let name = folder + reference.key + suffix
      guard let entry = archive.entry(named: name) else {
        throw source.error(.malformed, "refers to the member '\(name)', which the archive lacks")
      }
      return try TensorStorage(
        identity: source.label + " " + name, rootOffset: 0, type: reference.type ?? .untyped,
        bytes: archive.tensorStorage(of: entry),
        byteOrder: byteOrder
      ).checked(against: reference)
    }
  }
}

/// What a pickle says of a storage when it mentions it.
struct StorageReference {
  var key: String
  /// `nil` where only the container knows.
  var type: StorageType?
  /// In elements, or in bytes for an untyped storage; `nil` where only the container knows.
  var elementCount: Int?
  /// First element and number of elements, for a reference to a part of the storage.
  var part: Range<Int>?
}

/// Bytes that tensors are views of.
struct TensorStorage: Sendable {
  /// Names the bytes: tensors over the same storage are told by it.
  var identity: String
  /// Position in the identified bytes, in bytes.
  var rootOffset: Int
  var type: StorageType
  var bytes: Tensor.Storage
  var byteOrder: ByteOrder

  /// The same storage, its size compared with what the pickle expects, and reduced to the part that is meant.
  func checked(against reference: StorageReference) throws(ReadError) -> TensorStorage {
    if let count = reference.elementCount, reference.part == nil {
      let (expected, overflow) = count.multipliedReportingOverflow(by: type.byteWidth)
      if case .unsupported = type { return self }
      guard !overflow, expected == bytes.byteCount else {
        throw error("has \(bytes.byteCount) bytes, \(count) elements of \(type.label) are announced", reference.key)
      }
    }
    guard let part = reference.part else { return self }
    return try reduced(to: part, reference.key)
  }

  private func reduced(to part: Range<Int>, _ key: String) throws(ReadError) -> TensorStorage {
    let (start, overflow) = part.lowerBound.multipliedReportingOverflow(by: type.byteWidth)
    let (count, carry) = part.count.multipliedReportingOverflow(by: type.byteWidth)
    guard !overflow, !carry, case .bytes(let source) = bytes else {
      throw error("is referred to beyond its \(bytes.byteCount) bytes", key)
    }
    var copy = self
    copy.bytes = .bytes(try source.slice(at: start, count: count, "a view of storage '\(key)'"))
    copy.rootOffset += start
    return copy
  }

  private func error(_ message: String, _ key: String) -> ReadError {
    switch bytes {
    case .bytes(let source): source.error(.malformed, "storage '\(key)' \(message)", at: 0)
    case .produced(let production):
      ReadError(.malformed, "storage '\(key)' \(message)", file: production.label)
    }
  }
}

extension ZipArchive {
  /// The member's bytes: a range of the file if stored, else inflated when asked for.
  func tensorStorage(of entry: Entry) throws(ReadError) -> Tensor.Storage {
    if entry.isStored { return .bytes(try contents(of: entry)) }
    let archive = self
    return .produced(
      ProducedBytes(byteCount: entry.byteCount, label: label(of: entry)) { () throws(ReadError) -> [UInt8] in
        try archive.contents(of: entry).copy()
      })
  }
}
