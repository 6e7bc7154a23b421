import ModelReading
import Sharding

extension ShardIndex {
  /// How the names of PyTorch's files end, and those of their indices.
  static let filesSuffix = ".bin"
  static let suffix = ".bin.index.json"

  /// Whether a folder is one model in several files. Where it is there as safetensors too, that is preferred.
  static func probe(_ entries: [String]) -> Match {
    guard !entries.contains(where: { $0.hasSuffix(".safetensors") || $0.hasSuffix(".safetensors.index.json") }) else {
      return .no
    }
    return entries.contains { $0.hasSuffix(suffix) } ? .certain : .no
  }

  static func probe(_ prefix: RawSpan) -> Match { probe(prefix, ofFiles: filesSuffix) }

  /// The index in a folder.
  init(_ directory: ModelDirectory, limits: Limits) throws(ReadError) {
    guard let name = directory.entries.first(where: { $0.hasSuffix(Self.suffix) }) else {
      throw ReadError(.unrecognized, "is a folder without an index of .bin files", file: directory.path)
    }
    try self.init(ByteSource(directory.open(name, referredToBy: directory.path)), limits: limits)
  }
}
