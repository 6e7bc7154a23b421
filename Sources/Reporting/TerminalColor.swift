import Analysis
import SpectralCore

/// Colours of a terminal; what they look like its user has chosen.
enum TerminalColor: Int {
  case red = 31
  case yellow = 33
  case blue = 34
  case magenta = 35
  case cyan = 36
  case gray = 90

  func painted(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}

extension TerminalColor {
  /// Of a phase; its name is always there as well.
  init(_ phase: Phase) {
    self =
      switch phase {
      case .randomLike: .gray
      case .bleedingOut: .cyan
      case .bulkPlusSpikes: .blue
      case .bulkDecay: .magenta
      case .heavyTailed: .red
      case .rankCollapse: .yellow
      }
  }

  /// Of a cell that holds the name of a phase, the last one where it changes; `nil` for any other text.
  init?(phaseIn text: String) {
    guard let name = text.split(separator: " ").last, let phase = Phase(rawValue: String(name)) else { return nil }
    self.init(phase)
  }

  /// `nil` for what is merely good to know.
  init?(_ severity: Finding.Severity) {
    switch severity {
    case .note: return nil
    case .attention: self = .yellow
    case .problem: self = .red
    }
  }
}
