import Glibc
import ModelReading

/// Damaged copies of samples.
enum ScratchFile {
  static func write(_ bytes: [UInt8], to path: String) throws(ReadError) {
    guard let file = unsafe fopen(path, "wb") else {
      throw ReadError(.io, "cannot be written, errno \(errno)", file: path)
    }
    let written = unsafe fwrite(bytes, 1, bytes.count, file)
    guard unsafe fclose(file) == 0, written == bytes.count else {
      throw ReadError(.io, "cannot be written, errno \(errno)", file: path)
    }
  }

  static func remove(_ path: String) { _ = unsafe unlink(path) }
}
