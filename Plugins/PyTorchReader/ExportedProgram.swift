import ModelReading
import StrictJSON
import Zip

/// The weights of a program saved by `torch.export`: members of a zip archive
/// beside a JSON document that describes them. There is no pickle.
struct ExportedProgram {
  private(set) var listed = ListedTensors()

  private let archive: ZipArchive
  private let limits: Limits
  private let byteOrder: ByteOrder

  static let variant = "export"

  /// Whether the archive is such a program.
  static func isExported(_ archive: ZipArchive) -> Bool {
    archive.entries.contains { $0.name.isMember("archive_format") }
  }

  /// - Throws: `.malformed` for a description that is none.
  init(_ archive: ZipArchive, _ source: ByteSource, limits: Limits) throws(ReadError) {
    self.archive = archive
    self.limits = limits
    byteOrder = try SavedPickle.byteOrder(archive, archive.rootFolder("archive_format"))
    let configs = archive.entries.filter { entry in
      let name = entry.name.description
      return name.hasSuffix("_weights_config.json") || name.hasSuffix("_constants_config.json")
    }
    guard !configs.isEmpty else {
      let isCompiled = archive.entries.contains { $0.name.description.contains("data/aotinductor/") }
      throw source.error(
        .unsupported,
        isCompiled
          ? "is a program compiled by AOTInductor, whose weights lie in its machine code"
          : "is a program exported by torch.export without a list of its weights",
        hint: isCompiled ? "give the program before it was compiled" : nil)
    }
    for config in configs { try read(config) }
  }

  private mutating func read(_ config: ZipArchive.Entry) throws(ReadError) {
    guard config.byteCount <= limits.maximumIndexBytes else {
      throw ReadError(
        .limitExceeded, "has \(config.byteCount) bytes, the limit is \(limits.maximumIndexBytes)",
        file: archive.label(of: config))
    }
    let root = try JSON.parse(archive.contents(of: config), limits: limits)
    guard let list = root["config"], list.kind == .object else {
      throw root.error(.malformed, "has no object 'config' that lists the weights")
    }
    guard list.count <= limits.maximumTensorCount else {
      throw list.error(.limitExceeded, "lists \(list.count) tensors, the limit is \(limits.maximumTensorCount)")
    }
    let path = config.name.description
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
    for (key, value) in list.members {
      let name = key.description
      let result = Result { () throws(ReadError) in try tensor(value, named: name, in: folder) }
      listed.add(name, shape: integers(value["tensor_meta"]?["sizes"]) ?? [], result)
    }
  }

  private func tensor(_ value: JSON, named name: String, in folder: String) throws(ReadError) -> BuiltTensor {
    if value["use_pickle"]?.bool == true { return try pickledTensor(value, named: name, in: folder) }
    guard let path = value["path_name"]?.string, let meta = value["tensor_meta"], let code = meta["dtype"]?.int,
      let shape = integers(meta["sizes"]), let strides = integers(meta["strides"]),
      let offset = meta["storage_offset"].flatMap(integer)
    else { throw value.error(.malformed, "has no path, type, sizes, strides and offset") }
    guard let type = Self.elementTypes[code] else {
      throw meta.error(.unsupported, "has elements of type \(code), which is not read")
    }
    let entry = try member(folder + path, value)
    let storage = TensorStorage(
      identity: folder + path, rootOffset: 0, type: .elements(type), bytes: try archive.tensorStorage(of: entry),
      byteOrder: byteOrder)
    return try BuiltTensor(
      view: StoredView(storage: .key(path), elementOffset: offset, shape: shape, strides: strides), type, of: storage,
      named: name, limits: limits)
  }

  private func member(_ path: String, _ value: JSON) throws(ReadError) -> ZipArchive.Entry {
    guard let entry = archive.entry(named: path) else {
      throw value.error(.malformed, "refers to the member '\(path)', which the archive lacks")
    }
    return entry
  }

  /// A tensor that is a file of `torch.save` of its own.
  private func pickledTensor(_ value: JSON, named name: String, in folder: String) throws(ReadError) -> BuiltTensor {
    guard let path = value["path_name"]?.string else { throw value.error(.malformed, "has no path") }
    let entry = try member(folder + path, value)
    guard entry.isStored else { throw value.error(.unsupported, "is compressed inside the archive") }
    return try SavedPickle.tensor(in: archive.contents(of: entry), named: name, limits: limits, depth: 1)
  }

  /// A list of integers, each alone or as `{"as_int": 3}`.
  private func integers(_ list: JSON?) -> [Int]? {
    guard let list, list.kind == .array else { return nil }
    let values = list.elements.compactMap(integer)
    return values.count == list.count ? values : nil
  }

  private func integer(_ value: JSON) -> Int? { value.int ?? value["as_int"]?.int }

  /// The numbers that `torch.export` has for element types.
  private static let elementTypes: [Int: ElementType] = [
    1: .uint8, 2: .int8, 3: .int16, 4: .int32, 5: .int64, 6: .float16, 7: .float32, 8: .float64, 10: .complex64,
    11: .complex128, 12: .bool, 13: .bfloat16, 28: .uint16, 29: .float8e4m3fn, 30: .float8e5m2, 31: .float8e4m3fnuz,
    32: .float8e5m2fnuz, 33: .float8e8m0fnu, 34: .uint32, 35: .uint64,
  ]
}

extension ZipArchive {
  /// The folder of the member called `name`, with its slash; empty at the top.
  func rootFolder(_ name: String) -> String {
    let member = entries.first { $0.name.isMember(name) }
    return member.map { String($0.name.description.dropLast(name.count)) } ?? ""
  }
}
