import Glibc
import ModelReading

/// Finds the executables of external readers.
public enum ReaderSearch {
  /// The variable that holds folders to search, separated by colons.
  public static let variable = "HEAVYTAIL_PLUGIN_PATH"

  /// Folders to search: those given, then those of the environment, then the user's own.
  /// Relative ones are looked up in the working directory only if they are given.
  public static func folders(given: [String]) -> [String] {
    let listed = value(of: variable)?.split(separator: ":").map(String.init) ?? []
    let own = value(of: "HOME").map { [$0 + "/.config/heavytail/readers"] } ?? []
    return given + (listed + own).filter { $0.utf8.first == UInt8(ascii: "/") }
  }

  /// Absolute paths of the executables in some folders; of two of one name the first, in the order of their folders and
  /// then of their names. Folders that cannot be listed are passed over.
  public static func executables(in folders: [String]) -> [String] {
    var known = Set<ByteString>()
    var paths: [String] = []
    for folder in folders.compactMap({ resolvedPath($0) }) {
      guard let names = try? ModelDirectory(path: folder).entries else { continue }
      for name in names where isName(name) && isExecutableFile(folder + "/" + name) {
        if known.insert(ByteString(name)).inserted { paths.append(folder + "/" + name) }
      }
    }
    return paths
  }

  /// The executable that an argument names: a path, or the name of one in the folders.
  public static func executable(_ argument: String, in folders: [String]) -> String? {
    guard argument.utf8.contains(UInt8(ascii: "/")) else {
      return executables(in: folders).first { $0.hasSuffix("/" + argument) }
    }
    let folder = argument[..<argument.lastIndex(of: "/")!]
    guard let folder = resolvedPath(folder.isEmpty ? "/" : String(folder)) else { return nil }
    let path = folder + "/" + argument[argument.index(after: argument.lastIndex(of: "/")!)...]
    return isExecutableFile(path) ? path : nil
  }

  /// `heavytail-reader-` and lower-case letters, digits and hyphens.
  private static func isName(_ name: String) -> Bool {
    guard name.hasPrefix(ExternalReader.namePrefix) else { return false }
    let rest = name.dropFirst(ExternalReader.namePrefix.count).utf8
    return !rest.isEmpty
      && rest.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isExecutableFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  private static func value(of variable: String) -> String? {
    guard let value = unsafe getenv(variable) else { return nil }
    return unsafe String(cString: value)
  }
}
