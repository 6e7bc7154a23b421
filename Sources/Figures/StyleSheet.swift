/// The style sheets that the figures' classes refer to.
public enum StyleSheet {
  /// For a figure in a file of its own: light, and every colour fixed.
  public static let file = rules(for: .file) { $0.light }

  /// For figures in a page: colours are the variables `--text`, `--blue` and so on.
  public static let page = rules(for: .page) { "var(--\($0.rawValue))" }

  /// For a figure that is taken out of a page to a file.
  public static let saved = rules(for: .page) { $0.light }

  /// Units of a page's figure in a pixel.
  public static let unitsPerPixel = Resolution.halves.unitsPerPixel

  /// The page's variables: `--text:#1c2530;…`
  public static func variables(isDark: Bool) -> String {
    Ink.allCases.map { "--\($0.rawValue):\(isDark ? $0.dark : $0.light);" }.joined()
  }

  static func rules(for medium: Medium, _ color: (Ink) -> String) -> String {
    let sizes = medium.sizes
    func pixels(_ length: Double) -> String { "\(medium.resolution.units(length))px" }
    func dashes(_ lengths: Double...) -> String {
      "stroke-dasharray:" + lengths.map(medium.resolution.units).joined(separator: " ")
    }
    // What figures of a page share is drawn where it is used, but without the figure's class around it.
    let scope = medium == .file ? ".figure " : ""
    let fixed = [
      "\(medium == .file ? "" : "figure svg,").figure{font-family:Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif;font-size:\(pixels(sizes.text))}",
      "\(scope)text{fill:\(color(.text))}", "\(scope).h{font-size:\(pixels(sizes.title));font-weight:bold}",
      "\(scope)text.n{fill:\(color(.muted))}",
      "\(scope).k{font-size:\(pixels(sizes.tick))}\(scope).k,\(scope).k text{fill:\(color(.muted))}",
      "\(scope).c{text-anchor:middle}", "\(scope).r{text-anchor:end}",
      "\(scope)path{fill:none;stroke-linejoin:round}", "\(scope).l{stroke-width:\(pixels(1.8))}",
      "\(scope).i{stroke-width:\(pixels(1))}", "\(scope).o{stroke-width:\(pixels(4));stroke-linecap:round}",
      "\(scope).d1{\(dashes(7, 3))}", "\(scope).d2{\(dashes(2, 3))}", "\(scope).d3{\(dashes(8, 3, 2, 3))}",
      "\(scope).d4{\(dashes(4, 3))}",
    ]
    let inks = Ink.allCases.map { ink in
      let (letter, value) = (ink.letter, color(ink))
      if Ink.ramp.contains(ink) { return "\(scope).s\(letter){stroke:\(value)}" }
      return "\(scope).s\(letter){stroke:\(value)}\(scope).f\(letter){fill:\(value)}"
        + "\(scope).b\(letter){fill:\(value);fill-opacity:.22}"
    }
    return (fixed + inks).joined(separator: "\n") + "\n"
  }
}
