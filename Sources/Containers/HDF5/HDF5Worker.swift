import ModelReading
import Synchronization

/// Where libhdf5 runs.
///
/// libhdf5 is known to crash on hostile files, and takes longer to load than most files to read. It runs in a program
/// of its own, `heavytail-hdf5`: each file is parsed by a child that can die without harm, with limits on its memory
/// and time, and with nothing but the file in its hands.
public enum HDF5Worker {
  private static let configured = Mutex<String?>(nil)

  /// Path of the program that runs libhdf5; `nil`, as it is at first, for the one that was installed with this program.
  public static var executable: String? {
    get { configured.withLock { $0 } }
    set { configured.withLock { $0 = newValue } }
  }

  static func index(
    of source: ByteSource, limits: Limits, executable: String? = executable
  ) throws(ReadError) -> HDF5Index {
    // What the file says of itself needs no library, and a better message.
    try Superblock(source).check(source)
    let answer = try run(WorkerRequest(source, .index, limits), executable)
    return try HDF5Index(decoding: ByteSource(owned: answer, label: source.label))
  }

  static func values(
    of path: ByteString, byteCount: Int, in source: ByteSource, limits: Limits, executable: String? = executable
  ) throws(ReadError) -> [UInt8] {
    try run(WorkerRequest(source, .values(path, byteCount: byteCount), limits), executable)
  }

  private static func run(_ request: WorkerRequest, _ executable: String?) throws(ReadError) -> [UInt8] {
    if let executable { return try WorkerProcess.run(request, executable) }
    return try WorkerProcess.run(request, WorkerProgram.installed.path(for: request.source.label))
  }
}
