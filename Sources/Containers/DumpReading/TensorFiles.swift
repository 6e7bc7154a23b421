import DumpFormat
import ModelReading
import NumPyFormat
import SafetensorsFormat

/// Where the values of a dump are: its files, each opened when the first tensor in it is asked for.
struct TensorFiles {
  private let folder: ModelDirectory
  private let layout: DumpDocument.Layout
  private let index: String
  private let model: MappedFile?
  private let stream: ByteSource?
  private let limits: Limits
  /// Tensors by their names, for each file by its own.
  private var opened: [ByteString: [ByteString: Tensor]] = [:]
  /// The same of the layout `ranges`, whose files may be anything.
  private var mapped: [ByteString: ByteSource] = [:]
  /// Tensors of the stream by their names, when they have been asked for.
  private var streamed: [ByteString: Tensor]?
  /// Paths of the files opened, in that order.
  private(set) var paths: [String] = []
  /// Tensors of all files opened.
  private var found: [Tensor] = []
  private var claimed: Set<ByteString> = []

  init(
    _ folder: ModelDirectory, _ document: DumpDocument, index: String, model: MappedFile?, stream: ByteSource?,
    _ limits: Limits
  ) {
    self.folder = folder
    self.layout = document.layout
    self.index = index
    self.model = model
    self.stream = stream
    self.limits = limits
  }

  /// Names of the files opened.
  var names: Set<ByteString> { Set(opened.keys).union(mapped.keys) }

  var strays: [TensorRecord] {
    found.filter { !claimed.contains(ByteString($0.name)) }.map { TensorRecord($0) }
  }

  /// - Throws: `.io` without the file, `.unsafeContent` for one outside the folder, `.malformed` if the file does not
  ///   hold the tensor as the document has it, and what is wrong with the file itself.
  mutating func tensor(_ entry: DumpTensor) throws(ReadError) -> Tensor {
    if let offset = entry.offset, let file = entry.file { return try range(at: offset, of: file, entry) }
    let place = entry.file.map { "'\($0)'" } ?? "what stands behind the document"
    let tensors = if let file = entry.file { try tensors(of: file, for: entry) } else { try streamed(entry) }
    guard let stored = tensors[ByteString(entry.name)] else {
      throw error("is not in \(place), where the dump has it", entry)
    }
    claimed.insert(ByteString(entry.name))
    let tensor = try entry.elementType == .complex128 && stored.elementType == .float64 ? joined(stored) : stored
    guard tensor.elementType == entry.elementType, tensor.shape == entry.shape else {
      throw error(
        "is \(tensor.elementType.rawValue) \(tensor.shape) in \(place), the dump has "
          + "\(entry.elementType.rawValue) \(entry.shape)", entry)
    }
    return tensor
  }

  /// The elements where they lie.
  private mutating func range(at offset: Int, of name: String, _ entry: DumpTensor) throws(ReadError) -> Tensor {
    let source = try source(of: name, entry)
    guard let count = Tensor.elementCount(entry.shape),
      case (let size, false) = count.multipliedReportingOverflow(by: entry.elementType.byteWidth)
    else { throw error("has the shape \(entry.shape), whose size overflows", entry) }
    guard offset <= source.byteCount, size <= source.byteCount - offset else {
      throw error("has \(size) bytes at \(offset) of '\(name)', which has \(source.byteCount)", entry)
    }
    return try Tensor(
      name: entry.name, elementType: entry.elementType, byteOrder: entry.byteOrder, shape: entry.shape,
      storage: .bytes(try source.slice(at: offset, count: size, "tensor")), limits: limits)
  }

  private mutating func source(of name: String, _ entry: DumpTensor) throws(ReadError) -> ByteSource {
    if let known = mapped[ByteString(name)] { return known }
    guard mapped.count < limits.maximumExternalFiles else {
      throw ReadError(
        .limitExceeded, "refers to more than \(limits.maximumExternalFiles) files", file: index, subject: entry.name)
    }
    if let model, lastComponent(model.path).utf8.elementsEqual(name.utf8) {
      mapped[ByteString(name)] = ByteSource(model)
      return ByteSource(model)
    }
    let file = try folder.open(name, referredToBy: index)
    paths.append(file.path)
    mapped[ByteString(name)] = ByteSource(file)
    return ByteSource(file)
  }

  private mutating func streamed(_ entry: DumpTensor) throws(ReadError) -> [ByteString: Tensor] {
    if let streamed { return streamed }
    guard let stream else { throw error("is in no file, and nothing stands behind the document", entry) }
    let tensors = try shard(stream)
    found += tensors
    let map = Dictionary(tensors.map { (ByteString($0.name), $0) }) { first, _ in first }
    streamed = map
    return map
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

private func lastComponent(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
