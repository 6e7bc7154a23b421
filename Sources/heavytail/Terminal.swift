import Analysis
import Glibc

/// The terminal, if there is one.
enum Terminal {
  /// Columns of the terminal that standard output goes to, or `nil` if it goes elsewhere.
  static var width: Int? { width(of: STDOUT_FILENO) }

  /// Whether standard output goes to a terminal that has colours, and whose user wants them (https://no-color.org).
  static var isColored: Bool {
    guard isatty(STDOUT_FILENO) == 1, variable("TERM") != "dumb" else { return false }
    return (variable("NO_COLOR") ?? "").isEmpty
  }

  private static func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

  /// Columns of the terminal behind `descriptor`, or `nil` if there is none.
  static func width(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  static func printError(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// Writes all of `text`; what cannot be written to a closed pipe is lost, as it is for any filter.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Bool { write(Array(text.utf8), to: descriptor) }

  /// The same for bytes.
  @discardableResult
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress! + done, bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}

/// What the machine offers.
enum Machine {
  static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  static var memoryByteCount: Int {
    let pages = Int(sysconf(Int32(_SC_PHYS_PAGES)))
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    return max(1, pages.multipliedReportingOverflow(by: size).partialValue)
  }

  /// What a decomposition may use unless the user says otherwise: three quarters of the memory that is free now.
  static var workingByteCount: Int { (AvailableMemory.now.byteCount ?? memoryByteCount) / 4 * 3 }
}
