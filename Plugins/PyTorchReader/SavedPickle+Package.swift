import ModelReading
import Pickle
import Zip

// Archives of several files: packages of code and pickles, and programs with their state in a file of its own.

extension SavedPickle {
  /// Whether the archive is what `torch.package` writes: any pickles, their storages in `.data`, Python code.
  static func isPackage(_ archive: ZipArchive) -> Bool {
    archive.entries.contains { $0.name.isMember(".data/extern_modules") }
  }

  static func openPackage(
    _ archive: ZipArchive, _ source: ByteSource, _ limits: Limits
  ) throws(ReadError) -> SavedPickle {
    let root = archive.rootFolder(".data/extern_modules")
    let storages = StorageTable(
      archive, folder: root + ".data/", suffix: ".storage", byteOrder: try byteOrder(archive, root))
    var pickles: [(prefix: String, pickle: Pickle, storages: StorageTable)] = []
    var inflatedByteCount = 0
    for entry in archive.entries where entry.name.description.hasSuffix(".pkl") {
      inflatedByteCount += entry.isStored ? 0 : entry.byteCount
      guard inflatedByteCount <= limits.maximumIndexBytes else {
        throw source.error(
          .limitExceeded, "has pickles of \(inflatedByteCount) bytes, the limit is \(limits.maximumIndexBytes)")
      }
      let path = entry.name.description.dropFirst(root.count).dropLast(".pkl".count)
      let prefix = path.split(separator: "/").joined(separator: ".") + "."
      pickles.append((prefix, try pickle(archive, entry, limits), storages))
    }
    // Those with tensors first; names are told apart where there are several.
    pickles = pickles.filter { !$0.pickle.persistentKeys.isEmpty } + pickles.filter(\.pickle.persistentKeys.isEmpty)
    guard let first = pickles.first else { throw source.error(.unrecognized, "is a package without pickles") }
    var saved = SavedPickle(pickle: first.pickle, storages: storages, variant: "package")
    saved.companions = Array(pickles.dropFirst())
    if pickles.dropFirst().contains(where: { !$0.pickle.persistentKeys.isEmpty }) { saved.prefix = first.prefix }
    saved.diagnostics = code(archive, source)
    return saved
  }

  /// The sources that loading the package would import.
  private static func code(_ archive: ZipArchive, _ source: ByteSource) -> [Diagnostic] {
    let files = archive.entries.map(\.name.description).filter { $0.hasSuffix(".py") }
    guard !files.isEmpty else { return [] }
    let shown = files.prefix(20).joined(separator: ", ") + (files.count > 20 ? " and \(files.count - 20) more" : "")
    return [
      Diagnostic(
        .unsafeContent, source.label, "carries Python code that torch.package would import: \(shown)",
        hint: "nothing of it was run")
    ]
  }

  /// Whether the archive is a program that `torch.export` of PyTorch 2.1 to 2.6 wrote.
  static func isExported(_ archive: ZipArchive) -> Bool {
    archive.entries.contains { $0.name.isMember("serialized_exported_program.json") }
  }

  /// The state dictionary, which is a file of `torch.save` within the archive, and the constants, another one.
  static func openExported(_ archive: ZipArchive, _ limits: Limits, _ depth: Int) throws(ReadError) -> SavedPickle {
    let root = archive.rootFolder("serialized_exported_program.json")
    func open(_ name: String) throws(ReadError) -> SavedPickle? {
      guard let entry = archive.entry(named: root + name + ".pt") ?? archive.entry(named: root + name + ".json"),
        entry.byteCount > 0
      else { return nil }
      guard entry.isStored || entry.byteCount <= limits.maximumIndexBytes else {
        throw ReadError(
          .limitExceeded, "inflates to \(entry.byteCount) bytes, the limit is \(limits.maximumIndexBytes)",
          file: archive.label(of: entry), hint: "unpack the archive and give this member")
      }
      return try Self.open(archive.contents(of: entry), limits: limits, depth: depth + 1)
    }
    guard var saved = try open("serialized_state_dict") else {
      throw ReadError(
        .unsupported, "is a program of torch.export without its state",
        file: archive.entries.first.map(archive.label(of:)) ?? root)
    }
    saved.variant = ExportedProgram.variant
    if let constants = try open("serialized_constants") {
      saved.companions.append(("", constants.pickle, constants.storages))
    }
    return saved
  }
}
