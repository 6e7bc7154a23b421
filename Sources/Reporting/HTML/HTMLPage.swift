package import Analysis
import Crypto
package import Figures
package import ModelReading
import SpectralCore

/// A page while it is written.
package struct HTMLPage {
  private enum Part {
    case text(String)
    case figure(head: String, elements: [String])
  }

  private var parts: [Part] = []
  /// How often an element occurs in the figures.
  private var counts: [String: Int] = [:]

  package mutating func add(_ line: String) { parts.append(.text(line)) }

  /// A figure; with JavaScript it has a button that saves it.
  package mutating func addFigure(_ figure: Figure) {
    let (head, elements) = figure.parts(for: .page)
    parts.append(.figure(head: head, elements: elements))
    for element in elements { counts[element, default: 0] += 1 }
  }

  /// The page. What figures have in common, legends and the names of axes mostly, stands in it once, before all else.
  private func text(after head: String) -> String {
    var names: [String: String] = [:]
    var shared = ""
    var body = ""
    for part in parts {
      switch part {
      case .text(let line): body += line + "\n"
      case .figure(let head, let elements):
        body += "<figure>\(head)"
        for element in elements {
          if names[element] == nil, isWorthSharing(element) {
            names[element] = "s" + String(names.count, radix: 36)
            shared += HTMLPage.named(element, names[element]!) + "\n"
          }
          body += names[element].map { "<use href=\"#\($0)\"/>" } ?? element
        }
        body += "</svg></figure>\n"
      }
    }
    guard !shared.isEmpty else { return head + body }
    return head + "<svg class=\"figure shared\" aria-hidden=\"true\"><defs>\n\(shared)</defs></svg>\n" + body
  }

  /// `<text …` as `<text id="s1" …`.
  private static func named(_ element: String, _ name: String) -> String {
    let tag = element.prefix { $0 != " " && $0 != ">" }
    return "\(tag) id=\"\(name)\"\(element.dropFirst(tag.count))"
  }

  /// Whether an element that stands once, and is named where it is used, takes less room.
  private func isWorthSharing(_ element: String) -> Bool {
    let (use, frame) = (20, 12)
    let (count, length) = (counts[element] ?? 0, element.utf8.count)
    return (count - 1) * length > count * use + frame
  }

  /// A page that needs nothing else: no network, and for all that is not sorting, filtering, opening and saving no
  /// JavaScript either.
  ///
  /// What comes from a file is text wherever it stands, and the page's security policy allows its own style and script
  /// only.
  ///
  /// - Parameters:
  ///   - about: what the page shows, in a few words.
  ///   - source: where its numbers are, as HTML.
  ///   - style, script: what it has beside that of every page.
  ///   - body: between the header and the meanings of the words.
  package static func document(
    title: String, about: String, settings: [(name: String, value: String)], version: String,
    errors: [(path: String, error: ReadError)] = [], source: String = "<code>--format json</code>",
    style: String = "", script: String = "", body: (inout HTMLPage) -> Void
  ) -> String {
    let (style, script) = (ReportStyle.text + style, ReportScript.text + script)
    let head = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy(style, script))">
      <meta name="viewport" content="width=device-width,initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <title>\(escaped(title)) – HeavyTail</title>
      <style>\(style)</style></head><body>

      """
    var page = HTMLPage()
    page.add("<header class=\"top\"><a class=\"brand\" href=\"#top\" id=\"top\">HeavyTail</a>")
    page.add("<span class=\"n\">\(about)</span>")
    page.add("<button type=\"button\" class=\"theme\" data-js hidden>Light / dark</button></header><main>")
    body(&page)
    page.add(errors)
    HTMLGlossary().add(to: &page)
    page.add("</main>")
    page.addFooter(settings, version, source)
    page.add("<template id=\"figure-style\">\(StyleSheet.saved)</template>")
    page.add("<script>\(script)</script></body></html>")
    return page.text(after: head)
  }

  private mutating func add(_ errors: [(path: String, error: ReadError)]) {
    guard !errors.isEmpty else { return }
    add("<section class=\"card\"><h2>Not read</h2><ul class=\"plain\">")
    for (path, error) in errors {
      let hint = error.hint.map { " <span class=\"n\">\(escaped($0))</span>" } ?? ""
      add("<li><b>\(escaped(path))</b>: \(escaped(error.message))\(hint)</li>")
    }
    add("</ul></section>")
  }

  private mutating func addFooter(_ settings: [(name: String, value: String)], _ version: String, _ source: String) {
    let settings = settings.filter { !$0.value.isEmpty }.map { "\($0.name) \($0.value)" }.joined(separator: " · ")
    add("<footer class=\"n\"><p>HeavyTail \(escaped(version)). Settings: \(escaped(settings)).</p>")
    add(
      "<p>Curves are thinned and dots of the same half pixel drawn once, which changes no figure visibly; the numbers "
        + "are those of \(source).</p></footer>")
  }

  /// What the signs before findings mean.
  package static let severities =
    "<p class=\"n\">In the order of how far they can be trusted: facts, tests against noise, heuristics. "
    + "<b class=\"mark fv\">!</b> asks for attention, <b class=\"mark fv\">✗</b> marks what is wrong.</p>"

  /// The sign before a finding; nothing before a note.
  package static func mark(_ severity: Finding.Severity) -> String {
    switch severity {
    case .note: ""
    case .attention: "<b class=\"mark fv\" title=\"attention\">!</b> "
    case .problem: "<b class=\"mark fv\" title=\"problem\">✗</b> "
    }
  }

  /// Names with their values, in a card.
  package mutating func addFacts(_ facts: [(label: String, value: String)]) {
    add("<dl class=\"facts\">")
    for (label, value) in facts { add("<div><dt>\(escaped(label))</dt><dd>\(escaped(value))</dd></div>") }
    add("</dl>")
  }

  /// What is typed or chosen above a table of layers, for those who have JavaScript.
  /// - Parameter phases: of which one can be chosen.
  mutating func addFilter(phases: [String], count: Int) {
    addFilter(of: "layers", count: count, choices: [("Phase", "phase", phases)])
  }

  /// The same above any table.
  /// - Parameters:
  ///   - things: what the rows are.
  ///   - choices: labels, classes of elements of the rows, and texts of which one can be chosen for each.
  package mutating func addFilter(
    of things: String, count: Int, choices: [(label: String, part: String, values: [String])]
  ) {
    add("<form class=\"filter\" data-js hidden><label>Filter <input type=\"search\" autocomplete=\"off\"></label>")
    for choice in choices {
      add("<label>\(choice.label) <select data-part=\"\(choice.part)\"><option value=\"\">all</option>")
      for value in choice.values { add("<option value=\"\(escaped(value))\">\(escaped(value))</option>") }
      add("</select></label>")
    }
    add("<output class=\"n\" data-things=\"\(things)\">\(count) \(things)</output></form>")
  }

  /// The heading of a column that sorts. With JavaScript the words are a button, and the question mark remains.
  /// - Parameter term: what the glossary explains.
  package static func heading(_ term: String, _ title: String, isNumeric: Bool) -> String {
    let help =
      HTMLTerms.isKnown(term)
      ? HTMLTerms.link(term, "?").replacingFirst(
        "<a ", "<a class=\"help\" aria-label=\"what \(escaped(title)) means\" ") : ""
    return
      "<th scope=\"col\"\(isNumeric ? " class=\"r\"" : "")><span class=\"sort\">\(escaped(title))</span> \(help)</th>"
  }

  /// Nothing is loaded, and nothing runs or styles but what is in this program.
  private static func policy(_ style: String, _ script: String) -> String {
    "default-src 'none'; style-src '\(digest(style))'; script-src '\(digest(script))'; "
      + "base-uri 'none'; form-action 'none'"
  }

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

/// Seven digits of a number tell what comes first.
package func sortKey(_ number: Double) -> String {
  let short = Float(number)
  return short.isNormal ? "\(short)" : "\(number)"
}

/// A phase with its colour before it.
package func phaseMark(_ name: String?) -> String {
  guard let name, let phase = Phase(rawValue: name) else { return "" }
  return "<span class=\"phase\"><i class=\"i-\(phase.ink.rawValue)\"></i>\(name)</span>"
}

extension String {
  fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
    hasPrefix(old) ? new + dropFirst(old.count) : self
  }
}
