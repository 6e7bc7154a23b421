import ModelReading
import Pickle

/// A checkpoint of `torch.distributed.checkpoint`: a folder with a pickled index, `.metadata`,
/// and files of chunks, each of which is a whole file of `torch.save`.
struct DistributedCheckpoint {
  static let variant = "distributed"
  static let indexName = ".metadata"

  /// The tensors under their paths, each by its position here.
  private(set) var found: [FoundTensor] = []
  private(set) var metadata: [(key: String, value: String)] = []
  private(set) var diagnostics: [Diagnostic]

  private let index: Pickle
  private let directory: ModelDirectory
  private let limits: Limits
  private let forms: TensorForms
  private var chunks: [[Chunk]] = []
  private var chunkCount = 0
  private var nameByteCount = 0

  /// A box of a tensor, and where it is stored.
  private struct Chunk {
    var offsets: [Int]
    var sizes: [Int]
    var place: Place?
  }

  private struct Place {
    var file: String
    var offset: Int
    var byteCount: Int
    /// Whether the bytes were transformed (compressed) before they were written.
    var isTransformed: Bool
  }

  private struct Key: Hashable {
    var name: ByteString
    var offsets: [Int]
  }

  /// Whether a folder is such a checkpoint, by the names in it. The index is hidden.
  static func isOne(_ directory: ModelDirectory) -> Bool { directory.entries.contains { $0.hasSuffix(".distcp") } }

  /// Whether a file is a part of one.
  static func isPart(_ path: String) -> Bool { path.hasSuffix(".distcp") || path.hasSuffix("/" + indexName) }

  /// - Throws: `.io` without the index, `.malformed` if that is none, `.limitExceeded` above the limits.
  init(_ directory: ModelDirectory, limits: Limits) throws(ReadError) {
    self.directory = directory
    self.limits = limits
    let file = try directory.open(Self.indexName, referredToBy: directory.path)
    guard file.byteCount <= limits.maximumIndexBytes else {
      throw ReadError(
        .limitExceeded, "has \(file.byteCount) bytes, the limit is \(limits.maximumIndexBytes)", file: file.path)
    }
    index = try Pickle(ByteSource(file), limits: limits)
    forms = TensorForms(pickle: index, views: [:], maximumRank: limits.maximumRank)
    diagnostics = GlobalReport.diagnostics(index, subject: file.path)
    guard let tensors = attribute("state_dict_metadata", of: index.root).flatMap(index.entries),
      let stored = attribute("storage_data", of: index.root).flatMap(index.entries)
    else { throw index.source.error(.malformed, "is no index of a distributed checkpoint") }
    if let version = attribute("version", of: index.root).flatMap(index.text) {
      metadata.append(("checkpoint version", version))
    }
    let places = try places(stored)
    let paths = try paths(attribute("planner_data", of: index.root).flatMap(index.entries) ?? [])
    for (key, value) in tensors { try add(key, value, places, paths) }
  }

  /// The path of the index.
  var path: String { index.source.label }

  /// An attribute of an object. There are few of them; a large dictionary that many share is not searched.
  private func attribute(_ name: String, of id: Pickle.ID) -> Pickle.ID? {
    guard let state = index.state(of: id), case .dictionary(let flat) = index[state], flat.count <= 32 else {
      return nil
    }
    return index.value(in: state, forKey: name)
  }

  /// - Throws: `.limitExceeded` if all names together are longer than an index may be.
  private mutating func name(_ id: Pickle.ID?) throws(ReadError) -> ByteString? {
    guard let name = id.flatMap(index.text) else { return nil }
    nameByteCount += name.utf8.count
    guard name.utf8.count <= limits.maximumNameBytes, nameByteCount <= limits.maximumIndexBytes else {
      throw index.source.error(
        .limitExceeded, "has a tensor's name of \(name.utf8.count) bytes, the limit is \(limits.maximumNameBytes)",
        hint: "the limit for all names together is \(limits.maximumIndexBytes)")
    }
    return ByteString(name)
  }

  /// `{MetadataIndex(fqn, offset): _StorageInfo(relative_path, offset, length)}`
  private mutating func places(_ entries: [(key: Pickle.ID, value: Pickle.ID)]) throws(ReadError) -> [Key: Place] {
    var places: [Key: Place] = [:]
    for (key, value) in entries {
      guard let name = try name(attribute("fqn", of: key)),
        let offsets = attribute("offset", of: key).flatMap(forms.size),
        let file = try self.name(attribute("relative_path", of: value)),
        let offset = attribute("offset", of: value).flatMap(index.integer),
        let byteCount = attribute("length", of: value).flatMap(index.integer)
      else { continue }
      let transforms = attribute("transform_descriptors", of: value).flatMap(index.elements) ?? []
      places[Key(name: name, offsets: offsets)] = Place(
        file: file.description, offset: offset, byteCount: byteCount, isTransformed: !transforms.isEmpty)
    }
    return places
  }

  /// `{name: (key, key, …)}`: where each tensor stood in the nested dictionaries.
  private mutating func paths(
    _ entries: [(key: Pickle.ID, value: Pickle.ID)]
  ) throws(ReadError) -> [ByteString: [String]] {
    var paths: [ByteString: [String]] = [:]
    for (key, value) in entries {
      guard let name = try name(key), let parts = index.tuple(value), parts.count <= limits.maximumNesting else {
        continue
      }
      var path: [String] = []
      for part in parts {
        guard let component = try self.name(part)?.description ?? index.integer(part).map({ "\($0)" }) else { break }
        path.append(component)
      }
      if path.count == parts.count, !path.isEmpty { paths[name] = path }
    }
    return paths
  }

  /// `TensorStorageMetadata(size, chunks)`; whatever else a checkpoint holds is no tensor.
  private mutating func add(
    _ key: Pickle.ID, _ value: Pickle.ID, _ places: [Key: Place], _ paths: [ByteString: [String]]
  ) throws(ReadError) {
    guard let list = attribute("chunks", of: value).flatMap(index.elements),
      let shape = attribute("size", of: value).flatMap(forms.size), let name = try name(key)
    else { return }
    chunkCount += list.count
    guard chunkCount <= limits.maximumTensorCount else {
      throw index.source.error(.limitExceeded, "lists more than \(limits.maximumTensorCount) chunks")
    }
    let path = paths[name] ?? [name.description]
    found.append(
      FoundTensor(
        path: path, containerDepth: path.count, form: .entry(chunks.count, shape: shape), isOptimizerState: false))
    chunks.append(
      list.compactMap { chunk in
        guard let offsets = attribute("offsets", of: chunk).flatMap(forms.size),
          let sizes = attribute("sizes", of: chunk).flatMap(forms.size)
        else { return nil }
        return Chunk(offsets: offsets, sizes: sizes, place: places[Key(name: name, offsets: offsets)])
      })
  }
}

// MARK: - Tensors

extension DistributedCheckpoint {
  /// The tensor at a position, put together of its chunks when its bytes are asked for.
  /// - Parameter files: those that have been opened, by name.
  /// - Throws: whatever is wrong with its chunks.
  func tensor(
    _ position: Int, named name: String, shape: [Int], _ files: inout [String: MappedFile]
  ) throws(ReadError) -> BuiltTensor {
    var parts: [ChunkedTensor.Part] = []
    for chunk in chunks[position] {
      parts.append(.init(offsets: chunk.offsets, tensor: try tensor(chunk, named: name, &files)))
    }
    if parts.count == 1, parts[0].tensor.shape == shape { return BuiltTensor(tensor: parts[0].tensor) }
    return BuiltTensor(tensor: try ChunkedTensor(name, shape, parts, file: path).tensor(limits))
  }

  private func tensor(
    _ chunk: Chunk, named name: String, _ files: inout [String: MappedFile]
  ) throws(ReadError) -> Tensor {
    guard let place = chunk.place else {
      throw index.source.error(.malformed, "has no place for the chunk at \(chunk.offsets)", subject: name)
    }
    guard !place.isTransformed else {
      throw index.source.error(.unsupported, "is stored compressed", subject: name, hint: "save it without extensions")
    }
    let file: MappedFile
    if let known = files[place.file] { file = known } else { file = try directory.open(place.file, referredToBy: path) }
    files[place.file] = file
    let source = try ByteSource(file).slice(at: place.offset, count: place.byteCount, "the chunk at \(chunk.offsets)")
    let tensor = try SavedPickle.tensor(
      in: source.labelled("\(file.path)!\(place.offset)"), named: name, limits: limits, depth: 1
    ).tensor
    guard tensor.shape == chunk.sizes else {
      throw source.error(
        .malformed, "is \(tensor.shape), where the index has \(chunk.sizes)", subject: name)
    }
    return tensor
  }
}
