import ModelReading
import Sharding
import Zip

/// A model in one file or several, with all its tensors described.
struct OpenedModel {
  var variant: String
  var files: [String]
  var metadata: [(key: String, value: String)] = []
  var contents: CheckpointTensors

  /// One file.
  init(_ source: ByteSource, limits: Limits) throws(ReadError) {
    files = [source.label]
    contents = CheckpointTensors(limits: limits)
    if source.bytes.starts(with: "PK\u{3}\u{4}") {
      let archive = try ZipArchive(source, limits: limits)
      if ExportedProgram.isExported(archive) {
        variant = ExportedProgram.variant
        contents.add(try ExportedProgram(archive, source, limits: limits).listed)
        return
      }
      if let script = try ScriptModel(archive, limits: limits) {
        variant = ScriptModel.variant
        contents.add(script.listed)
        return
      }
    }
    guard !MobileModule.isOne(source.bytes) else {
      variant = MobileModule.variant
      contents.add(try MobileModule(source, limits: limits).listed)
      return
    }
    let saved = try SavedPickle.open(source, limits: limits)
    variant = saved.variant
    metadata = saved.metadata
    try contents.add(saved)
  }

  /// The folder of a distributed checkpoint.
  init(_ checkpoint: DistributedCheckpoint, limits: Limits) throws(ReadError) {
    variant = DistributedCheckpoint.variant
    metadata = checkpoint.metadata
    contents = CheckpointTensors(limits: limits)
    files = try [checkpoint.path] + contents.add(checkpoint)
  }

  /// The files that an index lists. A missing or cut one costs its own tensors, not the others.
  init(_ index: ShardIndex, in directory: ModelDirectory, limits: Limits) throws(ReadError) {
    variant = "sharded"
    files = [index.path]
    contents = CheckpointTensors(limits: limits)
    var failure: ReadError?
    for (name, wanted) in index.shards {
      do throws(ReadError) {
        try add(directory.open(name, referredToBy: index.path), wanted, limits)
      } catch {
        guard [.io, .truncated, .unrecognized].contains(error.code) else { throw error }
        failure = failure ?? error
        contents.add(
          Diagnostic(
            .incomplete, name, "\(error.message); \(wanted.count) tensors of the index lie in it", hint: error.hint))
      }
    }
    if let failure, contents.inventory.isEmpty { throw failure }
  }

  private mutating func add(_ file: MappedFile, _ wanted: Set<ByteString>, _ limits: Limits) throws(ReadError) {
    let saved = try SavedPickle.open(ByteSource(file), limits: limits)
    try contents.add(saved, names: .all)
    files.append(file.path)
    if metadata.isEmpty { metadata = saved.metadata }
    let held = Set(contents.inventory.map { ByteString($0.name) })
    for name in wanted.subtracting(held).sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      contents.add(Diagnostic(.incomplete, name.description, "is not in '\(file.path)', where the index has it"))
    }
  }
}
