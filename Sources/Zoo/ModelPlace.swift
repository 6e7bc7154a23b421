import ModelReading
import StrictJSON

/// A model where it lies: what is opened, and every file that it is read from.
public struct ModelPlace: Sendable, Hashable {
  /// What a reader opens, a file or a folder: absolute.
  public var path: String
  /// What people call it: unique only as far as they keep it so.
  public var name: String
  /// The main one first.
  public var files: [ModelFile]

  public init(path: String, name: String, files: [ModelFile]) {
    self.path = path
    self.name = name
    self.files = files
  }

  /// What tells its content: of one file its SHA-256, of several the SHA-256 of all sums and of the names but the first;
  /// of files that cannot be read, their paths and stamps.
  var content: String {
    guard !files.isEmpty, files.allSatisfy({ $0.sha256 != nil }) else {
      return sha256(of: files.map { "unread \($0.path) \($0.byteCount) \($0.modified)\n" }.joined() + path)
    }
    let main = files[0].sha256!
    guard files.count > 1 else { return main }
    let folder = String(files[0].path[..<(files[0].path.lastIndex(of: "/") ?? files[0].path.startIndex)])
    let others = files.dropFirst().map { file in
      let name = file.path.hasPrefix(folder) ? String(file.path.dropFirst(folder.count)) : file.path
      return "\(file.sha256!) \(name)\n"
    }
    return sha256(of: "\(main)\n" + others.sorted().joined())
  }

  /// Whether nobody has written to its files since.
  var isUnchanged: Bool { !files.isEmpty && files.allSatisfy(\.isUnchanged) }
}

extension ModelPlace {
  init(_ json: JSON) throws(ReadError) {
    var files: [ModelFile] = []
    for file in try json.list("files") { files.append(try ModelFile(file)) }
    self.init(path: try json.text("path"), name: try json.text("name"), files: files)
  }
}

extension JSONWriter {
  mutating func write(_ place: ModelPlace) {
    object { writer in
      writer.member("path", place.path)
      writer.member("name", place.name)
      writer.key("files")
      writer.array { for file in place.files { $0.write(file) } }
    }
  }
}
