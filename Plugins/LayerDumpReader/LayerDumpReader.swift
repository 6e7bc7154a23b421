import DumpFormat
import DumpReading
public import ModelReading

/// Reads canonical layer dumps: folders with a `graph.json`.
public struct LayerDumpReader: ModelReader {
  public static let format = Format(
    name: "dump", summary: "canonical layer dumps, as heavytail export writes them: a folder with graph.json",
    fileExtensions: ["json"])
  public var format: Format { Self.format }

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match { DumpDocument.probe(prefix) }

  public func probe(_ directory: ModelDirectory) -> Match {
    directory.contains(DumpDocument.fileName) ? .certain : .no
  }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    let (index, document, contents) = try LayerDumpReader.contents(input, limits)
    return try contents.graph(
      format: LayerDumpReader.format.name, variant: "of \(document.source.format), \(document.source.variant)",
      files: [index] + contents.files)
  }

  /// The path of a dump's document, the document, and what it has found.
  private static func contents(
    _ input: ModelInput, _ limits: Limits
  ) throws(ReadError) -> (index: String, document: DumpDocument, contents: DumpContents) {
    let folder = try input.folder()
    let index: MappedFile
    switch input {
    case .file(let file): index = file
    case .directory(let directory):
      guard directory.contains(DumpDocument.fileName) else {
        throw ReadError(.unrecognized, "is a folder without \(DumpDocument.fileName)", file: directory.path)
      }
      index = try directory.open(DumpDocument.fileName, referredToBy: directory.path)
    }
    let document = try DumpDocument(ByteSource(index), limits: limits)
    return (index.path, document, try DumpContents(document, path: index.path, folder: folder, limits: limits))
  }
}

extension LayerDumpReader {
  /// The tensors of a dump with the digests that its document has for them: whether they agree is not checked.
  ///
  /// - Returns: SHA-256 of `tensor`'s bytes in C order, as 64 hexadecimal digits.
  /// - Throws: as `open`; `.unrecognized` for anything but a dump.
  public static func digests(
    of path: String, limits: Limits
  ) throws(ReadError) -> [(tensor: Tensor, sha256: String)] {
    let input: ModelInput =
      isDirectory(path) ? .directory(try ModelDirectory(path: path)) : .file(try MappedFile(path: path))
    return try contents(input, limits).contents.digests
  }
}

extension ModelReader where Self == LayerDumpReader {
  /// Reads canonical layer dumps.
  public static var dump: LayerDumpReader { LayerDumpReader() }
}
