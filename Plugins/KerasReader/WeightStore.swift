import HDF5
import ModelReading
import Sharding

/// The arrays of a model, from one file or several, and what stands beside them.
struct WeightStore {
  /// The HDF5 files, in the order of the index if there is one.
  private(set) var files: [HDF5File] = []
  private(set) var arrays: [StoredArray] = []
  /// What no tensor can be made of.
  private(set) var others: [TensorRecord] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// Files that were opened besides the one given.
  private(set) var paths: [String] = []
  /// Names of objects by the paths of their variable groups.
  private var savedNames: [ByteString: String] = [:]

  /// One HDF5 file.
  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    try add(HDF5File(source, limits: limits), limits)
  }

  /// Arrays in NumPy's archive.
  init(arraysOf source: ByteSource, _ limits: Limits) throws(ReadError) {
    let archive = try ObjectArchive(source, limits)
    arrays = archive.tensors.enumerated().map { StoredArray($0.element, order: $0.offset) }
    others = archive.others
    diagnostics = archive.diagnostics
  }

  /// The HDF5 files that an index lists. A missing or cut one costs its own variables, not the others.
  init(_ index: ShardIndex, in place: ModelPlace, _ limits: Limits) throws(ReadError) {
    var failure: ReadError?
    let sources = index.shards.map { shard in
      Result { () throws(ReadError) in try place.open(shard.file, referredToBy: index.path) }
    }
    for ((name, groups), file) in zip(index.shards, HDF5File.all(sources, limits: limits)) {
      do throws(ReadError) {
        let file = try file.get()
        try add(file, limits, groups: groups)
        paths.append(file.source.label)
      } catch {
        guard [.io, .truncated, .unrecognized].contains(error.code) else { throw error }
        failure = failure ?? error
        diagnostics.append(
          Diagnostic(
            .incomplete, name, "\(error.message); \(groups.count) groups of the index lie in it", hint: error.hint))
      }
    }
    if let failure, files.isEmpty { throw failure }
  }

  /// What a file calls the object at `path`; Keras wrote no names before version 3.6.
  func savedName(at path: String) -> String? { savedNames[ByteString(join(path, "vars"))] }

  /// - Parameter groups: those that the index maps to the file, with a slash in front; `nil` without an index.
  private mutating func add(
    _ file: HDF5File, _ limits: Limits, groups: Set<ByteString>? = nil
  ) throws(ReadError) {
    let source = file.source
    let count = arrays.count + file.index.datasets.count
    guard count <= limits.maximumTensorCount else {
      throw source.error(.limitExceeded, "has \(count) arrays, the limit is \(limits.maximumTensorCount)")
    }
    files.append(file)
    let ranks = file.index.datasets.saveRanks
    var found = file.index.datasets.enumerated().map {
      StoredArray($0.element, in: file, order: arrays.count + ranks[$0.offset])
    }
    if let groups { try removeStrays(&found, groups, source) }
    arrays += found
    for group in file.index.groups { savedNames[group.path] = group.attribute("name")?.string }
    for finding in file.index.findings {
      diagnostics.append(
        Diagnostic(
          finding.kind == .refused ? .unsafeContent : .unreadableTensor, finding.path.description, finding.message))
    }
  }

  /// Takes out what loaders do not see, having asked the index.
  private mutating func removeStrays(
    _ found: inout [StoredArray], _ groups: Set<ByteString>, _ source: ByteSource
  ) throws(ReadError) {
    let absent = groups.subtracting(found.map(\.group)).map(\.description).min()
    if let absent {
      throw source.error(.malformed, "is said by its index to hold a group and does not").about(absent)
    }
    let known = Set(arrays.map(\.path))
    found.removeAll { array in
      let isStray = !groups.contains(array.group)
      guard isStray || known.contains(array.path) else { return false }
      if isStray { others.append(array.record) }
      diagnostics.append(
        Diagnostic(
          .leftOut, array.path.description,
          isStray
            ? "lies in '\(source.label)' and is not in the index, so that loaders ignore it"
            : "lies in '\(source.label)' once more; the first one counts"))
      return true
    }
  }
}

extension StoredArray {
  /// Path of the group that holds the array, with a slash in front, as an index spells it.
  fileprivate var group: ByteString {
    let end = path.bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
    return ByteString([UInt8(ascii: "/")] + path.bytes[..<end])
  }
}

extension [HDF5Index.Dataset] {
  /// For each dataset, its place in the order of saving: headers lie in that order.
  fileprivate var saveRanks: [Int] {
    var ranks = [Int](repeating: 0, count: count)
    for (rank, index) in indices.sorted(by: { (self[$0].address, $0) < (self[$1].address, $1) }).enumerated() {
      ranks[index] = rank
    }
    return ranks
  }
}
