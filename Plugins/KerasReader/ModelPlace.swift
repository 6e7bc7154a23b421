import ModelReading
import Zip

/// Where the files of a model lie: in a folder, or in an archive.
enum ModelPlace {
  case folder(ModelDirectory)
  case archive(ZipArchive, label: String)

  var label: String {
    switch self {
    case .folder(let directory): directory.path
    case .archive(_, let label): label
    }
  }

  var names: [String] {
    switch self {
    case .folder(let directory): directory.entries
    case .archive(let archive, _): archive.entries.map(\.name.description)
    }
  }

  func contains(_ name: String) -> Bool {
    switch self {
    case .folder(let directory): directory.contains(name)
    case .archive(let archive, _): archive.entry(named: name) != nil
    }
  }

  /// The file, mapped where it is stored plainly.
  /// - Throws: `.io` if there is none, `.unsafeContent` for a name that leads elsewhere.
  func open(_ name: String, referredToBy file: String) throws(ReadError) -> ByteSource {
    switch self {
    case .folder(let directory): return ByteSource(try directory.open(name, referredToBy: file))
    case .archive(let archive, let label):
      guard let entry = archive.entry(named: name) else {
        throw ReadError(.io, "has no member '\(name)'", file: label)
      }
      return try archive.contents(of: entry)
    }
  }

  /// The file, or `nil` if there is none.
  func file(_ name: String) throws(ReadError) -> ByteSource? {
    contains(name) ? try open(name, referredToBy: label) : nil
  }
}
