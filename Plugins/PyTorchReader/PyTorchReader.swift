import HubConfiguration
public import ModelReading
import Sharding
import StateDictionary

/// Reads what `torch.save` and its predecessors wrote, without running any of it.
///
/// Zip archives with `data.pkl`, TorchScript among them; the legacy format
/// before 1.6; the tar archives before 0.1.10; plain pickles with tensors in
/// them; programs of `torch.export`; several files with an index; distributed checkpoints. Tensors are views into
/// the mapped files.
public struct PyTorchReader: ModelReader {
  public static let format = Format(
    name: "pytorch", summary: "PyTorch checkpoints: zip, legacy, tar, TorchScript, pickled modules",
    fileExtensions: ["pt", "pth", "bin", "ckpt", "th", "pkl", "pickle", "tar", "ptl", "pt2", "distcp"])
  public var format: Format { Self.format }

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match {
    if SavedPickle.hasMagic(prefix) || SavedPickle.isCheckpointTar(prefix) { return .certain }
    if prefix.starts(with: "PYTORCH1") || MobileModule.isOne(prefix) { return .certain }
    if prefix.starts(with: "PK\u{3}\u{4}") { return hasTorchMember(prefix) ? .certain : .possible }
    if ShardIndex.probe(prefix) == .certain { return .certain }
    return SavedPickle.isPickle(prefix) || SavedPickle.isTar(prefix) ? .possible : .no
  }

  public func probe(_ directory: ModelDirectory) -> Match {
    DistributedCheckpoint.isOne(directory) ? .certain : ShardIndex.probe(directory.entries)
  }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    let model = try opened(input, limits)
    let contents = model.contents
    let configuration = HubConfiguration(beside: input, limits: limits)
    let state = StateDictionary.layers(
      from: contents.tensors, aliases: contents.aliases, convention: .pytorch, order: .given,
      hints: configuration.hints, limits: limits)
    return LayerGraph(
      format: Self.format.name, variant: model.variant, producer: "PyTorch", files: model.files,
      metadata: model.metadata + configuration.metadata, layers: state.layers, inventory: contents.inventory,
      diagnostics: configuration.diagnostics + contents.diagnostics + state.diagnostics)
  }

  private func opened(_ input: ModelInput, _ limits: Limits) throws(ReadError) -> OpenedModel {
    switch input {
    case .directory(let directory):
      guard !DistributedCheckpoint.isOne(directory) else {
        return try OpenedModel(DistributedCheckpoint(directory, limits: limits), limits: limits)
      }
      return try OpenedModel(ShardIndex(directory, limits: limits), in: directory, limits: limits)
    case .file(let file):
      guard !DistributedCheckpoint.isPart(file.path) else {
        return try OpenedModel(DistributedCheckpoint(input.folder(), limits: limits), limits: limits)
      }
      let source = ByteSource(file)
      guard ShardIndex.probe(source.bytes) != .no else { return try OpenedModel(source, limits: limits) }
      return try OpenedModel(ShardIndex(source, limits: limits), in: input.folder(), limits: limits)
    }
  }

  /// Whether the first member of the archive is one that PyTorch writes first.
  private func hasTorchMember(_ prefix: RawSpan) -> Bool {
    let length = Int(prefix.byte(at: 26) ?? 0) | Int(prefix.byte(at: 27) ?? 0) << 8
    guard length <= prefix.byteCount, prefix.byteCount - length >= 30 else { return false }
    let name = ByteString(prefix.extracting(30..<30 + length).copy())
    let first = [
      "data.pkl", "constants.pkl", "version", "byteorder", ".format_version", "archive_format", "model.json",
      "serialized_exported_program.json", "serialized_state_dict.pt",
    ]
    return first.contains { name.isMember($0) }
  }
}

extension ModelReader where Self == PyTorchReader {
  /// The reader of PyTorch checkpoints.
  public static var pytorch: PyTorchReader { PyTorchReader() }
}
