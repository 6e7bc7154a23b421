public import ModelReading
import StrictJSON

/// The index of a model in several files, `….index.json`: which tensor lies in which file of its folder.
public struct ShardIndex: Sendable {
  /// The index itself.
  public let path: String
  /// The files in the order of their names, each with its tensors.
  public let shards: [(file: String, tensors: Set<ByteString>)]

  /// Whether a file begins as an index does.
  /// - Parameter suffix: of the files that it refers to: `.safetensors`.
  public static func probe(_ prefix: RawSpan, ofFiles suffix: String) -> Match {
    guard prefix.byte(at: 0) == UInt8(ascii: "{") else { return .no }
    let text = prefix.extracting(first: Format.probeLength).copy()
    return contains(text, "\"weight_map\"") && contains(text, "\(suffix)\"") ? .certain : .no
  }

  private static func contains(_ bytes: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    guard bytes.count >= word.count else { return false }
    return (0...(bytes.count - word.count)).contains { bytes[$0] == word[0] && bytes[$0...].starts(with: word) }
  }

  /// - Parameter mayListFiles: whether an entry may lie in several files, of which the index has a list.
  /// - Throws: `.malformed` if it is no index, `.unsafeContent` for files outside the folder,
  ///   `.limitExceeded` above the limits.
  public init(_ source: ByteSource, limits: Limits, mayListFiles: Bool = false) throws(ReadError) {
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
      for value in mayListFiles && value.kind == .array ? value.elements : [value] {
        files[try ShardIndex.file(value, of: name), default: []].insert(name)
      }
    }
    guard files.count <= limits.maximumExternalFiles else {
      throw map.error(.limitExceeded, "refers to \(files.count) files, the limit is \(limits.maximumExternalFiles)")
    }
    shards = files.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
      .map { ($0.key.description, $0.value) }
  }

  /// The file that the index names for a tensor.
  private static func file(_ value: JSON, of tensor: ByteString) throws(ReadError) -> ByteString {
    guard let file = value.bytes else { throw value.error(.malformed, "names no file").about(tensor.description) }
    guard !file.bytes.contains(UInt8(ascii: "/")) else {
      throw value.error(
        .unsafeContent, "refers to the file '\(file)', which lies in another folder",
        hint: "shards must lie beside their index"
      ).about(tensor.description)
    }
    return file
  }
}
