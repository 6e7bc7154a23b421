/// The colours of the figures, by name: each has a light and a dark value.
///
/// Blue, vermilion, green, purple, amber and sky are told apart by people of every colour vision; where two of them meet
/// in one figure, dashes or shapes differ as well. As text each has a contrast of at least 4.5 with its ground.
///
/// The inks of `ramp` are for lines in an order. Their lightness goes one way, so that the order is seen without colours.
public enum Ink: String, Sendable, CaseIterable {
  case text, muted, grid, ground, blue, vermilion, green, purple, amber, sky, gray
  case ramp0, ramp1, ramp2, ramp3, ramp4, ramp5, ramp6, ramp7, ramp8, ramp9, ramp10, ramp11

  /// From the first to the last, which stands out most from either ground.
  public static let ramp: [Ink] = [
    .ramp0, .ramp1, .ramp2, .ramp3, .ramp4, .ramp5, .ramp6, .ramp7, .ramp8, .ramp9, .ramp10, .ramp11,
  ]

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
    case .ramp0: "#d9740f"
    case .ramp1: "#d2651a"
    case .ramp2: "#c85726"
    case .ramp3: "#bd4832"
    case .ramp4: "#b03b40"
    case .ramp5: "#a12f4d"
    case .ramp6: "#91255b"
    case .ramp7: "#7e1e65"
    case .ramp8: "#69196b"
    case .ramp9: "#54166a"
    case .ramp10: "#3f1263"
    case .ramp11: "#2b0d55"
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
    case .ramp0: "#7b68c4"
    case .ramp1: "#9062be"
    case .ramp2: "#a45eb5"
    case .ramp3: "#b75ba8"
    case .ramp4: "#c75a9a"
    case .ramp5: "#d45e8a"
    case .ramp6: "#df677a"
    case .ramp7: "#e7776a"
    case .ramp8: "#ed8a5c"
    case .ramp9: "#f2a050"
    case .ramp10: "#f6b94d"
    case .ramp11: "#f8d45c"
    }
  }

  /// The classes of what is filled with it, and of lines in it, in the SVG of figures; those of `ramp` fill nothing.
  public var fillClass: String { "f\(letter)" }
  public var strokeClass: String { "s\(letter)" }

  /// The letter or digit of its classes: `s…` strokes, `f…` fills, `b…` fills faintly.
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
    case .ramp0, .ramp1, .ramp2, .ramp3, .ramp4, .ramp5, .ramp6, .ramp7, .ramp8, .ramp9: String(rawValue.suffix(1))
    case .ramp10: "A"
    case .ramp11: "B"
    }
  }
}
