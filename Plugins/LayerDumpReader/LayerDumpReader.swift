import DumpFormat
public import ModelReading

/// Reads canonical layer dumps: folders with a `graph.json`.
public struct LayerDumpReader: ModelReader {
  public static let format = Format(
    name: "dump", summary: "canonical layer dumps, as heavytail export writes them: a folder with graph.json",
    fileExtensions: ["json"])

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match { DumpDocument.probe(prefix) }

  public func probe(_ directory: ModelDirectory) -> Match {
    directory.contains(DumpDocument.fileName) ? .certain : .no
  }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    let contents = try DumpContents(input, limits)
    return try contents.graph()
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
    return try DumpContents(input, limits).digests
  }
}

extension ModelReader where Self == LayerDumpReader {
  /// Reads canonical layer dumps.
  public static var dump: LayerDumpReader { LayerDumpReader() }
}
