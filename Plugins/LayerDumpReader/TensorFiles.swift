import DumpFormat
import ModelReading
import NumPyFormat
import SafetensorsFormat

/// The files of a dump, each opened when the first tensor in it is asked for.
struct TensorFiles {
  private let folder: ModelDirectory
  private let layout: DumpDocument.Layout
  private let index: String
  private let limits: Limits
  /// Tensors by their names, for each file by its own.
  private var opened: [ByteString: [ByteString: Tensor]] = [:]
  /// Paths of the files opened, in that order.
  private(set) var paths: [String] = []
  /// Tensors of all files opened.
  private var found: [Tensor] = []
  private var claimed: Set<ByteString> = []

  init(_ folder: ModelDirectory, _ document: DumpDocument, index: String, _ limits: Limits) {
    self.folder = folder
    self.layout = document.layout
    self.index = index
    self.limits = limits
  }

  /// Names of the files opened.
  var names: Set<ByteString> { Set(opened.keys) }

  var strays: [TensorRecord] {
    found.filter { !claimed.contains(ByteString($0.name)) }.map { TensorRecord($0) }
  }

  /// - Throws: `.io` without the file, `.unsafeContent` for one outside the folder, `.malformed` if the file does not
  ///   hold the tensor as the document has it, and what is wrong with the file itself.
  mutating func tensor(_ entry: DumpTensor) throws(ReadError) -> Tensor {
    guard let stored = try tensors(of: entry.file, for: entry)[ByteString(entry.name)] else {
      throw error("is not in '\(entry.file)', where the dump has it", entry)
    }
    claimed.insert(ByteString(entry.name))
    let tensor = try entry.elementType == .complex128 && stored.elementType == .float64 ? joined(stored) : stored
    guard tensor.elementType == entry.elementType, tensor.shape == entry.shape else {
      throw error(
        "is \(tensor.elementType.rawValue) \(tensor.shape) in '\(entry.file)', the dump has "
          + "\(entry.elementType.rawValue) \(entry.shape)", entry)
    }
    return tensor
  }

  private mutating func tensors(of name: String, for entry: DumpTensor) throws(ReadError) -> [ByteString: Tensor] {
    if let known = opened[ByteString(name)] { return known }
    guard !name.utf8.contains(UInt8(ascii: "/")) else {
      throw ReadError(
        .unsafeContent, "refers to the file '\(name)', which lies in another folder", file: index, subject: entry.name,
        hint: "the files of a dump lie beside its \(DumpDocument.fileName)")
    }
    let file = try folder.open(name, referredToBy: index)
    let source = ByteSource(file)
    let tensors = layout == .safetensors ? try shard(source) : [try array(source, entry.name)]
    paths.append(file.path)
    found += tensors
    let map = Dictionary(tensors.map { (ByteString($0.name), $0) }) { first, _ in first }
    opened[ByteString(name)] = map
    return map
  }

  private func shard(_ source: ByteSource) throws(ReadError) -> [Tensor] {
    let header = try SafetensorsHeader(source, limits)
    var tensors: [Tensor] = []
    for record in header.records {
      guard let type = record.type.elementType else { continue }
      let start = header.dataStart + record.range.lowerBound
      let bytes = try source.slice(at: start, count: record.range.count, "tensor")
      tensors.append(
        try Tensor(name: record.name, elementType: type, shape: record.shape, storage: .bytes(bytes), limits: limits))
    }
    return tensors
  }

  private func array(_ source: ByteSource, _ name: String) throws(ReadError) -> Tensor {
    let header = try NPYHeader(source, limits: limits)
    let bytes = try source.slice(at: header.dataOffset, count: header.layout.byteCount, "array")
    let contents = try header.layout.contents(named: name, in: .bytes(bytes), limits: limits)
    guard let tensor = contents.tensors.first, contents.tensors.count == 1, tensor.name == name,
      tensor.strides == Tensor.rowMajorStrides(tensor.shape)
    else { throw source.error(.malformed, "holds no array in C order", subject: name) }
    return tensor
  }

  /// Pairs of doubles as complex numbers: safetensors has no name for these.
  private func joined(_ parts: Tensor) throws(ReadError) -> Tensor {
    guard parts.shape.last == 2 else { return parts }
    return try Tensor(
      name: parts.name, elementType: .complex128, shape: Array(parts.shape.dropLast()), storage: parts.storage,
      limits: limits)
  }

  private func error(_ message: String, _ entry: DumpTensor) -> ReadError {
    ReadError(.malformed, message, file: index, subject: entry.name)
  }
}
