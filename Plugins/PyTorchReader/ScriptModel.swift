import ModelReading
import StrictJSON
import Zip

/// TorchScript of PyTorch 1.0 to 1.3: a JSON document with the tree of modules and a table of tensors,
/// whose elements are members of the archive.
struct ScriptModel {
  static let variant = "torchscript-json"
  private(set) var listed = ListedTensors()

  private let archive: ZipArchive
  private let limits: Limits
  private let root: String
  private let table: JSON
  private var nameByteCount = 0

  /// `nil` if the archive is none.
  /// - Throws: `.malformed` for a document without modules and tensors, `.limitExceeded` above the limits.
  init?(_ archive: ZipArchive, limits: Limits) throws(ReadError) {
    guard let entry = archive.entries.first(where: { $0.name.isMember("model.json") }),
      !archive.entries.contains(where: { $0.name.isMember("data.pkl") })
    else { return nil }
    guard entry.byteCount <= limits.maximumIndexBytes else {
      throw ReadError(
        .limitExceeded, "has \(entry.byteCount) bytes, the limit is \(limits.maximumIndexBytes)",
        file: archive.label(of: entry))
    }
    let document = try JSON.parse(archive.contents(of: entry), limits: limits)
    guard let main = document["mainModule"], let table = document["tensors"], table.kind == .array else {
      throw document.error(.malformed, "has no mainModule and no tensors, as TorchScript before 1.4 has")
    }
    self.archive = archive
    self.limits = limits
    self.table = table
    root = archive.rootFolder("model.json")
    let tensors = table.elements
    var modules = [(module: main, path: "")]
    while let (module, path) = modules.popLast() {
      for parameter in module["parameters"]?.elements ?? [] {
        let name = try name(parameter, below: path)
        let number = integer(parameter["tensorId"]) ?? 0
        let description = tensors.indices.contains(number) ? tensors[number] : nil
        let result = Result { () throws(ReadError) in try tensor(description, parameter, named: name) }
        listed.add(name, shape: integers(description?["dims"]) ?? [], result)
      }
      for child in (module["submodules"]?.elements ?? []).reversed() {
        modules.append((child, try name(child, below: path)))
      }
    }
  }

  private mutating func name(_ value: JSON, below path: String) throws(ReadError) -> String {
    guard let last = value["name"]?.string else { throw value.error(.malformed, "has no name") }
    let name = path.isEmpty ? last : path + "." + last
    nameByteCount += name.utf8.count
    guard name.utf8.count <= limits.maximumNameBytes, nameByteCount <= limits.maximumIndexBytes,
      listed.tensors.count + listed.records.count < limits.maximumTensorCount
    else {
      throw value.error(
        .limitExceeded,
        "has names of \(nameByteCount) bytes, the limits are \(limits.maximumIndexBytes) bytes, "
          + "\(limits.maximumNameBytes) for one and \(limits.maximumTensorCount) tensors")
    }
    return name
  }

  private func tensor(_ value: JSON?, _ parameter: JSON, named name: String) throws(ReadError) -> BuiltTensor {
    guard let value else {
      throw parameter.error(.malformed, "refers to a tensor beyond the \(table.count) that the table has")
    }
    guard let shape = integers(value["dims"]), let strides = integers(value["strides"]),
      let key = value["data"]?["key"]?.string
    else { throw value.error(.malformed, "has no dims, strides and data") }
    let type = value["dataType"]?.string ?? ""
    guard let elementType = Self.elementTypes[type] else {
      throw value.error(.unsupported, "has elements of type \(type), which is not read")
    }
    guard let entry = archive.entry(named: root + key) else {
      throw value.error(.malformed, "refers to the member '\(root + key)', which the archive lacks")
    }
    let storage = TensorStorage(
      identity: key, rootOffset: 0, type: .elements(elementType), bytes: try archive.tensorStorage(of: entry),
      byteOrder: .little)
    return try BuiltTensor(
      view: StoredView(
        storage: .key(key), elementOffset: integer(value["offset"]) ?? 0, shape: shape, strides: strides),
      elementType, of: storage, named: name, limits: limits)
  }

  /// Integers of 64 bits are text in protocol buffers' JSON; lists without elements are left out.
  private func integer(_ value: JSON?) -> Int? { value?.int ?? value?.string.flatMap { Int($0) } }

  private func integers(_ list: JSON?) -> [Int]? {
    guard let list else { return [] }
    let values = list.elements.compactMap(integer)
    return values.count == list.count ? values : nil
  }

  private static let elementTypes: [String: ElementType] = [
    "FLOAT": .float32, "DOUBLE": .float64, "FLOAT16": .float16, "INT8": .int8, "UINT8": .uint8, "BYTE": .uint8,
    "INT16": .int16, "UINT16": .uint16, "INT32": .int32, "INT64": .int64, "BOOL": .bool,
  ]
}
