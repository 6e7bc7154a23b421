import Crypto
import Glibc
import ModelReading
import StrictJSON

/// A file that a model is read from, as it was when it was looked at.
public struct ModelFile: Sendable, Hashable {
  public var path: String
  public var byteCount: Int
  /// Nanoseconds since 1970 of the last change.
  public var modified: Int
  /// Its number in its file system, bit for bit.
  public var inode: Int
  /// SHA-256 of its bytes, in hexadecimal digits; `nil` if it cannot be read.
  public var sha256: String?

  /// - Returns: `nil` unless there is a regular file. Links are followed.
  init?(path: String, sha256: String? = nil) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.path = path
    byteCount = Int(status.st_size)
    modified = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
    inode = Int(truncatingIfNeeded: status.st_ino)
    self.sha256 = sha256
  }

  init(path: String, byteCount: Int, modified: Int, inode: Int, sha256: String?) {
    self.path = path
    self.byteCount = byteCount
    self.modified = modified
    self.inode = inode
    self.sha256 = sha256
  }

  /// Whether nobody has written to it since. Its number may differ: other machines count otherwise.
  var isUnchanged: Bool {
    guard let now = ModelFile(path: path) else { return false }
    return now.byteCount == byteCount && now.modified == modified
  }

  /// The same file with its sum: from the name of its blob in a Hugging Face cache, or of all its bytes.
  func summed() -> ModelFile {
    var copy = self
    copy.sha256 = blobSum ?? ModelFile.sha256(of: path)
    return copy
  }

  /// `…/blobs/<64 digits>` is what the links of a Hugging Face cache lead to: there the name is the sum.
  private var blobSum: String? {
    guard let parts = resolvedPath(path)?.split(separator: "/"), parts.count >= 2, parts[parts.count - 2] == "blobs",
      let name = parts.last, name.utf8.count == 64, name.allSatisfy(\.isHexDigit)
    else { return nil }
    return name.lowercased()
  }

  /// Read piece by piece: a file that shrinks meanwhile must not end the process, as it could if it were mapped.
  private static func sha256(of path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return hexadecimal(hash.finalize()) }
      hash.update(data: buffer[..<count])
    }
  }
}

/// SHA-256 of a text, in hexadecimal digits.
func sha256(of text: String) -> String { hexadecimal(SHA256.hash(data: Array(text.utf8))) }

private func hexadecimal(_ digest: SHA256.Digest) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

extension ModelFile {
  init(_ json: JSON) throws(ReadError) {
    self.init(
      path: try json.text("path"), byteCount: try json.integer("byte_count"), modified: try json.integer("modified_ns"),
      inode: try json.integer("inode"), sha256: json["sha256"]?.string)
  }
}

extension JSONWriter {
  mutating func write(_ file: ModelFile) {
    object { writer in
      writer.member("path", file.path)
      writer.member("byte_count", file.byteCount)
      writer.member("modified_ns", file.modified)
      writer.member("inode", file.inode)
      writer.member("sha256", file.sha256)
    }
  }
}
