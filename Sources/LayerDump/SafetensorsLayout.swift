import DumpFormat
import ModelReading
import SafetensorsFormat
import StrictJSON

/// The values in one safetensors file, or in several and an index.
struct SafetensorsLayout {
  private static let stem = "weights"
  private static let suffix = ".safetensors"

  /// Indices of the tensors of each file, in order.
  private let shards: [[Int]]
  private let tensors: [StoredTensor]

  /// - Parameter shardByteCount: a file has no more bytes of values, unless one tensor has.
  init(_ tensors: [StoredTensor], _ shardByteCount: Int) {
    self.tensors = tensors
    var shards: [[Int]] = [[]]
    var size = 0
    for (index, tensor) in tensors.enumerated() {
      let count = tensor.byteCount
      if size > 0, count > shardByteCount - min(size, shardByteCount) {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(index)
      size += count
    }
    self.shards = shards
  }

  /// Writes the files, and puts their names and the digests into the document.
  func write(
    to folder: String, _ writer: inout TensorWriter, _ document: inout DumpDocument
  ) throws(DumpError) {
    for (number, shard) in shards.enumerated() {
      let name = self.name(ofShard: number)
      try write(shard, to: folder, name, &writer, &document)
      document.files.append(name)
    }
    guard shards.count > 1 else { return }
    let index = self.index(document)
    let name = SafetensorsLayout.stem + SafetensorsLayout.suffix + ".index.json"
    try writing { () throws(WriteError) in try writeText(index, to: folder + "/" + name) }
    document.files.append(name)
  }

  private func name(ofShard number: Int) -> String {
    guard shards.count > 1 else { return SafetensorsLayout.stem + SafetensorsLayout.suffix }
    func digits(_ number: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)" }
    return "\(SafetensorsLayout.stem)-\(digits(number + 1))-of-\(digits(shards.count))\(SafetensorsLayout.suffix)"
  }

  private func write(
    _ shard: [Int], to folder: String, _ name: String, _ writer: inout TensorWriter, _ document: inout DumpDocument
  ) throws(DumpError) {
    var indices: [ByteString: Int] = [:]
    for index in shard { indices[ByteString(tensors[index].name)] = index }
    let layout = try writing { () throws(WriteError) in
      try SafetensorsWriter(
        shard.map { tensors[$0].safetensorsEntry }, metadata: [("format", "pt"), ("schema", DumpDocument.schema)])
    }
    let file = try writing { () throws(WriteError) in try AtomicFile(path: folder + "/" + name) }
    try writing { () throws(WriteError) in try unsafe file.append(layout.header.span.bytes) }
    var digests: [(tensor: Int, digest: BackgroundDigest)] = []
    for entry in layout.tensors {
      guard let index = indices[ByteString(entry.name)] else { continue }
      digests.append((index, try writer.write(tensors[index], to: file)))
      document.tensors[index].file = name
    }
    for (index, digest) in digests { document.tensors[index].sha256 = digest.hexadecimal() }
    do throws(WriteError) { try file.commit(replacing: false) } catch { throw .write(error) }
  }

  /// What loaders of other tools look up: which file holds which tensor.
  private func index(_ document: DumpDocument) -> String {
    var writer = JSONWriter(indented: true)
    writer.object { writer in
      writer.key("metadata")
      writer.object { $0.member("total_size", tensors.reduce(0) { $0 + $1.byteCount }) }
      writer.key("weight_map")
      writer.object { for tensor in document.tensors { $0.member(tensor.name, tensor.file) } }
    }
    return writer.text + "\n"
  }
}

extension StoredTensor {
  /// The format has no complex128: its two parts are an axis of their own.
  fileprivate var safetensorsEntry: SafetensorsWriter.Tensor {
    guard elementType == .complex128 else {
      return SafetensorsWriter.Tensor(name: name, elementType: elementType, shape: shape)
    }
    return SafetensorsWriter.Tensor(name: name, elementType: .float64, shape: shape + [2])
  }
}
