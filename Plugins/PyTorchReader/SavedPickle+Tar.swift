import ModelReading
import Pickle

// Before 0.1.10: a tar archive of sys_info, pickle, storages and tensors.

extension SavedPickle {
  private static let blockSize = 512

  static func isTar(_ bytes: RawSpan) -> Bool { bytes.starts(with: "ustar", at: 257) }

  /// Whether the archive's first member is one of those that PyTorch wrote.
  static func isCheckpointTar(_ bytes: RawSpan) -> Bool {
    let names: [StaticString] = ["sys_info\0", "pickle\0", "storages\0", "tensors\0"]
    return isTar(bytes) && names.contains { bytes.starts(with: $0) }
  }

  static func openTar(_ source: ByteSource, limits: Limits) throws(ReadError) -> SavedPickle {
    let members = try tarMembers(source, limits)
    guard let program = members["pickle"], let storages = members["storages"] else {
      throw source.error(
        .unrecognized, "is a tar archive without the members 'pickle' and 'storages'", hint: "unpack it first")
    }
    let entries = try tarStorages(storages, limits)
    let views = try members["tensors"].map { source throws(ReadError) in try tarTensors(source, limits) } ?? [:]
    let pickle = try Pickle(program, limits: limits)
    return SavedPickle(
      pickle: pickle, storages: StorageTable(entries, views: views), variant: "tar",
      metadata: [("pickle protocol", "\(pickle.version)")])
  }

  /// The regular files of the archive by name; long names and links are passed over.
  private static func tarMembers(_ source: ByteSource, _ limits: Limits) throws(ReadError) -> [String: ByteSource] {
    var members: [String: ByteSource] = [:]
    var offset = 0
    while source.byteCount - offset >= blockSize, source.bytes.byte(at: offset) != 0 {
      var reader = source.reader
      try reader.seek(to: offset, "a tar header")
      let header = try reader.bytes(blockSize, "a tar header")
      let name = String(decoding: header[..<100].prefix { $0 != 0 }, as: UTF8.self)
      guard let size = octal(header[124..<136]) else {
        throw source.error(.malformed, "the size of the tar member '\(name)' is no octal number", at: offset + 124)
      }
      let contents = try source.slice(at: offset + blockSize, count: size, "tar member '\(name)'")
      let isFile = header[156] == 0 || header[156] == UInt8(ascii: "0")
      if isFile, members.count < limits.maximumArchiveMembers {
        guard members.updateValue(contents.labelled(source.label), forKey: name) == nil else {
          throw source.error(.malformed, "has the tar member '\(name)' twice", at: offset)
        }
      }
      // The contents lie in the file, so neither sum overflows.
      offset += blockSize + (size + blockSize - 1) / blockSize * blockSize
    }
    return members
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// A count; for each storage a pickled (key, location, type) and its elements; then views of storages.
  private static func tarStorages(
    _ source: ByteSource, _ limits: Limits
  ) throws(ReadError) -> [ByteString: StorageTable.Entry] {
    let head = try Pickle(source, limits: limits)
    let count = try memberCount(head, limits)
    var entries: [ByteString: StorageTable.Entry] = [:]
    var offset = head.endOffset
    for _ in 0..<count {
      let pickle = try Pickle(source, at: offset, limits: limits)
      guard let parts = pickle.tuple(pickle.root), parts.count == 3, let key = key(pickle, parts[0]),
        let type = pickle.global(parts[2]).flatMap({ StorageType($0) })
      else { throw source.error(.malformed, "a storage is not described as (key, location, type)", at: offset) }
      offset = pickle.endOffset
      entries[ByteString(key)] = try storage(source, at: &offset, type: type, key)
    }
    if offset < source.byteCount { try addViews(&entries, Pickle(source, at: offset, limits: limits)) }
    return entries
  }

  /// A list of (key, key of the storage viewed, first element, number of elements).
  private static func addViews(
    _ entries: inout [ByteString: StorageTable.Entry], _ pickle: Pickle
  ) throws(ReadError) {
    for id in pickle.elements(pickle.root) ?? [] {
      guard let parts = pickle.tuple(id), parts.count == 4, let target = key(pickle, parts[0]),
        let root = key(pickle, parts[1]).flatMap({ entries[ByteString($0)] }), let first = pickle.integer(parts[2]),
        let count = pickle.integer(parts[3])
      else { throw pickle.source.error(.malformed, "a view is not described as (key, storage, first, count)") }
      let (start, overflow) = first.multipliedReportingOverflow(by: root.type.byteWidth)
      let (byteCount, carry) = count.multipliedReportingOverflow(by: root.type.byteWidth)
      guard !overflow, !carry else {
        throw pickle.source.error(.malformed, "view '\(target)' begins at \(first) and has \(count) elements")
      }
      let bytes = try root.bytes.slice(at: start, count: byteCount, "view '\(target)'")
      entries[ByteString(target)] = StorageTable.Entry(
        type: root.type, bytes: bytes, root: root.root, rootOffset: root.rootOffset + start)
    }
  }

  /// A count; for each tensor a pickled (key, storage, type), int32 rank, 4 bytes, then as int64: shape, strides, offset.
  private static func tarTensors(
    _ source: ByteSource, _ limits: Limits
  ) throws(ReadError) -> [String: StorageTable.View] {
    let head = try Pickle(source, limits: limits)
    let count = try memberCount(head, limits)
    var views: [String: StorageTable.View] = [:]
    var offset = head.endOffset
    for _ in 0..<count {
      let pickle = try Pickle(source, at: offset, limits: limits)
      guard let parts = pickle.tuple(pickle.root), parts.count >= 2, let name = key(pickle, parts[0]),
        let storage = key(pickle, parts[1])
      else { throw source.error(.malformed, "a tensor is not described as (key, storage, type)", at: offset) }
      var reader = source.reader
      try reader.seek(to: pickle.endOffset, "a tensor")
      let rank = Int(try reader.littleEndian(Int32.self, "a rank"))
      guard (0...limits.maximumRank).contains(rank) else {
        throw reader.error(
          rank < 0 ? .malformed : .limitExceeded, "a tensor has \(rank) axes, the limit is \(limits.maximumRank)")
      }
      try reader.skip(4, "padding")
      let shape = try integers(&reader, rank)
      let strides = try integers(&reader, rank)
      let first = try integers(&reader, 1)[0]
      views[name] = StorageTable.View(storageKey: storage, shape: shape, strides: strides, elementOffset: first)
      offset = reader.offset
    }
    return views
  }

  private static func integers(_ reader: inout ByteReader, _ count: Int) throws(ReadError) -> [Int] {
    var values: [Int] = []
    for _ in 0..<count { values.append(Int(try reader.littleEndian(Int64.self, "a shape"))) }
    return values
  }

  private static func memberCount(_ pickle: Pickle, _ limits: Limits) throws(ReadError) -> Int {
    guard let count = pickle.integer(pickle.root), count >= 0 else {
      throw pickle.source.error(.malformed, "does not begin with a number of tensors", at: 0)
    }
    guard count <= limits.maximumTensorCount else {
      throw pickle.source.error(
        .limitExceeded, "announces \(count) tensors, the limit is \(limits.maximumTensorCount)", at: 0)
    }
    return count
  }

  private static func key(_ pickle: Pickle, _ id: Pickle.ID) -> String? {
    pickle.text(id) ?? pickle.integer(id).map { "\($0)" }
  }
}
