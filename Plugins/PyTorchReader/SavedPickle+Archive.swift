import ModelReading
import Pickle
import Zip

// Since 1.6: a zip archive with the pickle and each storage as members.

extension SavedPickle {
  static func openArchive(_ source: ByteSource, limits: Limits, depth: Int) throws(ReadError) -> SavedPickle {
    let archive = try ZipArchive(source, limits: limits)
    if isExported(archive) { return try openExported(archive, limits, depth) }
    if isPackage(archive) { return try openPackage(archive, source, limits) }
    guard let program = archive.entries.first(where: { $0.name.isMember("data.pkl") }) else {
      let inner = archive.entries.first { entry in
        [".pt", ".pth", ".bin", ".ckpt", ".pkl", ".tar"].contains { entry.name.description.hasSuffix($0) }
      }
      let rest = inner.map { ", and holds '\($0.name)', to be unpacked first" } ?? ""
      throw source.error(.unrecognized, "is a zip archive without data.pkl" + rest)
    }
    let name = program.name.description
    let root = String(name.dropLast("data.pkl".count))
    let order = try byteOrder(archive, root)
    let pickle = try pickle(archive, program, limits)
    let storages = StorageTable(archive, folder: root + "data/", byteOrder: order)
    var saved = SavedPickle(pickle: pickle, storages: storages, variant: "zip")
    saved.metadata = try metadata(archive, root, pickle, order)
    saved.diagnostics = trailing(pickle)
    if let constants = archive.entry(named: root + "constants.pkl") {
      saved.variant = "torchscript"
      let table = StorageTable(archive, folder: root + "constants/", byteOrder: order)
      let pickle = try Self.pickle(archive, constants, limits)
      saved.companions = [(ConstantNames.prefix, pickle, table)]
      if !pickle.persistentKeys.isEmpty { saved.names = ConstantNames(archive, root).names }
      if !saved.names.isEmpty {
        saved.diagnostics.append(
          Diagnostic(
            .inferred, "CONSTANTS",
            "are tensors without names: \(saved.names.count) are called after the operations that the code uses them in"
          ))
      }
    }
    return saved
  }

  static func pickle(
    _ archive: ZipArchive, _ entry: ZipArchive.Entry, _ limits: Limits
  ) throws(ReadError) -> Pickle {
    guard entry.byteCount <= limits.maximumIndexBytes || entry.isStored else {
      throw ReadError(
        .limitExceeded, "inflates to \(entry.byteCount) bytes, the limit is \(limits.maximumIndexBytes)",
        file: archive.label(of: entry))
    }
    return try Pickle(archive.contents(of: entry), limits: limits)
  }

  static func byteOrder(_ archive: ZipArchive, _ root: String) throws(ReadError) -> ByteOrder {
    guard let text = try text(archive, root + "byteorder") else { return .little }
    switch text {
    case "little": return .little
    case "big": return .big
    default:
      throw ReadError(
        .malformed, "has the byte order '\(text)', which is neither little nor big",
        file: archive.entry(named: root + "byteorder").map(archive.label(of:)) ?? root)
    }
  }

  private static func metadata(
    _ archive: ZipArchive, _ root: String, _ pickle: Pickle, _ order: ByteOrder
  ) throws(ReadError) -> [(key: String, value: String)] {
    var facts: [(key: String, value: String)] = [("pickle protocol", "\(pickle.version)")]
    if let version = try text(archive, root + "version") { facts.append(("archive version", version)) }
    if let version = try text(archive, root + ".format_version") { facts.append(("format version", version)) }
    if order == .big { facts.append(("byte order", "big")) }
    return facts
  }

  /// The text of a small member, without white space at its end.
  private static func text(_ archive: ZipArchive, _ name: String) throws(ReadError) -> String? {
    guard let entry = archive.entry(named: name), entry.byteCount <= 256 else { return nil }
    let bytes = try archive.contents(of: entry).copy()
    return String(validating: bytes.filter { $0 > 0x20 }, as: UTF8.self)
  }

  private static func trailing(_ pickle: Pickle) -> [Diagnostic] {
    let rest = pickle.source.byteCount - pickle.endOffset
    guard rest > 0 else { return [] }
    return [
      Diagnostic(
        .unsafeContent, pickle.source.label, "has \(rest) bytes after the end of its pickle at \(pickle.endOffset)")
    ]
  }

}

extension ByteString {
  /// Whether this is the path of a member called `name`, in the archive's root folder or at its top.
  func isMember(_ name: String) -> Bool {
    let suffix = Array(name.utf8)
    guard bytes.count >= suffix.count, bytes.suffix(suffix.count).elementsEqual(suffix) else { return false }
    let folder = bytes.dropLast(suffix.count)
    return folder.isEmpty || folder.last == UInt8(ascii: "/") && folder.filter { $0 == UInt8(ascii: "/") }.count == 1
  }
}
