import ModelReading
import Sharding

/// The files of one model.
struct ShardSet {
  let variant: String
  var files: [String]
  var shards: [Shard] = []
  /// Tensors that loaders ignore.
  var strays: [TensorRecord] = []
  var diagnostics: [Diagnostic] = []

  /// The metadata of all files; the first file's value counts where they differ.
  var metadata: Metadata {
    var seen = Set<ByteString>()
    return shards.flatMap(\.metadata).filter { seen.insert(ByteString($0.key)).inserted }
  }

  /// A folder is one model if it has an index, the usual file name, or files numbered as parts of a whole.
  ///
  /// Any other set of files is more likely several models, and left to be read one by one.
  static func probe(_ entries: [String]) -> Match {
    // A layer dump, if the reader of those agrees.
    if entries.contains("graph.json"), entries.contains(where: { $0.hasPrefix("weights") && $0.hasSuffix(suffix) }) {
      return .possible
    }
    if entries.contains(where: { $0.hasSuffix(indexSuffix) }) { return .certain }
    if entries.contains("model.safetensors") { return .certain }
    return entries.contains { PartNumber($0) != nil } ? .certain : .no
  }

  /// Whether a file begins as the index of such files.
  static func probe(_ prefix: RawSpan) -> Match { ShardIndex.probe(prefix, ofFiles: suffix) }

  private static let suffix = ".safetensors"
  private static let indexSuffix = ".safetensors.index.json"

  init(_ shard: Shard) {
    variant = "single file"
    files = [shard.path]
    shards = [shard]
  }

  /// The model in a folder.
  init(_ directory: ModelDirectory, _ limits: Limits) throws(ReadError) {
    let indices = directory.entries.filter { $0.hasSuffix(ShardSet.indexSuffix) }
    if let name = indices.first(where: { $0 == "model" + ShardSet.indexSuffix }) ?? indices.first {
      let file = try directory.open(name, referredToBy: directory.path)
      try self.init(ShardIndex(ByteSource(file), limits: limits), in: directory, limits)
      diagnostics += indices.filter { $0 != name }.map {
        Diagnostic(.leftOut, $0, "is a second index in the folder, '\(name)' is read", hint: "give its path to read it")
      }
      return
    }
    let names = directory.entries.filter { $0.hasSuffix(ShardSet.suffix) }
    guard !names.isEmpty else {
      throw ReadError(.unrecognized, "is a folder without safetensors files", file: directory.path)
    }
    if names.contains("model.safetensors") {
      try self.init(Shard(ByteSource(directory.open("model.safetensors", referredToBy: directory.path)), limits))
      diagnostics += names.filter { $0 != "model.safetensors" }.map {
        Diagnostic(.leftOut, $0, "lies beside model.safetensors, which is read", hint: "give its path to read it")
      }
      return
    }
    try self.init(parts: names, in: directory, limits)
  }

  /// The files that an index lists. A missing or cut one costs its own tensors, not the others.
  init(_ index: ShardIndex, in directory: ModelDirectory, _ limits: Limits) throws(ReadError) {
    variant = "sharded"
    files = [index.path]
    var failure: ReadError?
    for (name, wanted) in index.shards {
      do throws(ReadError) {
        let file = try directory.open(name, referredToBy: index.path)
        var shard = try Shard(ByteSource(file), limits)
        try checkMap(wanted, shard, index)
        leaveOut(shard.removeTensors { wanted.contains($0) }, of: name)
        files.append(shard.path)
        shards.append(shard)
      } catch {
        guard [.io, .truncated, .unrecognized].contains(error.code) else { throw error }
        failure = failure ?? error
        diagnostics.append(
          Diagnostic(
            .incomplete, name, "\(error.message); \(wanted.count) tensors of the index lie in it", hint: error.hint))
      }
    }
    if let failure, shards.isEmpty { throw failure }
    try checkCount(limits)
  }

  /// Files without an index.
  private init(parts names: [String], in directory: ModelDirectory, _ limits: Limits) throws(ReadError) {
    variant = "sharded"
    files = []
    guard names.count <= limits.maximumExternalFiles else {
      throw ReadError(
        .limitExceeded, "holds \(names.count) files, the limit is \(limits.maximumExternalFiles)", file: directory.path)
    }
    for name in names {
      let shard = try Shard(ByteSource(directory.open(name, referredToBy: directory.path)), limits)
      files.append(shard.path)
      shards.append(shard)
    }
    try checkUnique(directory)
    try checkCount(limits)
    diagnostics += missingParts(names)
  }

  private func checkMap(_ wanted: Set<ByteString>, _ shard: Shard, _ index: ShardIndex) throws(ReadError) {
    let held = Set(shard.inventory.map { ByteString($0.name) })
    let absent = wanted.subtracting(held).map(\.description).min()
    guard let absent else { return }
    throw ReadError(.malformed, "maps a tensor to '\(shard.path)', which does not hold it", file: index.path).about(
      absent)
  }

  private mutating func leaveOut(_ records: [TensorRecord], of file: String) {
    strays += records
    diagnostics += records.map {
      Diagnostic(.leftOut, $0.name, "lies in '\(file)' and is not in the index, so that loaders ignore it")
    }
  }

  private func checkUnique(_ directory: ModelDirectory) throws(ReadError) {
    var homes: [ByteString: String] = [:]
    for shard in shards {
      for record in shard.inventory {
        guard let home = homes.updateValue(shard.path, forKey: ByteString(record.name)) else { continue }
        throw ReadError(
          .unrecognized, "holds a tensor twice, in '\(home)' and '\(shard.path)'", file: directory.path,
          subject: record.name, hint: "if these are several models, give their files one by one")
      }
    }
  }

  private func checkCount(_ limits: Limits) throws(ReadError) {
    let count = shards.reduce(0) { $0 + $1.inventory.count }
    guard count <= limits.maximumTensorCount else {
      throw ReadError(
        .limitExceeded, "has \(count) tensors, the limit is \(limits.maximumTensorCount)", file: files.first ?? "")
    }
  }
}

/// Numbers in names like `model-00002-of-00005.safetensors`.
private struct PartNumber {
  let stem: String
  let part: Int
  let total: Int

  init?(_ name: String) {
    guard name.hasSuffix(".safetensors") else { return nil }
    let words = name.dropLast(12).split(separator: "-", omittingEmptySubsequences: false)
    guard words.count >= 3, words[words.count - 2] == "of", let part = PartNumber.number(words[words.count - 3]),
      let total = PartNumber.number(words[words.count - 1])
    else { return nil }
    stem = words.dropLast(3).joined(separator: "-")
    self.part = part
    self.total = total
  }

  private static func number(_ text: Substring) -> Int? {
    text.utf8.count <= 6 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      ? Int(text) : nil
  }
}

/// One diagnostic per number that is missing from the names of the parts.
private func missingParts(_ names: [String]) -> [Diagnostic] {
  let parts = names.compactMap(PartNumber.init)
  guard let first = parts.first, parts.count == names.count, first.total <= 10_000 else { return [] }
  let present = Set(parts.map(\.part))
  return (1...max(1, first.total)).filter { !present.contains($0) }.map {
    Diagnostic(
      .incomplete, "\(first.stem) part \($0)", "is missing: the names announce \(first.total) files",
      hint: "the download may be incomplete")
  }
}
