import CHDF5
public import HDF5
public import ModelReading

extension HDF5Index {
  /// Reads the index of an HDF5 file in this process.
  ///
  /// libhdf5 is not safe on hostile files: it may end the process. `HDF5File`
  /// has this called in a process of its own.
  ///
  /// - Throws: `.unrecognized`, `.truncated` or `.malformed` if this is no HDF5
  ///   file, `.limitExceeded` if it has more objects than the limits allow.
  public static func build(_ source: ByteSource, limits: Limits = Limits()) throws(ReadError) -> HDF5Index {
    try HDF5Library.locked { () throws(ReadError) in
      try HDF5Image.withOpen(source) { image throws(ReadError) in
        var walk = HDF5Walk(limits: limits)
        try walk.run(image)
        return walk.index
      }
    }
  }
}

/// A walk over the hard links of a file, without recursion.
struct HDF5Walk {
  private(set) var index = HDF5Index()
  private let limits: Limits
  private var attributes: HDF5Attributes
  private var remainingObjects: Int
  /// Paths still to visit, the next one last.
  private var pending: [(path: ByteString, depth: Int)] = [(ByteString([]), 0)]
  private var groupAddresses: [UInt64: ByteString] = [:]

  init(limits: Limits) {
    self.limits = limits
    attributes = HDF5Attributes(limits: limits, remainingBytes: limits.maximumIndexBytes)
    remainingObjects = limits.maximumHDF5Objects
  }

  mutating func run(_ image: HDF5Image) throws(ReadError) {
    while let (path, depth) = pending.popLast() {
      remainingObjects -= 1
      guard remainingObjects >= 0 else {
        throw image.source.error(
          .limitExceeded, "has more than \(limits.maximumHDF5Objects) groups, datasets and attributes")
      }
      try visit(path, depth, image)
    }
  }

  private mutating func visit(_ path: ByteString, _ depth: Int, _ image: HDF5Image) throws(ReadError) {
    var info = H5O_info_t()
    let name = path.bytes.isEmpty ? [CChar(bitPattern: UInt8(ascii: "/")), 0] : path.terminated
    let status = unsafe H5Oget_info_by_name2(
      image.file, name, &info, CHDF5_objectBasics(), hid_t(H5P_DEFAULT))
    guard status >= 0 else { return unreadable(path) }
    let address = UInt64(info.addr)
    switch info.type {
    case H5O_TYPE_GROUP: try group(path, name, address, depth, image)
    case H5O_TYPE_DATASET: try dataset(path, name, address, image)
    default: return  // A named datatype: no values of its own.
    }
  }

  private mutating func group(
    _ path: ByteString, _ name: [CChar], _ address: UInt64, _ depth: Int, _ image: HDF5Image
  ) throws(ReadError) {
    if let other = groupAddresses[address] {
      return note(.refused, path, "is the group '\(other)' once more")
    }
    groupAddresses[address] = path
    guard depth < limits.maximumNesting else {
      throw image.source.error(
        .limitExceeded, "nests groups \(depth) deep, the limit is \(limits.maximumNesting)",
        subject: path.description)
    }
    guard let group = Handle(unsafe H5Gopen2(image.file, name, hid_t(H5P_DEFAULT)), { H5Gclose($0) }) else {
      return unreadable(path)
    }
    let found = try attributes.read(of: group.id, in: image, remainingObjects: &remainingObjects)
    index.groups.append(HDF5Index.Group(path: path, attributes: found, address: address))
    try children(of: group.id, path, depth, image)
  }

  private mutating func children(
    of group: hid_t, _ path: ByteString, _ depth: Int, _ image: HDF5Image
  ) throws(ReadError) {
    var list = LinkList(limit: remainingObjects - pending.count + 1, maximumNameBytes: limits.maximumNameBytes)
    let status = unsafe withUnsafeMutablePointer(to: &list) { pointer in
      unsafe CHDF5_iterateLinks(
        group, H5_INDEX_NAME,
        { _, name, info, context in
          guard let name = unsafe name, let info = unsafe info, let context = unsafe context else { return -1 }
          let type = unsafe info.pointee.type
          return unsafe context.assumingMemoryBound(to: LinkList.self).pointee.add(name, type)
        }, pointer)
    }
    if status < 0 { unreadable(path) }
    for link in list.refused { note(.refused, path.appending(link.name), "is \(link.why), which is not followed") }
    pending += list.names.reversed().map { (path.appending($0), depth + 1) }
  }

  private mutating func dataset(
    _ path: ByteString, _ name: [CChar], _ address: UInt64, _ image: HDF5Image
  ) throws(ReadError) {
    guard let dataset = Handle(unsafe H5Dopen2(image.file, name, hid_t(H5P_DEFAULT)), { H5Dclose($0) }),
      let type = Handle(H5Dget_type(dataset.id), { H5Tclose($0) })
    else { return unreadable(path) }
    let found = try attributes.read(of: dataset.id, in: image, remainingObjects: &remainingObjects)
    let datatype = HDF5Datatype(type.id)
    // A virtual dataset opens other files as soon as its extent is asked for: its storage comes first.
    guard let plan = StoragePlan(dataset.id) else { return unreadable(path) }
    var shape: [Int] = []
    var storage = HDF5Index.Storage.refused(reason: plan.refusal ?? "its extent cannot be read")
    if plan.refusal == nil {
      guard let extent = HDF5Walk.extent(of: dataset.id) else { return unreadable(path) }
      shape = extent
      storage = plan.storage(dataset.id, shape, datatype.byteWidth)
    }
    index.datasets.append(
      HDF5Index.Dataset(
        path: path, elementType: datatype.resolved(byAttribute: found.value(of: "dtype")?.string),
        byteOrder: datatype.byteOrder, typeName: datatype.name, shape: shape, storage: storage, attributes: found,
        address: address))
  }

  private static func extent(of dataset: hid_t) -> [Int]? {
    guard let space = Handle(H5Dget_space(dataset), { H5Sclose($0) }) else { return nil }
    if H5Sget_simple_extent_type(space.id) == H5S_NULL { return [0] }
    let rank = H5Sget_simple_extent_ndims(space.id)
    guard rank >= 0, rank <= H5S_MAX_RANK else { return nil }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    guard unsafe H5Sget_simple_extent_dims(space.id, &extents, nil) >= 0 else { return nil }
    return extents.map { Int(clamping: $0) }
  }

  private mutating func unreadable(_ path: ByteString) { note(.unreadable, path, HDF5Library.lastError()) }

  private mutating func note(_ kind: HDF5Index.Finding.Kind, _ path: ByteString, _ message: String) {
    index.findings.append(HDF5Index.Finding(kind: kind, path: path, message: message))
  }
}

/// Links of one group, as an iteration of the library yields them.
private struct LinkList {
  let limit: Int
  let maximumNameBytes: Int
  private(set) var names: [ByteString] = []
  private(set) var refused: [(name: ByteString, why: String)] = []

  init(limit: Int, maximumNameBytes: Int) {
    self.limit = limit
    self.maximumNameBytes = maximumNameBytes
  }

  mutating func add(_ name: UnsafePointer<CChar>, _ type: H5L_type_t) -> herr_t {
    var list = NameList(limit: 1)
    _ = unsafe list.add(name)
    let name = list.names[0]
    switch type {
    case H5L_TYPE_HARD where name.isPlainComponent && name.bytes.count <= maximumNameBytes: names.append(name)
    case H5L_TYPE_HARD: refused.append((name, "a link whose name cannot be part of a path"))
    case H5L_TYPE_SOFT: refused.append((name, "a soft link"))
    case H5L_TYPE_EXTERNAL: refused.append((name, "a link into another file"))
    default: refused.append((name, "a link of a type of its own"))
    }
    return names.count + refused.count < limit ? 0 : 1
  }
}

extension ByteString {
  /// The bytes and a NUL, as C wants them.
  var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

  func appending(_ name: ByteString) -> ByteString {
    bytes.isEmpty ? name : ByteString(bytes + [UInt8(ascii: "/")] + name.bytes)
  }

  /// Whether the library takes this for a name, and not for "here" or a path.
  var isPlainComponent: Bool {
    !bytes.isEmpty && bytes != [UInt8(ascii: ".")] && !bytes.contains(UInt8(ascii: "/"))
  }
}
