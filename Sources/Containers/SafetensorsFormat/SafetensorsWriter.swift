public import ModelReading

/// The layout of a safetensors file that is to be written: its header, and where each tensor goes.
///
/// Everything but the values is known before the first of them is written, so that tensors of any size can
/// follow in pieces. The same tensors and metadata give the same bytes, and those of the format's own writer:
/// tensors in the order of their types, then of their names' bytes, the header filled with spaces to a multiple of 8.
///
///     let writer = try SafetensorsWriter([.init(name: "fc.weight", elementType: .float32, shape: [10, 84])])
///     try writer.write(to: path) { tensor, values throws(WriteError) in
///       try values.append(bytes)      // little-endian, C order, as many pieces as you like
///     }
public struct SafetensorsWriter: Sendable {
  /// A tensor to be written.
  public struct Tensor: Sendable, Equatable {
    public var name: String
    public var elementType: ElementType
    public var shape: [Int]

    public init(name: String, elementType: ElementType, shape: [Int]) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
    }
  }

  /// In the order of the file.
  public let tensors: [Tensor]
  /// The first bytes of the file: the header's length and the header.
  public let header: [UInt8]
  /// Size of the whole file.
  public let byteCount: Int
  private let sizes: [Int]

  /// - Parameters:
  ///   - tensors: in any order.
  ///   - metadata: what `__metadata__` maps, in this order.
  /// - Throws: for a type that the format lacks, a size that overflows, a name or key that is there twice or reserved.
  public init(_ tensors: [Tensor], metadata: [(key: String, value: String)] = []) throws(WriteError) {
    try SafetensorsWriter.checkUnique(tensors.map(\.name) + [SafetensorsWriter.metadataKey], "tensor")
    try SafetensorsWriter.checkUnique(metadata.map(\.key), "metadata key")
    var placed: [(rank: Int, tensor: Tensor)] = []
    for tensor in tensors { placed.append((try SafetensorsWriter.rank(tensor), tensor)) }
    placed.sort { first, second in
      if first.rank != second.rank { return first.rank < second.rank }
      return first.tensor.name.utf8.lexicographicallyPrecedes(second.tensor.name.utf8)
    }
    self.tensors = placed.map(\.tensor)
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { "\(quoted($0.key)):\(quoted($0.value))" }
      entries.append("\(quoted(SafetensorsWriter.metadataKey)):{\(pairs.joined(separator: ","))}")
    }
    var sizes: [Int] = []
    var end = 0
    for (rank, tensor) in placed {
      let size = try SafetensorsWriter.byteCount(tensor)
      let (sum, overflow) = end.addingReportingOverflow(size)
      guard !overflow else { throw WriteError("the tensors together have more bytes than a file can hold") }
      let type = SafetensorsType.all[rank].name
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(quoted(tensor.name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(end),\(sum)]}")
      sizes.append(size)
      end = sum
    }
    let text = Array("{\(entries.joined(separator: ","))}".utf8)
    let length = (text.count + 7) / 8 * 8
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    header = prefix + text + [UInt8](repeating: UInt8(ascii: " "), count: length - text.count)
    let (total, overflow) = end.addingReportingOverflow(header.count)
    guard !overflow else { throw WriteError("the tensors together have more bytes than a file can hold") }
    byteCount = total
    self.sizes = sizes
  }

  /// Writes the file: `path` is what it was, or absent, until the new file is whole and on the disk.
  ///
  /// - Parameters:
  ///   - replacing: whether a file that is there may go.
  ///   - values: called for each tensor in the order of the file; appends exactly its bytes.
  public func write(
    to path: String, replacing: Bool = false, _ values: (Tensor, inout Values) throws(WriteError) -> Void
  ) throws(WriteError) {
    var sink = Values(file: try AtomicFile(path: path))
    try unsafe sink.file.append(header.span.bytes)
    for (tensor, size) in zip(tensors, sizes) {
      sink.remaining = size
      try values(tensor, &sink)
      guard sink.remaining == 0 else {
        throw WriteError("tensor '\(printable(tensor.name))' has \(size) bytes, \(size - sink.remaining) were given")
      }
    }
    try sink.finish(replacing: replacing)
  }

  /// Where the bytes of a tensor go, piece by piece.
  public struct Values: ~Copyable {
    fileprivate let file: AtomicFile
    /// Bytes of the tensor that are still to come.
    public fileprivate(set) var remaining = 0

    fileprivate init(file: consuming AtomicFile) { self.file = file }

    /// - Parameter bytes: little-endian, in C order.
    public mutating func append(_ bytes: RawSpan) throws(WriteError) {
      guard bytes.byteCount <= remaining else {
        throw WriteError("\(bytes.byteCount) bytes are given for a tensor that needs \(remaining) more")
      }
      try file.append(bytes)
      remaining -= bytes.byteCount
    }

    fileprivate consuming func finish(replacing: Bool) throws(WriteError) { try file.commit(replacing: replacing) }
  }

  private static let metadataKey = "__metadata__"

  private static func rank(_ tensor: Tensor) throws(WriteError) -> Int {
    guard let rank = SafetensorsType.all.firstIndex(where: { $0.elementType == tensor.elementType }) else {
      throw WriteError("safetensors has no \(tensor.elementType.rawValue), the type of '\(printable(tensor.name))'")
    }
    return rank
  }

  private static func byteCount(_ tensor: Tensor) throws(WriteError) -> Int {
    var count = tensor.elementType.byteWidth
    for extent in tensor.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw WriteError("'\(printable(tensor.name))' has the shape \(tensor.shape), which no file can hold")
      }
      count = product
    }
    return count
  }

  /// Names are told apart by their bytes, as readers do.
  private static func checkUnique(_ names: [String], _ kind: String) throws(WriteError) {
    var seen = Set<ByteString>()
    for name in names where !seen.insert(ByteString(name)).inserted {
      throw WriteError("there are two of the \(kind) '\(printable(name))', or the name is reserved")
    }
  }
}

/// `text` as JSON, escaped where it must be and nowhere else.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\u{8}": result += "\\b"
    case "\u{C}": result += "\\f"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
