import ModelReading
import Synchronization

/// Where libhdf5 runs.
///
/// libhdf5 is known to crash on hostile files. A program sets `executable` to
/// itself and answers the subcommand `hdf5-worker` with `main(_:)`: each file is
/// then parsed by a child that can die without harm, with limits on its memory
/// and time, and with nothing but the file in its hands. Without an executable,
/// libhdf5 runs in this process.
public enum HDF5Worker {
  /// The first argument that a worker is started with; `main(_:)` is given those after it.
  public static let subcommand = "hdf5-worker"

  private static let configured = Mutex<String?>(nil)

  /// Path of the executable whose `main(_:)` answers for libhdf5; `nil` to run it in this process.
  public static var executable: String? {
    get { configured.withLock { $0 } }
    set { configured.withLock { $0 = newValue } }
  }

  static func index(
    of source: ByteSource, limits: Limits, executable: String? = executable
  ) throws(ReadError) -> HDF5Index {
    // What the file says of itself needs no library, and a better message.
    try Superblock(source).check(source)
    guard let executable else { return try HDF5Index.build(source, limits: limits) }
    let request = WorkerRequest(source, .index, limits)
    let answer = try WorkerProcess.run(request, executable)
    return try HDF5Index(decoding: ByteSource(owned: answer, label: source.label))
  }

  static func values(
    of path: ByteString, byteCount: Int, in source: ByteSource, limits: Limits, executable: String? = executable
  ) throws(ReadError) -> [UInt8] {
    guard let executable else { return try HDF5Index.values(of: path, byteCount: byteCount, in: source) }
    return try WorkerProcess.run(WorkerRequest(source, .values(path, byteCount: byteCount), limits), executable)
  }
}
