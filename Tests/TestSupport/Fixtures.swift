import Glibc
import ModelReading

/// Files that tests read, and files that they write.
public enum Fixtures {
  /// The package's root folder.
  public static let root: String = {
    let components = #filePath.split(separator: "/").dropLast(3)
    return "/" + components.joined(separator: "/")
  }()

  /// A file of SampleModels.
  public static func sample(_ path: String) -> String { root + "/SampleModels/" + path }

  /// A file of the shared folder beside the package, or `nil` where there is none.
  public static func shared(_ path: String) -> String? {
    let full = root + "/../shared/" + path
    return unsafe access(full, R_OK) == 0 ? full : nil
  }

  /// Writes `bytes` to a new temporary file, hands over its path and removes it.
  public static func withFile<Result>(
    _ bytes: [UInt8], named name: String = "fixture", _ body: (String) throws -> Result
  ) throws -> Result {
    try withDirectory { directory in
      let path = directory + "/" + name
      try write(bytes, to: path)
      return try body(path)
    }
  }

  /// Makes a temporary folder, hands over its path and removes it with all its files.
  public static func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/heavytail-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw FixtureError(message: "mkdtemp fails with errno \(errno)") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { remove(tree: path) }
    return try body(path)
  }

  public static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = unsafe fopen(path, "wb") else { throw FixtureError(message: "cannot write \(path)") }
    defer { unsafe fclose(file) }
    guard unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw FixtureError(message: "cannot write \(path)")
    }
  }

  public static func read(_ path: String) throws -> [UInt8] { ByteSource(try MappedFile(path: path)).copy() }

  private static func remove(tree path: String) {
    guard let directory = try? ModelDirectory(path: path) else { return }
    for entry in directory.entries {
      let child = path + "/" + entry
      if isDirectory(child) { remove(tree: child) } else { unsafe unlink(child) }
    }
    unsafe rmdir(path)
  }
}

public struct FixtureError: Error {
  public var message: String
}
