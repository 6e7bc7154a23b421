import Glibc

/// A folder that holds a model: the only place its sidecar files may come from.
///
/// Names of shards and external data come from files nobody trusts. `open`
/// refuses every name that could lead out of the folder, and then asks the
/// kernel where the opened file really lies, so a symbolic link cannot lead out
/// either. One link out is accepted: that of a Hugging Face cache, whose
/// `models--*/snapshots/<revision>/` consists of links into `models--*/blobs/`.
public struct ModelDirectory: Sendable {
  public let path: String
  /// Names of the folder's entries, sorted by their bytes, hidden ones left out.
  public let entries: [String]

  /// - Throws: `.io` if the folder cannot be listed.
  public init(path: String) throws(ReadError) {
    self.path = path
    self.entries = try ModelDirectory.names(in: path).filter { !$0.utf8.starts(with: ".".utf8) }
  }

  /// Names of a folder's entries, sorted by their bytes: hidden ones too, but neither `.` nor `..`.
  /// - Throws: `.io` if the folder cannot be listed.
  public static func names(in path: String) throws(ReadError) -> [String] {
    guard let directory = unsafe opendir(path) else { throw .system("opendir", path: path) }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  public func contains(_ name: String) -> Bool { entries.contains { $0.utf8.elementsEqual(name.utf8) } }

  /// Opens a file of the folder that a model's index refers to.
  ///
  /// - Parameters:
  ///   - name: a relative path with `/` separators, as the index spells it.
  ///   - file: the index, for errors.
  /// - Throws: `.unsafeContent` for a name or link that leads out of the folder, `.io` if there is no such file.
  public func open(_ name: String, referredToBy file: String) throws(ReadError) -> MappedFile {
    try ModelDirectory.open(name, in: path, referredToBy: file)
  }

  /// The same for a folder whose other entries do not matter.
  static func open(_ name: String, in folderPath: String, referredToBy file: String) throws(ReadError) -> MappedFile {
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    let harmless = components.allSatisfy { component in
      !component.isEmpty && component != "." && component != ".." && !component.contains { "\\*:\0".contains($0) }
    }
    guard harmless, !name.isEmpty else {
      throw ReadError(
        .unsafeContent, "refers to the file '\(name)', which could lie outside its folder", file: file,
        hint: "only plain relative paths below the model's folder are followed")
    }
    let path = folderPath + "/" + name
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ReadError.system("open", path: path) }
    guard let folder = realPath(ofDirectory: folderPath) else {
      // The last descriptor may have been the file's.
      let error = ReadError.system("open", path: folderPath)
      close(descriptor)
      throw error
    }
    guard let real = realPath(of: descriptor), lies(real, inside: folder) else {
      close(descriptor)
      throw ReadError(
        .unsafeContent, "refers to the file '\(name)', a link that leads out of its folder", file: file,
        hint: "copy the file beside the model")
    }
    return try MappedFile(descriptor: descriptor, path: path)
  }

  private static func lies(_ real: String, inside folder: String) -> Bool {
    if real.utf8.starts(with: (folder == "/" ? "/" : folder + "/").utf8) { return true }
    return blobFolders(ofSnapshot: folder).contains { real.utf8.starts(with: ($0 + "/").utf8) }
  }

  /// `…/models--X/snapshots/<revision>[/sub…]` → `…/models--X/blobs` and the cache-wide `…/blobs`.
  private static func blobFolders(ofSnapshot folder: String) -> [String] {
    let components = folder.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let snapshots = components.lastIndex(of: "snapshots"), snapshots >= 2, snapshots + 1 < components.count,
      ["models--", "datasets--"].contains(where: { components[snapshots - 1].hasPrefix($0) })
    else { return [] }
    let model = components[..<snapshots].joined(separator: "/")
    let cache = components[..<(snapshots - 1)].joined(separator: "/")
    return [model + "/blobs", cache + "/blobs"]
  }
}

private func realPath(of descriptor: Int32) -> String? {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
  let count = unsafe readlink("/proc/self/fd/\(descriptor)", &buffer, Int(PATH_MAX))
  guard count > 0 else { return nil }
  return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func realPath(ofDirectory path: String) -> String? {
  let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  return realPath(of: descriptor)
}
