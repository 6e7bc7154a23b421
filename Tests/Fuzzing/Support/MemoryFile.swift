import Glibc
public import ModelReading

/// A file in memory, without a name once it is open: nothing to clean up, whatever happens.
public func memoryFile(_ bytes: [UInt8]) throws -> MappedFile {
  var template = Array("/dev/shm/heavytail-XXXXXX".utf8CString)
  let descriptor = unsafe mkstemp(&template)
  precondition(descriptor >= 0, "memory files can be made")
  defer {
    close(descriptor)
    _ = unsafe unlink(template)
  }
  var done = 0
  while done < bytes.count {
    let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + done, bytes.count - done) }
    precondition(count > 0, "memory files can be written")
    done += count
  }
  return try MappedFile(path: "/proc/self/fd/\(descriptor)")
}
