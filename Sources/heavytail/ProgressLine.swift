import Analysis
import Glibc
import ModelReading
import Reporting

/// Says on standard error how far a command is: in one line that is written over, only where that is a terminal; or in a
/// line for each layer, wherever that goes.
struct ProgressLine: Sendable {
  private enum Mode {
    case silent
    /// Columns of the terminal.
    case overwriting(Int)
    case lines
  }

  private let mode: Mode

  init(isEnabled: Bool, isVerbose: Bool = false) {
    if isVerbose {
      mode = .lines
    } else if isEnabled, let width = Terminal.width(of: STDERR_FILENO) {
      mode = .overwriting(width)
    } else {
      mode = .silent
    }
  }

  /// Layers done, bytes done, what time is left, and which layer it was.
  func show(_ path: String, _ progress: AnalysisProgress) {
    var parts = ["\(progress.finished)/\(progress.total)"]
    if let count = progress.byteCount, let total = progress.totalByteCount {
      parts.append("\(byteCountText(count)) of \(byteCountText(total))")
    }
    if progress.finished < progress.total, let seconds = progress.remainingSeconds, progress.elapsed > .seconds(1) {
      parts.append("\(ProgressLine.clock(seconds)) left")
    }
    show((parts + [printable(path), printable(progress.layer)]).joined(separator: "  "))
  }

  func show(_ text: String) {
    switch mode {
    case .silent: break
    case .overwriting(let width): Terminal.write("\r\u{1B}[K\(text.prefix(width - 1))", to: STDERR_FILENO)
    case .lines: Terminal.printError(text)
    }
  }

  func clear() {
    if case .overwriting = mode { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
  }

  /// `0:42`, `1:02:03`.
  static func clock(_ seconds: Double) -> String {
    let total = Int(min(seconds, 1e9).rounded(.up))
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(total % 60))" : "\(minutes):\(two(total % 60))"
  }
}
