import CHDF5
import ModelReading
import Synchronization

/// libhdf5, one call at a time.
///
/// The library keeps global state; where it was built without its own lock,
/// two threads in it corrupt it.
enum HDF5Library {
  private static let lock = Mutex<Void>(())

  /// Runs `body` while no other thread is in the library, with the library's
  /// own printing of errors and loading of plug-ins switched off.
  static func locked<Result: Sendable>(
    _ body: () throws(ReadError) -> Result
  ) throws(ReadError) -> Result {
    try lock.withLock { _ throws(ReadError) in
      _ = H5open()
      _ = CHDF5_silenceErrors()
      _ = H5PLset_loading_state(0)
      return try body()
    }
  }

  /// What the library has to say about its last failure: the outermost and the innermost reason.
  static func lastError() -> String {
    var lines: [String] = []
    unsafe withUnsafeMutablePointer(to: &lines) { pointer in
      _ = unsafe H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_DOWNWARD,
        { _, error, context in
          guard let error = unsafe error, let context = unsafe context, let text = unsafe error.pointee.desc else {
            return 0
          }
          unsafe context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: text))
          return 0
        }, pointer)
    }
    guard let first = lines.first, let last = lines.last else { return "libhdf5 gives no reason" }
    return lines.count == 1 ? first : "\(first): \(last)"
  }
}

/// One identifier of the library, closed exactly once.
struct Handle: ~Copyable {
  let id: hid_t
  private let close: (hid_t) -> herr_t

  /// `nil` if `id` is the library's way of saying that the call failed.
  init?(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t) {
    guard id >= 0 else { return nil }
    self.id = id
    self.close = close
  }

  deinit { _ = close(id) }
}
