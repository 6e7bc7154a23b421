import CLinux
import DumpFormat
import Glibc
import ModelReading

/// A folder that is the old one, or none, until the new one is whole: filled under a hidden name beside it and renamed
/// by `commit()`. Without that nothing is left behind.
///
/// The hidden folder is locked while its process lives. One that nobody holds is what a killed process left, and goes
/// when the next one writes to the same place.
@safe
struct AtomicFolder: ~Copyable {
  /// Where the folder will be: absolute, links followed.
  let path: String
  /// Where it is filled until then.
  let temporary: String
  private let parent: String
  private let isReplacing: Bool
  private let descriptor: Int32
  private var isCommitted = false

  /// - Parameter replacing: whether a dump that is there may go; nothing else may.
  init(path: String, replacing: Bool) throws(WriteError) {
    let place = try Place(path)
    try checkReplaceable(place.path, replacing: replacing)
    removeAbandoned(place)
    let folder = try makeLocked(place)
    self.path = place.path
    parent = place.parent
    isReplacing = replacing
    temporary = folder.path
    descriptor = folder.descriptor
  }

  deinit {
    if !isCommitted { removeFolder(temporary) }
    close(descriptor)
  }

  /// Puts the folder in its place once it is safe on the disk.
  consuming func commit() throws(WriteError) {
    // mkdtemp makes the folder private; this one is as public as the user's other folders.
    let mask = umask(0)
    umask(mask)
    guard fchmod(descriptor, 0o777 & ~mask) == 0, fsync(descriptor) == 0 else { throw WriteError("write", path) }
    try checkReplaceable(path, replacing: isReplacing)
    // This replaces nothing but an empty folder.
    if unsafe rename(temporary, path) == 0 {
      isCommitted = true
    } else {
      guard isReplacing, errno == ENOTEMPTY || errno == EEXIST else { throw WriteError("write", path) }
      try exchange()
      isCommitted = true
      removeFolder(temporary)
    }
    syncFolder(parent)
  }

  /// The new folder under the name of the old one, and the other way round, in one step where the system can.
  private borrowing func exchange() throws(WriteError) {
    if unsafe CLinux_exchange(temporary, path) == 0 { return }
    let old = temporary + Place.oldSuffix
    guard unsafe rename(path, old) == 0 else { throw WriteError("replace", path) }
    guard unsafe rename(temporary, path) == 0 else {
      let error = WriteError("replace", path)
      _ = unsafe rename(old, path)
      throw error
    }
    removeFolder(old)
  }
}

/// Where a folder is to be, and what hidden names belong to it.
private struct Place {
  let path: String
  let parent: String
  /// What the hidden names of this folder begin with.
  let prefix: String

  init(_ path: String) throws(WriteError) {
    var trimmed = Substring(path)
    while trimmed.utf8.count > 1, trimmed.utf8.last == UInt8(ascii: "/") { trimmed.removeLast() }
    guard !trimmed.isEmpty else { throw WriteError("cannot create a folder without a name") }
    if let resolved = resolvedPath(String(trimmed)) {
      self.path = resolved
    } else {
      let parts = Place.split(String(trimmed))
      guard let folder = resolvedPath(parts.parent), parts.name != "..", parts.name != "." else {
        throw WriteError("create", path)
      }
      self.path = (folder == "/" ? "" : folder) + "/" + parts.name
    }
    let parts = Place.split(self.path)
    parent = parts.parent
    // Room for what makes the name unique: no name has more than 255 bytes.
    prefix = "." + String(decoding: Array(parts.name.utf8.prefix(200)), as: UTF8.self) + ".heavytail-"
  }

  /// Whether a name is one that `mkdtemp` makes of the prefix, or that of a folder that is being replaced.
  func hides(_ name: String) -> Bool {
    guard name.utf8.starts(with: prefix.utf8) else { return false }
    let rest = name.utf8.dropFirst(prefix.utf8.count)
    let isRandom = rest.prefix(6).allSatisfy { Character(Unicode.Scalar($0)).isLetter || (48...57).contains($0) }
    return isRandom && (rest.count == 6 || rest.dropFirst(6).elementsEqual(Place.oldSuffix.utf8))
  }

  /// Of the folder that is replaced where two names cannot be exchanged in one step.
  static let oldSuffix = ".old"

  private static func split(_ path: String) -> (parent: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let name = String(path[path.utf8.index(after: slash)...])
    return (slash == path.utf8.startIndex ? "/" : String(path[..<slash]), name)
  }
}

/// - Throws: unless there is nothing at `path`, an empty folder, or a dump that may be replaced.
private func checkReplaceable(_ path: String, replacing: Bool) throws(WriteError) {
  var status = stat()
  guard unsafe lstat(path, &status) == 0 else {
    guard errno == ENOENT else { throw WriteError("create", path) }
    return
  }
  guard status.st_mode & S_IFMT == S_IFDIR else { throw WriteError("\(printable(path)) exists and is no folder") }
  guard let names = try? ModelDirectory.names(in: path) else { throw WriteError("list", path) }
  guard !names.isEmpty else { return }
  guard replacing else { throw WriteError("\(printable(path)) exists and is not empty; --force replaces a dump") }
  guard let file = try? MappedFile(path: path + "/" + DumpDocument.fileName),
    let document = try? DumpDocument(ByteSource(file), limits: Limits())
  else { throw WriteError("\(printable(path)) is no dump, and is not replaced") }
  let own = Set((document.files + [DumpDocument.fileName]).map { ByteString($0) })
  guard let stranger = names.first(where: { !own.contains(ByteString($0)) }) else { return }
  throw WriteError(
    "\(printable(path)) holds '\(printable(stranger))', which is no part of its dump, and is not replaced")
}

/// A new folder with a hidden name, locked by this process.
private func makeLocked(_ place: Place) throws(WriteError) -> (path: String, descriptor: Int32) {
  while true {
    var template = Array("\(place.parent)/\(place.prefix)XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw WriteError("create", place.path) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
    guard descriptor >= 0 else {
      // Another process has taken it for abandoned before it was locked.
      if errno == ENOENT { continue }
      let error = WriteError("open", path)
      unsafe rmdir(path)
      throw error
    }
    let isHeldByAnother = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    if !isHeldByAnother, unsafe access(path, F_OK) == 0 { return (path, descriptor) }
    close(descriptor)
  }
}

/// Removes what killed processes have left of dumps to the same place.
private func removeAbandoned(_ place: Place) {
  guard let names = try? ModelDirectory.names(in: place.parent) else { return }
  for name in names where place.hides(name) {
    let path = place.parent + "/" + name
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW)
    guard descriptor >= 0 else { continue }
    // A file system without locks does not tell whether it is abandoned.
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { removeFolder(path) }
    close(descriptor)
  }
}

/// Removes a folder of files. Folders within it were not made here: they stay, and so does it.
private func removeFolder(_ path: String) {
  for name in (try? ModelDirectory.names(in: path)) ?? [] { unsafe unlink(path + "/" + name) }
  unsafe rmdir(path)
}

/// Makes a rename in the folder last; a file system that cannot do that does it anyway.
private func syncFolder(_ path: String) {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}
