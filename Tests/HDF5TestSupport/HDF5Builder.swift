import CHDF5
import Glibc
import Synchronization
import TestSupport

/// Why a file could not be built.
struct BuildError: Error {
  var message: String
}

/// Writes small HDF5 files, as Keras and others write them and as nobody should.
public struct HDF5Builder {
  /// What a dataset or an attribute holds.
  public enum Value {
    case floats([Float], shape: [Int])
    /// IEEE numbers of other widths, in either byte order, given as their bytes.
    case raw([UInt8], type: Kind, shape: [Int])
    case integers([Int64])
    case doubles([Double])
    case fixedStrings([String])
    case variableStrings([String])
    case variableString(String)
    /// A dataset whose values lie in the file `path`.
    case external(path: String, shape: [Int])
    /// A dataset whose values are those of `dataset` in the file `path`.
    case virtual(path: String, dataset: String, shape: [Int])
    /// A dataset that was never written: its values are all this one.
    case unwritten(fill: Float, shape: [Int])
  }

  public enum Kind {
    case float16, bfloat16, float64BigEndian, int8, uint8, bool
    case opaque(Int)
    case complex64, int12
  }

  public enum Layout: Sendable {
    case contiguous, compact
    case chunked(deflate: Int)
    /// In chunks that are shuffled, deflated and given a checksum.
    case filtered
  }

  private enum Item {
    case group(String)
    case dataset(String, Value, Layout)
    case attribute(String, String, Value)
    case softLink(String, String)
    case externalLink(String, String, String)
    case hardLink(String, String)
  }

  private var items: [Item] = []
  /// Bytes before the signature: 0 or a power of two from 512.
  public var userBlock = 0
  /// Whether to write the newest structures that the library knows.
  public var isLatest = false

  public init() {}

  public mutating func group(_ path: String) { items.append(.group(path)) }

  public mutating func dataset(_ path: String, _ value: Value, _ layout: Layout = .contiguous) {
    items.append(.dataset(path, value, layout))
  }

  /// A float dataset 0, 1, 2, …
  public mutating func weights(_ path: String, _ shape: [Int], _ layout: Layout = .contiguous) {
    dataset(path, .floats((0..<shape.reduce(1, *)).map(Float.init), shape: shape), layout)
  }

  /// An attribute of the group or dataset at `path`; `""` is the root.
  public mutating func attribute(_ path: String, _ name: String, _ value: Value) {
    items.append(.attribute(path, name, value))
  }

  public mutating func softLink(_ path: String, to target: String) { items.append(.softLink(path, target)) }

  public mutating func externalLink(_ path: String, to file: String, _ target: String) {
    items.append(.externalLink(path, file, target))
  }

  public mutating func hardLink(_ path: String, to target: String) { items.append(.hardLink(path, target)) }

  /// The file's bytes.
  public func bytes() throws -> [UInt8] {
    try Fixtures.withDirectory { directory in
      let path = directory + "/built.h5"
      try HDF5Builder.lock.withLock { _ in try write(to: path) }
      return try Fixtures.read(path)
    }
  }

  private static let lock = Mutex<Void>(())
}

extension HDF5Builder {
  private func write(to path: String) throws {
    let plan = H5Pcreate(CHDF5_fileCreate())
    let access = H5Pcreate(CHDF5_fileAccess())
    defer {
      H5Pclose(plan)
      H5Pclose(access)
    }
    H5Pset_userblock(plan, hsize_t(userBlock))
    if isLatest { H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) }
    let file = unsafe H5Fcreate(path, CHDF5_createTruncating(), plan, access)
    guard file >= 0 else { throw BuildError(message: "H5Fcreate fails") }
    defer { H5Fclose(file) }
    for item in items { try write(item, file) }
  }

  private func write(_ item: Item, _ file: hid_t) throws {
    let links = H5Pcreate(CHDF5_linkCreate())
    H5Pset_create_intermediate_group(links, 1)
    defer { H5Pclose(links) }
    let standard = hid_t(H5P_DEFAULT)
    switch item {
    case .group(let path): H5Gclose(unsafe H5Gcreate2(file, path, links, standard, standard))
    case .dataset(let path, let value, let layout): try write(value, layout, path, file, links)
    case .attribute(let path, let name, let value):
      let object = unsafe H5Oopen(file, path.isEmpty ? "/" : path, standard)
      defer { H5Oclose(object) }
      try write(value, attribute: name, object)
    case .softLink(let path, let target): unsafe H5Lcreate_soft(target, file, path, links, standard)
    case .externalLink(let path, let other, let target):
      unsafe H5Lcreate_external(other, target, file, path, links, standard)
    case .hardLink(let path, let target): unsafe H5Lcreate_hard(file, target, file, path, links, standard)
    }
  }

  private func write(_ value: Value, _ layout: Layout, _ path: String, _ file: hid_t, _ links: hid_t) throws {
    let (type, space) = try Self.typeAndSpace(value)
    let plan = H5Pcreate(CHDF5_datasetCreate())
    defer {
      H5Tclose(type)
      H5Sclose(space)
      H5Pclose(plan)
    }
    switch layout {
    case .contiguous: break
    case .compact: H5Pset_layout(plan, H5D_COMPACT)
    case .chunked(let level):
      let chunk = Self.shape(value).map { hsize_t(max(1, ($0 + 1) / 2)) }
      unsafe H5Pset_chunk(plan, Int32(chunk.count), chunk)
      if level > 0 { H5Pset_deflate(plan, UInt32(level)) }
    case .filtered:
      let chunk = Self.shape(value).map { hsize_t($0) }
      unsafe H5Pset_chunk(plan, Int32(chunk.count), chunk)
      H5Pset_shuffle(plan)
      H5Pset_deflate(plan, 6)
      H5Pset_fletcher32(plan)
    }
    if case .external(let other, let shape) = value {
      unsafe H5Pset_external(plan, other, 0, hsize_t(shape.reduce(4, *)))
    }
    if case .virtual(let other, let dataset, _) = value { unsafe H5Pset_virtual(plan, space, other, dataset, space) }
    if case .unwritten(var fill, _) = value { unsafe H5Pset_fill_value(plan, CHDF5_nativeFloat(), &fill) }
    let standard = hid_t(H5P_DEFAULT)
    let dataset = unsafe H5Dcreate2(file, path, type, space, links, plan, standard)
    guard dataset >= 0 else { throw BuildError(message: "H5Dcreate2 fails for \(path)") }
    defer { H5Dclose(dataset) }
    try unsafe Self.withBytes(value) { bytes in
      let all = hid_t(H5S_ALL)
      guard unsafe H5Dwrite(dataset, type, all, all, standard, bytes.baseAddress) >= 0 else {
        throw BuildError(message: "H5Dwrite fails for \(path)")
      }
    }
  }

  private func write(_ value: Value, attribute name: String, _ object: hid_t) throws {
    let (type, space) = try Self.typeAndSpace(value)
    defer {
      H5Tclose(type)
      H5Sclose(space)
    }
    let standard = hid_t(H5P_DEFAULT)
    let attribute = unsafe H5Acreate2(object, name, type, space, standard, standard)
    guard attribute >= 0 else { throw BuildError(message: "H5Acreate2 fails for \(name)") }
    defer { H5Aclose(attribute) }
    try unsafe Self.withBytes(value) { bytes in _ = unsafe H5Awrite(attribute, type, bytes.baseAddress) }
  }

  private static func shape(_ value: Value) -> [Int] {
    switch value {
    case .floats(_, let shape), .raw(_, _, let shape), .external(_, let shape), .unwritten(_, let shape),
      .virtual(_, _, let shape):
      shape
    case .integers(let all): [all.count]
    case .doubles(let all): [all.count]
    case .fixedStrings(let all), .variableStrings(let all): [all.count]
    case .variableString: []
    }
  }

  private static func typeAndSpace(_ value: Value) throws -> (type: hid_t, space: hid_t) {
    let extents = shape(value).map { hsize_t($0) }
    let space =
      extents.isEmpty ? H5Screate(H5S_SCALAR) : unsafe H5Screate_simple(Int32(extents.count), extents, nil)
    return (type(value), space)
  }

  private static func type(_ value: Value) -> hid_t {
    switch value {
    case .floats, .external, .virtual, .unwritten: return H5Tcopy(CHDF5_nativeFloat())
    case .integers: return H5Tcopy(CHDF5_nativeInt64())
    case .doubles: return H5Tcopy(CHDF5_nativeDouble())
    case .raw(_, let kind, _): return type(kind)
    case .fixedStrings(let all):
      let type = H5Tcopy(CHDF5_cString())
      H5Tset_size(type, max(all.map(\.utf8.count).max() ?? 1, 1))
      H5Tset_strpad(type, H5T_STR_NULLPAD)
      return type
    case .variableStrings, .variableString:
      let type = H5Tcopy(CHDF5_cString())
      H5Tset_size(type, CHDF5_variableLength())
      return type
    }
  }

  private static func type(_ kind: Kind) -> hid_t {
    switch kind {
    case .float16: return float(size: 2, exponent: 5, mantissa: 10, bias: 15)
    case .bfloat16: return float(size: 2, exponent: 8, mantissa: 7, bias: 127)
    case .float64BigEndian:
      let type = H5Tcopy(CHDF5_nativeDouble())
      H5Tset_order(type, H5T_ORDER_BE)
      return type
    case .int8: return integer(bytes: 1)
    case .uint8:
      let type = integer(bytes: 1)
      H5Tset_sign(type, H5T_SGN_NONE)
      return type
    case .int12:
      let type = integer(bytes: 2)
      H5Tset_precision(type, 12)
      return type
    case .bool:
      let base = integer(bytes: 1)
      defer { H5Tclose(base) }
      let type = H5Tenum_create(base)
      for (name, number) in [("FALSE", Int8(0)), ("TRUE", Int8(1))] {
        var number = number
        unsafe H5Tenum_insert(type, name, &number)
      }
      return type
    case .opaque(let size): return H5Tcreate(H5T_OPAQUE, size)
    case .complex64:
      let type = H5Tcreate(H5T_COMPOUND, 8)
      unsafe H5Tinsert(type, "r", 0, CHDF5_nativeFloat())
      unsafe H5Tinsert(type, "i", 4, CHDF5_nativeFloat())
      return type
    }
  }

  private static func integer(bytes: Int) -> hid_t {
    let type = H5Tcopy(CHDF5_nativeInt64())
    H5Tset_size(type, bytes)
    return type
  }

  private static func float(size: Int, exponent: Int, mantissa: Int, bias: Int) -> hid_t {
    let type = H5Tcopy(CHDF5_nativeFloat())
    H5Tset_fields(type, size * 8 - 1, mantissa, exponent, 0, mantissa)
    H5Tset_size(type, size)
    H5Tset_ebias(type, bias)
    return type
  }

  /// Calls `body` with the value as the library wants it, unless there is nothing to write.
  private static func withBytes(_ value: Value, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch value {
    case .floats(let all, _): if !all.isEmpty { try unsafe all.withUnsafeBytes(body) }
    case .raw(let all, _, _): try unsafe all.withUnsafeBytes(body)
    case .integers(let all): if !all.isEmpty { try unsafe all.withUnsafeBytes(body) }
    case .doubles(let all): if !all.isEmpty { try unsafe all.withUnsafeBytes(body) }
    case .fixedStrings(let all):
      let width = max(all.map(\.utf8.count).max() ?? 1, 1)
      let padded = all.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: width - $0.utf8.count) }
      if !padded.isEmpty { try unsafe padded.withUnsafeBytes(body) }
    case .variableStrings(let all): try unsafe withPointers(all, body)
    case .variableString(let text): try unsafe withPointers([text], body)
    case .external, .virtual, .unwritten: break
    }
  }

  private static func withPointers(_ texts: [String], _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let pointers = unsafe texts.map { unsafe strdup($0) }
    defer { for index in texts.indices { unsafe free(pointers[index]) } }
    if !texts.isEmpty { try unsafe pointers.withUnsafeBytes(body) }
  }
}
