import CHDF5
import Glibc
import HDF5
import ModelReading

/// Reads the attributes of one object: strings of both kinds and plain numbers.
struct HDF5Attributes {
  let limits: Limits
  /// Bytes of attributes that may still be read from this file.
  var remainingBytes: Int

  /// - Throws: `.limitExceeded` above the limits of the file; an attribute that
  ///   cannot be read is one with the value `.other`.
  mutating func read(
    of object: hid_t, in image: HDF5Image, remainingObjects: inout Int
  ) throws(ReadError) -> [HDF5Index.Attribute] {
    var attributes: [HDF5Index.Attribute] = []
    for name in names(of: object, atMost: max(remainingObjects, 0) + 1) {
      remainingObjects -= 1
      guard remainingObjects >= 0 else {
        throw image.source.error(
          .limitExceeded, "has more than \(limits.maximumHDF5Objects) groups, datasets and attributes")
      }
      let value = try value(of: name, object, image.source)
      attributes.append(HDF5Index.Attribute(name: name, value: value))
    }
    return attributes
  }

  private func names(of object: hid_t, atMost limit: Int) -> [ByteString] {
    var list = NameList(limit: limit)
    unsafe withUnsafeMutablePointer(to: &list) { pointer in
      _ = unsafe H5Aiterate2(
        object, H5_INDEX_NAME, H5_ITER_INC, nil,
        { _, name, _, context in
          guard let name = unsafe name, let context = unsafe context else { return -1 }
          return unsafe context.assumingMemoryBound(to: NameList.self).pointee.add(name)
        }, pointer)
    }
    return list.names
  }

  private mutating func value(
    of name: ByteString, _ object: hid_t, _ source: ByteSource
  ) throws(ReadError) -> HDF5Index.Value {
    let terminated = name.bytes.map { CChar(bitPattern: $0) } + [0]
    guard let attribute = Handle(unsafe H5Aopen(object, terminated, hid_t(H5P_DEFAULT)), { H5Aclose($0) }),
      let type = Handle(H5Aget_type(attribute.id), { H5Tclose($0) }),
      let space = Handle(H5Aget_space(attribute.id), { H5Sclose($0) })
    else { return .other("unreadable") }
    let count = Int(clamping: H5Sget_simple_extent_npoints(space.id))
    let width = Int(clamping: H5Tget_size(type.id))
    let (byteCount, overflow) = max(count, 0).multipliedReportingOverflow(by: max(width, 8))
    guard count >= 0, width > 0, !overflow, byteCount <= remainingBytes else {
      throw source.error(
        .limitExceeded, "has attributes of more than \(limits.maximumIndexBytes) bytes", subject: name.description)
    }
    remainingBytes -= byteCount
    return try value(attribute.id, type.id, space.id, count: count, width: width, source)
  }

  private mutating func value(
    _ attribute: hid_t, _ type: hid_t, _ space: hid_t, count: Int, width: Int, _ source: ByteSource
  ) throws(ReadError) -> HDF5Index.Value {
    switch H5Tget_class(type) {
    case H5T_STRING where H5Tis_variable_str(type) > 0:
      return try variableStrings(attribute, type, space, count, source)
    case H5T_STRING: return fixedStrings(attribute, type, count, width)
    case H5T_INTEGER, H5T_ENUM:
      var values = [Int64](repeating: 0, count: count)
      let status = count == 0 ? 0 : unsafe H5Aread(attribute, CHDF5_nativeInt64(), &values)
      return status < 0 ? .other("unreadable integer") : .integers(values)
    case H5T_FLOAT:
      var values = [Double](repeating: 0, count: count)
      let status = count == 0 ? 0 : unsafe H5Aread(attribute, CHDF5_nativeDouble(), &values)
      return status < 0 ? .other("unreadable number") : .numbers(values)
    default: return .other(HDF5Datatype(type).name)
    }
  }

  private func fixedStrings(_ attribute: hid_t, _ type: hid_t, _ count: Int, _ width: Int) -> HDF5Index.Value {
    var bytes = [UInt8](repeating: 0, count: count * width)
    let status = count == 0 ? 0 : unsafe H5Aread(attribute, type, &bytes)
    guard status >= 0 else { return .other("unreadable string") }
    let spacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD
    return .strings((0..<count).map { Self.trimmed(bytes[$0 * width..<($0 + 1) * width], spacePadded: spacePadded) })
  }

  /// The text before the padding: up to the first NUL, without trailing spaces where those pad.
  private static func trimmed(_ bytes: ArraySlice<UInt8>, spacePadded: Bool) -> ByteString {
    var text = bytes.prefix { $0 != 0 }
    while spacePadded, text.last == UInt8(ascii: " ") { text.removeLast() }
    return ByteString(Array(text))
  }

  private mutating func variableStrings(
    _ attribute: hid_t, _ type: hid_t, _ space: hid_t, _ count: Int, _ source: ByteSource
  ) throws(ReadError) -> HDF5Index.Value {
    guard count > 0 else { return .strings([]) }
    guard let memory = Handle(H5Tcopy(type), { H5Tclose($0) }) else { return .other("unreadable string") }
    var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    guard unsafe H5Aread(attribute, memory.id, &pointers) >= 0 else { return .other("unreadable string") }
    defer { _ = unsafe H5Dvlen_reclaim(memory.id, space, hid_t(H5P_DEFAULT), &pointers) }
    var strings: [ByteString] = []
    for index in 0..<count {
      let pointer = unsafe pointers[index]
      let length = unsafe pointer.map { unsafe Int(clamping: strlen($0)) } ?? 0
      guard length <= remainingBytes else {
        throw source.error(.limitExceeded, "has attributes of more than \(limits.maximumIndexBytes) bytes")
      }
      remainingBytes -= length
      let bytes = unsafe UnsafeRawBufferPointer(start: pointer, count: length)
      strings.append(ByteString(unsafe Array(bytes)))
    }
    return .strings(strings)
  }
}

/// Names as an iteration of the library yields them, up to a limit.
struct NameList {
  let limit: Int
  private(set) var names: [ByteString] = []

  init(limit: Int) { self.limit = limit }

  /// Zero to go on, one to stop: the library's convention.
  mutating func add(_ name: UnsafePointer<CChar>) -> herr_t {
    unsafe names.append(ByteString(Array(UnsafeRawBufferPointer(start: name, count: Int(clamping: strlen(name))))))
    return names.count < limit ? 0 : 1
  }
}
