import ModelReading
import Synchronization

/// Where libhdf5 runs.
public enum HDF5Worker {
  private static let configured = Mutex<String?>(nil)

  /// The executable whose `main(_:)` answers for libhdf5; `nil` to run it in this process.
  public static var executable: String? {
    get { configured.withLock { $0 } }
    set { configured.withLock { $0 = newValue } }
  }

  static func index(of source: ByteSource, limits: Limits) throws(ReadError) -> HDF5Index {
    try HDF5Index.build(source, limits: limits)
  }

  static func values(
    of path: ByteString, byteCount: Int, in source: ByteSource, limits: Limits
  ) throws(ReadError) -> [UInt8] {
    try HDF5Index.values(of: path, byteCount: byteCount, in: source)
  }
}
