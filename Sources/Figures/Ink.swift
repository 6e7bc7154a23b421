/// The colours of the figures, by name: each has a light and a dark value.
///
/// Blue, vermilion, green, purple, amber and sky are told apart by people of every colour vision; where two of them meet
/// in one figure, dashes or shapes differ as well. As text each has a contrast of at least 4.5 with its ground.
public enum Ink: String, Sendable, CaseIterable {
  case text, muted, grid, ground, blue, vermilion, green, purple, amber, sky, gray

  /// On white.
  public var light: String {
    switch self {
    case .text: "#1c2530"
    case .muted: "#56616d"
    case .grid: "#e4e8ec"
    case .ground: "#ffffff"
    case .blue: "#0069a8"
    case .vermilion: "#b84300"
    case .green: "#00775a"
    case .purple: "#8f4a96"
    case .amber: "#8a6200"
    case .sky: "#2c7fb0"
    case .gray: "#66717c"
    }
  }

  /// On the dark ground.
  public var dark: String {
    switch self {
    case .text: "#e5e9ed"
    case .muted: "#a3aeb9"
    case .grid: "#2b333c"
    case .ground: "#161b21"
    case .blue: "#62b4ea"
    case .vermilion: "#ff955c"
    case .green: "#45c69d"
    case .purple: "#d69fdb"
    case .amber: "#e0b040"
    case .sky: "#9ad3f2"
    case .gray: "#929ca7"
    }
  }

  /// The letter of its classes: `s…` strokes, `f…` fills, `b…` fills faintly.
  var letter: String {
    switch self {
    case .text: "t"
    case .muted: "m"
    case .grid: "g"
    case .ground: "w"
    case .blue: "b"
    case .vermilion: "v"
    case .green: "e"
    case .purple: "p"
    case .amber: "a"
    case .sky: "k"
    case .gray: "y"
    }
  }
}
