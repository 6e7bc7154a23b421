import ModelReading
import Pickle

/// A tensor and what it shares with others.
struct BuiltTensor {
  var tensor: Tensor
  /// Equal for tensors that are the same elements of the same storage; `nil` where nothing can be shared.
  var identity: Identity?

  struct Identity: Hashable {
    var storage: String
    var byteOffset: Int
    var elementType: ElementType
    var shape: [Int]
    var strides: [Int]
  }
}

/// Makes tensors of what a pickle says of them.
struct TensorBuilder {
  let pickle: Pickle
  let storages: StorageTable
  let limits: Limits
  /// How many containers lie around this one.
  let depth: Int
  let forms: TensorForms
  /// Storages that lie in the pickle itself, by the node that holds them.
  private var embedded: [Pickle.ID: TensorStorage] = [:]
  /// Bytes taken out of the pickle to be decoded or read as a file.
  private var spentByteCount = 0

  init(_ pickle: Pickle, _ storages: StorageTable, limits: Limits, depth: Int) {
    self.pickle = pickle
    self.storages = storages
    self.limits = limits
    self.depth = depth
    forms = TensorForms(pickle: pickle, views: storages.views, maximumRank: limits.maximumRank)
  }

  /// The tensor under its name.
  /// - Throws: `.unsupported` for a kind of tensor that is not read; whatever is wrong with it otherwise.
  mutating func tensor(_ form: TensorForm, named name: String) throws(ReadError) -> BuiltTensor {
    switch form {
    case .view(let view): return try tensor(view, named: name)
    case .array(let id, _): return try arrayTensor(id, named: name)
    case .sparse(let form): return BuiltTensor(tensor: try dense(form, named: name))
    case .wrapper(let type, _): throw wrapped(type, named: name)
    case .entry: throw pickle.source.error(.malformed, "is in no pickle", subject: name)
    case .unsupported(let reason, _): throw pickle.source.error(.unsupported, reason, subject: name)
    }
  }

  private mutating func tensor(_ view: StoredView, named name: String) throws(ReadError) -> BuiltTensor {
    let storage = try storage(view.storage)
    let type = try elementType(view, storage, name)
    let built = try BuiltTensor(view: view, type, of: storage, named: name, limits: limits)
    if let quantizer = view.quantizer { return BuiltTensor(tensor: try dequantized(built.tensor, quantizer)) }
    guard !(view.isConjugated && type.isComplex) else {
      throw pickle.source.error(.unsupported, "is complex, and to be conjugated when read", subject: name)
    }
    return view.isNegated ? BuiltTensor(tensor: try negated(built.tensor)) : built
  }

  /// The tensor with the sign of each element changed, when its bytes are asked for.
  private func negated(_ stored: Tensor) throws(ReadError) -> Tensor {
    let width = stored.elementType.byteWidth
    guard [.float16, .bfloat16, .float32, .float64].contains(stored.elementType) else {
      throw pickle.source.error(
        .unsupported, "is \(stored.elementType.rawValue), and to be negated when read", subject: stored.name)
    }
    let storage = ProducedBytes(byteCount: stored.byteCount, label: stored.storage.label) {
      () throws(ReadError) -> [UInt8] in
      var bytes = try stored.littleEndianBytes()
      for sign in stride(from: width - 1, to: bytes.count, by: width) { bytes[sign] ^= 0x80 }
      return bytes
    }
    return try Tensor(
      name: stored.name, elementType: stored.elementType, shape: stored.shape, storage: .produced(storage),
      limits: limits)
  }

  private mutating func dense(_ form: SparseForm, named name: String) throws(ReadError) -> Tensor {
    var parts: [Tensor] = []
    for id in form.parts {
      guard let part = forms.form(of: id), case .view = part else {
        throw pickle.source.error(.malformed, "is sparse, and its indices or elements are no tensor", subject: name)
      }
      parts.append(try tensor(part, named: name).tensor)
    }
    return try SparseTensor(name, form.layout, parts: parts, shape: form.shape).dense(limits)
  }

  private func wrapped(_ type: String, named name: String) -> ReadError {
    guard !type.hasSuffix(".DTensor") else {
      return pickle.source.error(
        .unsupported, "is a tensor distributed over several processes, of which this file has one's part",
        subject: name, hint: "save its full_tensor()")
    }
    return pickle.source.error(
      .unsupported, "is a \(type), whose elements lie in the tensors below it", subject: name,
      hint: type.hasPrefix("torchao.") ? "save its dequantize()" : nil)
  }

  private func elementType(
    _ view: StoredView, _ storage: TensorStorage, _ name: String
  ) throws(ReadError) -> ElementType {
    switch view.dtype ?? storage.type {
    case .elements(let type): return type
    case .unsupported(let type):
      throw pickle.source.error(.unsupported, "has elements of type \(type), which is not read", subject: name)
    case .untyped:
      throw pickle.source.error(.malformed, "lies in an untyped storage and does not say what it is", subject: name)
    }
  }
}

extension BuiltTensor {
  /// A view of a storage.
  /// - Throws: as `Tensor.init`.
  init(
    view: StoredView, _ type: ElementType, of storage: TensorStorage, named name: String, limits: Limits
  ) throws(ReadError) {
    tensor = try Tensor(
      name: name, elementType: type, byteOrder: storage.byteOrder, shape: view.shape, strides: view.strides,
      elementOffset: view.elementOffset, storage: storage.bytes, limits: limits)
    guard tensor.elementCount > 0 else { return }
    // The tensor lies inside its storage, so its position is far from overflow.
    let offset = storage.rootOffset + tensor.elementOffset * type.byteWidth
    identity = Identity(
      storage: storage.identity, byteOffset: offset, elementType: type, shape: tensor.shape, strides: tensor.strides)
  }
}

// MARK: - Storages

extension TensorBuilder {
  private mutating func storage(_ storage: StoredView.Storage) throws(ReadError) -> TensorStorage {
    switch storage {
    case .key(let key):
      return try storages.storage(StorageReference(key: key), in: pickle.source)
    case .node(let id): return try self.storage(id)
    }
  }

  /// - Parameter id: a persistent reference, the tuple that one would have (the oldest
  ///   files), or a whole file inside the pickle.
  private mutating func storage(_ id: Pickle.ID) throws(ReadError) -> TensorStorage {
    if let known = embedded[id] { return known }
    if case .persistent(let key) = pickle[id] {
      return try storages.storage(reference(key), in: pickle.source)
    }
    if pickle.tuple(id) != nil { return try storages.storage(reference(id), in: pickle.source) }
    try spend(0)
    guard pickle.callable(of: id)?.name == "_load_from_bytes", let bytes = pickle.arguments(of: id)?.first,
      let contents = pickle.bytes(bytes)
    else { throw pickle.source.error(.malformed, "a tensor is built over something that is no storage") }
    try spend(contents.byteCount)
    let loaded = try embeddedStorage(contents, identity: "\(pickle.source.label) embedded \(embedded.count)")
    embedded[id] = loaded
    return loaded
  }

  /// ('storage', type, key, location, elements[, (view key, first element, elements)]), or a number alone.
  private func reference(_ id: Pickle.ID) throws(ReadError) -> StorageReference {
    if let key = pickle.integer(id).map({ "\($0)" }) ?? pickle.text(id) { return StorageReference(key: key) }
    guard let parts = pickle.tuple(id), parts.count >= 5, pickle.text(parts[0]) == "storage",
      let type = pickle.global(parts[1]).flatMap({ StorageType($0) }),
      let key = pickle.text(parts[2]) ?? pickle.integer(parts[2]).map({ "\($0)" }),
      let count = pickle.integer(parts[4]), count >= 0
    else {
      throw pickle.source.error(.malformed, "a storage is not referred to as ('storage', type, key, location, size)")
    }
    var reference = StorageReference(key: key, type: type, elementCount: count)
    if parts.count > 5, let view = pickle.tuple(parts[5]) {
      guard view.count == 3, let first = pickle.integer(view[1]), let size = pickle.integer(view[2]), first >= 0,
        size >= 0, first <= Int.max - size
      else { throw pickle.source.error(.malformed, "storage '\(key)' is viewed by other than (key, first, count)") }
      reference.part = first..<first + size
    }
    return reference
  }

  /// Counts bytes that are decoded: together they are no more than the pickle has, unless
  /// the same ones are decoded again and again.
  mutating func spend(_ byteCount: Int) throws(ReadError) {
    let (sum, overflow) = spentByteCount.addingReportingOverflow(byteCount)
    spentByteCount = overflow ? Int.max : sum
    guard spentByteCount / 2 <= pickle.source.byteCount else {
      throw pickle.source.error(
        .limitExceeded, "decodes \(spentByteCount) bytes out of a pickle of \(pickle.source.byteCount)")
    }
  }

  /// The storage in a file that was saved into the pickle, which consists of that storage alone.
  private func embeddedStorage(_ contents: ByteSource, identity: String) throws(ReadError) -> TensorStorage {
    guard depth < limits.maximumContainerDepth else {
      throw pickle.source.error(
        .limitExceeded, "files lie in each other more than \(limits.maximumContainerDepth) deep")
    }
    let inner = try SavedPickle.open(contents, limits: limits)
    var builder = TensorBuilder(inner.pickle, inner.storages, limits: limits, depth: depth + 1)
    var storage = try builder.storage(inner.pickle.root)
    storage.identity = identity + "/" + storage.identity
    return storage
  }
}
