import Glibc
public import ModelReading
import NumPyFormat
import Synchronization
import Zip

/// Writes eigenvalues as one npz file: an array of float64 for each row of a report, in the order of the rows.
///
/// Rows may come in any order and from any thread: their numbers wait in a file, and only names and places in memory. The
/// same rows give the same bytes.
public final class EigenvalueArchive: Sendable {
  /// Where a row stands in the report.
  public struct Place: Sendable, Comparable {
    /// Positions, from 0: of the model, of the weight in it, and of the row among those of the weight.
    public var model: Int
    public var weight: Int
    public var row: Int

    public init(model: Int, weight: Int, row: Int) {
      self.model = model
      self.weight = weight
      self.row = row
    }

    public static func < (a: Place, b: Place) -> Bool {
      (a.model, a.weight, a.row) < (b.model, b.weight, b.row)
    }
  }

  private struct Entry {
    var place: Place
    var name: String
    var header: [UInt8]
    /// Of the numbers in the waiting file.
    var start: Int
    var byteCount: Int
    /// Of header and numbers.
    var checksum: UInt32
  }

  private struct State {
    var entries: [Entry] = []
    var byteCount = 0
    var error: WriteError?
  }

  private let path: String
  /// Of a file without a name, beside the one that is written.
  private let waiting: Int32
  private let state = Mutex(State())

  /// - Parameter path: where the file will be, once `commit` has written it.
  public init(path: String) throws(WriteError) {
    self.path = path
    var name = Array((path + ".XXXXXX").utf8CString)
    waiting = unsafe mkstemp(&name)
    guard waiting >= 0 else { throw WriteError("create", path) }
    unsafe unlink(name)
  }

  deinit { close(waiting) }

  /// Adds a row's eigenvalues.
  public func add(_ eigenvalues: some Sequence<Double>, name: String, at place: Place) {
    let bytes = eigenvalues.flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
    }
    let header = NPYHeader.bytes(elementType: .float64, shape: [bytes.count / 8]) ?? []
    let checksum = unsafe ZipWriter.checksum(bytes.span.bytes, after: ZipWriter.checksum(header.span.bytes))
    state.withLock { state in
      guard state.error == nil else { return }
      let entry = Entry(
        place: place, name: name, header: header, start: state.byteCount, byteCount: bytes.count, checksum: checksum)
      guard write(bytes, at: entry.start) else {
        state.error = WriteError("write", path)
        return
      }
      state.byteCount += bytes.count
      state.entries.append(entry)
    }
  }

  private func write(_ bytes: [UInt8], at start: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(waiting, buffer.baseAddress! + done, bytes.count - done, start + done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Writes the file; what is there goes.
  /// - Parameter models: what the models are called; of several the names stand before those of their rows.
  /// - Throws: also what went wrong in `add`.
  public func commit(models: [String]) throws(WriteError) {
    let (entries, error) = state.withLock { ($0.entries.sorted { $0.place < $1.place }, $0.error) }
    if let error { throw error }
    var names = UniqueNames()
    var zip = try ZipWriter(path: path)
    for entry in entries {
      let model = models.count > 1 ? [models[entry.place.model]] : []
      let name = names.next(EigenvalueArchive.safe((model + [entry.name]).joined(separator: "/")), suffix: ".npy")
      try zip.begin(name, byteCount: entry.header.count + entry.byteCount, checksum: entry.checksum)
      try unsafe zip.append(entry.header.span.bytes)
      try copy(entry, to: &zip)
    }
    try zip.commit()
  }

  private func copy(_ entry: Entry, to zip: inout ZipWriter) throws(WriteError) {
    var buffer = [UInt8](repeating: 0, count: min(entry.byteCount, 1 << 20))
    var done = 0
    while done < entry.byteCount {
      let wanted = min(buffer.count, entry.byteCount - done)
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe pread(waiting, $0.baseAddress!, wanted, entry.start + done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw WriteError("read again what was written for", path) }
      try unsafe zip.append(buffer.span.extracting(..<count).bytes)
      done += count
    }
  }

  /// A name that leads nowhere where somebody unpacks the archive.
  private static func safe(_ name: String) -> String {
    let parts = name.split(separator: "/").map { part in
      part == "." || part == ".." ? "_" : String(String.UnicodeScalarView(part.unicodeScalars.map(safe)))
    }
    return parts.isEmpty ? "_" : parts.joined(separator: "/")
  }

  private static func safe(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\\" ? "_" : scalar
  }
}
