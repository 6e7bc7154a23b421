import ModelReading

/// The files of one model.
struct PartSet {
  private(set) var parts: [Part] = []
  private(set) var diagnostics: [Diagnostic] = []

  var files: [String] { parts.map(\.path) }

  var variant: String {
    let format = parts.first?.header.format
    let version = "version \(format?.version ?? 0)"
    let words = [version, format?.order == .big ? "big-endian" : nil, parts.count > 1 ? "\(parts.count) parts" : nil]
    return words.compactMap(\.self).joined(separator: ", ")
  }

  /// Of all files; the first file's value counts where they differ.
  var metadata: [ByteString: MetadataValue] {
    parts.reduce(into: [:]) { result, part in result.merge(part.header.metadata) { first, _ in first } }
  }

  /// A folder is one model if it has the parts of just one; single files are left to be read one by one.
  static func probe(_ entries: [String]) -> Match { models(in: entries).count == 1 ? .certain : .no }

  /// What the numbered files of a folder are parts of.
  private static func models(in entries: [String]) -> Set<PartName> {
    Set(entries.compactMap(PartName.init).map { PartName(stem: $0.stem, part: 0, total: $0.total) })
  }

  /// The model in a folder.
  init(_ directory: ModelDirectory, _ limits: Limits) throws(ReadError) {
    guard PartSet.models(in: directory.entries).count == 1,
      let first = directory.entries.first(where: { PartName($0) != nil })
    else {
      throw ReadError(
        .unrecognized, "is a folder without the parts of one GGUF model", file: directory.path,
        hint: "give the path of a file")
    }
    let file = try directory.open(first, referredToBy: directory.path)
    try self.init(Part(ByteSource(file), limits), beside: .directory(directory), limits)
    diagnostics += directory.entries.filter { $0.hasSuffix(".gguf") && PartName($0) == nil }.map {
      Diagnostic(.leftOut, $0, "lies beside the parts of a model, which are read", hint: "give its path to read it")
    }
  }

  /// The model that a file is, or is a part of.
  init(_ part: Part, beside input: ModelInput, _ limits: Limits) throws(ReadError) {
    guard let split = part.header.split, split.count > 1 else {
      parts = [part]
      return
    }
    guard let name = PartName(lastComponent(part.path)), name.part == split.index + 1, name.total == split.count else {
      parts = [part]
      diagnostics.append(
        Diagnostic(
          .incomplete, part.path,
          "is part \(split.index) of \(split.count), counted from 0, and its name does not tell those of the others",
          hint: "parts are called \(PartName(stem: "NAME", part: 1, total: split.count).file(split.index + 1))"))
      return
    }
    guard split.count <= limits.maximumExternalFiles else {
      throw ReadError(
        .limitExceeded, "has \(split.count) parts, the limit is \(limits.maximumExternalFiles)", file: part.path)
    }
    try append(part, name, input.folder(), limits)
    try checkNames(limits)
    checkCount()
  }

  /// All parts in order. A missing or cut one costs its own tensors, not the others.
  private mutating func append(
    _ given: Part, _ name: PartName, _ folder: ModelDirectory, _ limits: Limits
  ) throws(ReadError) {
    for number in 1...name.total {
      guard number != name.part else {
        parts.append(given)
        continue
      }
      let file = name.file(number)
      do throws(ReadError) {
        let part = try Part(ByteSource(folder.open(file, referredToBy: given.path)), limits)
        try check(part, number, name.total)
        parts.append(part)
      } catch {
        guard [.io, .truncated, .unrecognized].contains(error.code) else { throw error }
        diagnostics.append(
          Diagnostic(
            .incomplete, file, "part \(number) of \(name.total) is missing: \(error.message)", hint: error.hint))
      }
    }
  }

  private func check(_ part: Part, _ number: Int, _ total: Int) throws(ReadError) {
    guard let split = part.header.split, split.index == number - 1, split.count == total else {
      let found = part.header.split.map { "part \($0.index) of \($0.count)" } ?? "no part of a model"
      throw ReadError(
        .malformed, "is \(found), and part \(number - 1) of \(total) by its name, counted from 0", file: part.path)
    }
  }

  private func checkNames(_ limits: Limits) throws(ReadError) {
    var homes: [ByteString: String] = [:]
    for part in parts {
      for record in part.inventory {
        guard let home = homes.updateValue(part.path, forKey: ByteString(record.name)) else { continue }
        throw ReadError(
          .malformed, "holds a tensor that lies in '\(home)' as well", file: part.path, subject: record.name)
      }
    }
    guard homes.count <= limits.maximumTensorCount else {
      throw ReadError(
        .limitExceeded, "has \(homes.count) tensors, the limit is \(limits.maximumTensorCount)", file: files.first ?? ""
      )
    }
  }

  private mutating func checkCount() {
    let count = parts.reduce(0) { $0 + $1.inventory.count }
    guard diagnostics.isEmpty, let announced = metadata[ByteString("split.tensors.count")]?.integer, announced != count
    else { return }
    diagnostics.append(
      Diagnostic(.incomplete, files.first ?? "", "announces \(announced) tensors in all parts, these hold \(count)"))
  }
}

extension Header {
  /// Which part of a model the file is, counted from 0, and of how many.
  var split: (index: Int, count: Int)? {
    guard let count = metadata[ByteString("split.count")]?.integer, count > 0,
      let index = metadata[ByteString("split.no")]?.integer, (0..<count).contains(index)
    else { return nil }
    return (index, count)
  }
}

/// The name of a file without its folder.
private func lastComponent(_ path: String) -> String {
  path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.index(after: $0)...]) } ?? path
}
