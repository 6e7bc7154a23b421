/// Reads one model format.
///
/// A reader is a value with no state: the registry holds one of each and may
/// use it from any thread. The calls arrive in this order:
///
///     probe(prefix) or probe(directory) → open(input, limits) → graph.layers → tensor.load()
///
public protocol ModelReader: Sendable {
  var format: Format { get }

  /// Judges a file by its first bytes, at most `Format.probeLength` of them.
  ///
  /// Pure: it must not throw, trap or allocate much, whatever the bytes are.
  /// `.certain` is for bytes that no other format can begin with.
  func probe(_ prefix: RawSpan) -> Match

  /// Judges a directory, as one model in several files, by the names in it.
  func probe(_ directory: ModelDirectory) -> Match

  /// Reads the model's index. No weight is touched.
  ///
  /// - Throws: `ReadError`, for anything a file can do wrong; `.unrecognized`
  ///   lets the registry try the next reader.
  func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph
}

extension ModelReader {
  public func probe(_ directory: ModelDirectory) -> Match { .no }
}

/// How sure a reader is that a file is in its format.
public enum Match: Int, Comparable, Sendable {
  case no, possible, certain
  public static func < (a: Match, b: Match) -> Bool { a.rawValue < b.rawValue }
}

/// A format's name and what it can be told by.
public struct Format: Sendable, Hashable {
  /// How many bytes of a file a probe sees.
  public static let probeLength = 4096

  /// Lower case, as `--format` and reports show it.
  public var name: String
  /// One line for `heavytail formats`.
  public var summary: String
  /// Lower case, without the dot; they break ties between readers and nothing else.
  public var fileExtensions: [String]

  public init(name: String, summary: String, fileExtensions: [String]) {
    self.name = name
    self.summary = summary
    self.fileExtensions = fileExtensions
  }
}

/// What a reader is given to open.
public enum ModelInput: Sendable {
  case file(MappedFile)
  case directory(ModelDirectory)

  /// The path as the user gave it.
  public var path: String {
    switch self {
    case .file(let file): file.path
    case .directory(let directory): directory.path
    }
  }

  /// The folder that sidecar files must lie in.
  public func folder() throws(ReadError) -> ModelDirectory {
    switch self {
    case .directory(let directory): return directory
    case .file(let file): return try ModelDirectory(path: parent(of: file.path))
    }
  }

  /// The file of this name in the folder, a configuration for example; `nil` if there is none.
  /// - Throws: `.unsafeContent` for a link that leads out of the folder.
  public func sidecar(_ name: String) throws(ReadError) -> MappedFile? {
    let folder =
      switch self {
      case .file(let file): parent(of: file.path)
      case .directory(let directory): directory.path
      }
    do {
      return try ModelDirectory.open(name, in: folder, referredToBy: path)
    } catch {
      guard error.code == .io else { throw error }
      return nil
    }
  }
}

/// The folder of `path`, "." for a bare file name.
func parent(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
}
