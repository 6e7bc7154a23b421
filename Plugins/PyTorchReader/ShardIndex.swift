import ModelReading
import StrictJSON

/// `pytorch_model.bin.index.json`: which tensor lies in which file of the folder.
struct ShardIndex {
  let path: String
  /// The shards in the order of their names, each with its tensors.
  let shards: [(file: String, tensors: Set<ByteString>)]

  static let suffix = ".bin.index.json"

  /// Whether a folder is one model in several files. Where it is there as safetensors too, that is preferred.
  static func probe(_ entries: [String]) -> Match {
    guard !entries.contains(where: { $0.hasSuffix(".safetensors") || $0.hasSuffix(".safetensors.index.json") }) else {
      return .no
    }
    return entries.contains { $0.hasSuffix(suffix) } ? .certain : .no
  }

  static func probe(_ prefix: RawSpan) -> Match {
    guard prefix.byte(at: 0) == UInt8(ascii: "{") else { return .no }
    let text = prefix.extracting(first: Format.probeLength).copy()
    return contains(text, "\"weight_map\"") && contains(text, ".bin\"") ? .certain : .no
  }

  private static func contains(_ bytes: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    guard bytes.count >= word.count else { return false }
    return (0...(bytes.count - word.count)).contains { bytes[$0] == word[0] && bytes[$0...].starts(with: word) }
  }

  /// The index in a folder.
  init(_ directory: ModelDirectory, limits: Limits) throws(ReadError) {
    guard let name = directory.entries.first(where: { $0.hasSuffix(Self.suffix) }) else {
      throw ReadError(.unrecognized, "is a folder without an index of .bin files", file: directory.path)
    }
    try self.init(ByteSource(directory.open(name, referredToBy: directory.path)), limits: limits)
  }

  /// - Throws: `.malformed` if it is no index.
  init(_ source: ByteSource, limits: Limits) throws(ReadError) {
    path = source.label
    let root = try JSON.parse(source, limits: limits)
    guard let map = root["weight_map"], map.kind == .object else {
      throw root.error(.malformed, "has no weight_map that says which file holds which tensor")
    }
    guard map.count <= limits.maximumTensorCount else {
      throw map.error(.limitExceeded, "lists \(map.count) tensors, the limit is \(limits.maximumTensorCount)")
    }
    var files: [ByteString: Set<ByteString>] = [:]
    for (name, value) in map.members {
      guard let file = value.bytes, !file.bytes.contains(UInt8(ascii: "/")) else {
        throw value.error(.unsafeContent, "names no file of its own folder").about(name.description)
      }
      files[file, default: []].insert(name)
    }
    guard files.count <= limits.maximumExternalFiles else {
      throw map.error(.limitExceeded, "refers to \(files.count) files, the limit is \(limits.maximumExternalFiles)")
    }
    shards = files.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
      .map { ($0.key.description, $0.value) }
  }
}
