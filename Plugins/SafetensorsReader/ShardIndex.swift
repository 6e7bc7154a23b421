import ModelReading
import StrictJSON

/// `model.safetensors.index.json`: which tensor lies in which file of the folder.
struct ShardIndex {
  let path: String
  /// The shards in the order of their names, each with its tensors.
  let shards: [(file: String, tensors: Set<ByteString>)]

  static func probe(_ prefix: RawSpan) -> Match {
    guard prefix.byte(at: 0) == UInt8(ascii: "{") else { return .no }
    let text = prefix.extracting(first: Format.probeLength).copy()
    return contains(text, "\"weight_map\"") && contains(text, ".safetensors\"") ? .certain : .no
  }

  private static func contains(_ bytes: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    guard bytes.count >= word.count else { return false }
    return (0...(bytes.count - word.count)).contains { bytes[$0] == word[0] && bytes[$0...].starts(with: word) }
  }

  /// - Throws: `.malformed` if it is no index, `.unsafeContent` for files outside the folder.
  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
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
      guard let file = value.bytes else {
        throw value.error(.malformed, "names no file").about(name.description)
      }
      guard !file.bytes.contains(UInt8(ascii: "/")) else {
        throw value.error(
          .unsafeContent, "refers to the file '\(file)', which lies in another folder",
          hint: "shards must lie beside their index"
        ).about(name.description)
      }
      files[file, default: []].insert(name)
    }
    guard files.count <= limits.maximumExternalFiles else {
      throw map.error(
        .limitExceeded, "refers to \(files.count) files, the limit is \(limits.maximumExternalFiles)")
    }
    shards = files.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
      .map { ($0.key.description, $0.value) }
  }
}
