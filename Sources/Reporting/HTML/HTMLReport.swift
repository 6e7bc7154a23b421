import Analysis
import Crypto
import Figures
import ModelReading

extension AnalysisResults {
  /// The whole run as one HTML page that needs nothing else: no network, and for all that is not sorting, filtering,
  /// opening and saving no JavaScript either.
  ///
  /// Figures of layers are drawn for rows that keep their spectra (`AnalysisOptions.keepsSpectra`). What comes from a
  /// file is text wherever it stands, and the page's security policy allows its own style and script only.
  public var html: String {
    let title = models.count == 1 ? models[0].fileName : "\(models.count) models"
    var page = HTMLPage()
    page.add("<!doctype html>")
    page.add("<html lang=\"en\"><head><meta charset=\"utf-8\">")
    page.add("<meta http-equiv=\"Content-Security-Policy\" content=\"\(HTMLPage.policy)\">")
    page.add("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
    page.add("<meta name=\"referrer\" content=\"no-referrer\">")
    page.add("<title>\(escaped(title)) – HeavyTail</title>")
    page.add("<style>\(ReportStyle.text)</style></head><body>")
    page.add("<header class=\"top\"><a class=\"brand\" href=\"#top\" id=\"top\">HeavyTail</a>")
    page.add("<span class=\"n\">what random matrix theory says about the weights</span>")
    page.add("<button type=\"button\" class=\"theme\" data-js hidden>Light / dark</button></header><main>")
    if models.count > 1 { addContents(to: &page) }
    for (index, model) in models.enumerated() { HTMLModel(model, index).add(to: &page) }
    addErrors(to: &page)
    HTMLGlossary().add(to: &page)
    page.add("</main>")
    addFooter(to: &page)
    page.add("<template id=\"figure-style\">\(StyleSheet.saved)</template>")
    page.add("<script>\(ReportScript.text)</script></body></html>")
    return page.text
  }

  private func addContents(to page: inout HTMLPage) {
    page.add("<nav class=\"card\" aria-label=\"Models\"><h2>Models</h2><ul class=\"plain\">")
    for (index, model) in models.enumerated() {
      page.add(
        "<li><a href=\"#m\(index)\">\(escaped(model.fileName))</a> <span class=\"n\">\(escaped(model.path))</span></li>"
      )
    }
    page.add("</ul></nav>")
  }

  private func addErrors(to page: inout HTMLPage) {
    guard !errors.isEmpty else { return }
    page.add("<section class=\"card\"><h2>Not read</h2><ul class=\"plain\">")
    for (path, error) in errors {
      let hint = error.hint.map { " <span class=\"n\">\(escaped($0))</span>" } ?? ""
      page.add("<li><b>\(escaped(path))</b>: \(escaped(error.message))\(hint)</li>")
    }
    page.add("</ul></section>")
  }

  private func addFooter(to page: inout HTMLPage) {
    let settings = settings.filter { !$0.value.isEmpty }.map { "\($0.name) \($0.value)" }.joined(separator: " · ")
    page.add("<footer class=\"n\"><p>HeavyTail \(escaped(version)). Settings: \(escaped(settings)).</p>")
    page.add(
      "<p>Curves are thinned and dots of the same half pixel drawn once, which changes no figure visibly; the numbers "
        + "are those of <code>--format json</code>.</p></footer>")
  }
}

/// A page while it is written.
struct HTMLPage {
  private(set) var text = ""

  mutating func add(_ line: String) {
    text += line
    text += "\n"
  }

  /// Nothing is loaded, and nothing runs or styles but what is in this program.
  static let policy =
    "default-src 'none'; style-src '\(digest(ReportStyle.text))'; script-src '\(digest(ReportScript.text))'; "
    + "base-uri 'none'; form-action 'none'"

  private static func digest(_ text: String) -> String {
    let bytes = Array(SHA256.hash(data: Array(text.utf8)))
    return "sha256-" + base64(bytes)
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        text.append(index <= group.count ? letters[bits >> (18 - 6 * index) & 63] : "=")
      }
    }
    return text
  }
}
