import Glibc
public import ModelReading

/// Finds what may be a model below folders: each a file, or a folder that is one model.
///
/// Nothing is opened but what names do not tell. Shards, indices and archives' neighbours are found as well where names do
/// not tell either: the survey of a model says which files are its own, and `ownedByNoOther` leaves them out.
public struct ModelSearch {
  public struct Candidate: Sendable {
    /// Absolute; links are not followed.
    public var path: String
    public var name: String

    public init(path: String, name: String) {
      self.path = path
      self.name = name
    }
  }

  /// Folders inside folders that are followed.
  private static let maximumDepth = 64

  /// In the order of their paths.
  public private(set) var candidates: [Candidate] = []
  /// Roots and folders that could not be looked into, and why.
  public private(set) var errors: [(path: String, error: ReadError)] = []

  private let readers: ReaderRegistry
  /// Folders seen, so that a link back to one is not followed for ever.
  private var visited: Set<FileIdentity> = []

  /// - Parameter roots: files and folders, also a Hugging Face cache.
  public init(_ roots: [String], _ readers: ReaderRegistry) {
    self.readers = readers
    for root in roots {
      let path = ModelSearch.absolute(root)
      if isDirectory(path) {
        collect(in: path, depth: 0)
      } else if ModelFile(path: path) != nil {
        add(path)
      } else {
        errors.append((root, ReadError(.io, "is no file and no folder", file: root, hint: "check the path")))
      }
    }
    var seen: Set<ByteString> = []
    candidates = candidates.filter { seen.insert(ByteString($0.path)).inserted }
      .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private mutating func collect(in folder: String, depth: Int) {
    guard depth < ModelSearch.maximumDepth, let identity = FileIdentity(path: folder),
      visited.insert(identity).inserted
    else { return }
    let directory: ModelDirectory
    do throws(ReadError) { directory = try ModelDirectory(path: folder) } catch {
      errors.append((folder, error))
      return
    }
    let isHubRepository = CompanionFiles.isHubRepository(directory)
    let isModel = !isHubRepository && readers.looksLikeModel(folder)
    if isModel { add(folder) }
    var hasWeights = isModel
    for entry in CompanionFiles.inOrderOfPreference(directory.entries) {
      let path = folder == "/" ? "/" + entry : folder + "/" + entry
      if isDirectory(path) {
        if isHubRepository, entry != "snapshots" { continue }
        collect(in: path, depth: depth + 1)
        continue
      }
      let isTwin = CompanionFiles.twins.contains(entry)
      guard !CompanionFiles.isCompanion(entry, in: directory, isModel: isModel), !(isTwin && hasWeights),
        readers.looksLikeModel(path)
      else { continue }
      if isTwin { hasWeights = true }
      add(path)
    }
  }

  private mutating func add(_ path: String) {
    candidates.append(Candidate(path: path, name: ModelName.name(of: path)))
  }

  private static func absolute(_ path: String) -> String {
    var path = path
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    while path.hasPrefix("./") { path.removeFirst(2) }
    guard !path.hasPrefix("/") else { return path }
    guard let folder = resolvedPath(".") else { return path }
    return path == "." || path.isEmpty ? folder : folder + "/" + path
  }
}

extension [WorkLine] {
  /// Those whose main file belongs to no other that has more files: a shard is no model, nor is an archive's neighbour.
  /// Of several with as many, a folder and its index, the first by its path stays.
  func ownedByNoOther() -> [WorkLine] {
    var owners: [ByteString: ModelPlace] = [:]
    for place in lazy.flatMap(\.places) where place.files.count > 1 {
      for file in place.files {
        let owner = owners[ByteString(file.path)]
        if owner.map({ (-$0.files.count, $0.path) > (-place.files.count, place.path) }) ?? true {
          owners[ByteString(file.path)] = place
        }
      }
    }
    return filter { work in
      guard let main = work.places[0].files.first, let owner = owners[ByteString(main.path)] else { return true }
      return owner.path == work.places[0].path
    }
  }
}
