import Figures

/// What the words of the page mean.
struct HTMLGlossary {
  func add(to page: inout HTMLPage) {
    page.add("<section class=\"card\" id=\"terms\"><h2>What the words mean</h2>")
    for group in Glossary.Group.allCases {
      page.add("<h3>\(escaped(group.rawValue))</h3><dl class=\"terms\">")
      for entry in Glossary.entries where entry.group == group { add(entry, to: &page) }
      page.add("</dl>")
    }
    page.add("</section>")
  }

  private func add(_ entry: Glossary.Entry, to page: inout HTMLPage) {
    let terms = entry.terms.map { "<code>\(escaped($0))</code>" }.joined(separator: ", ")
    page.add("<div id=\"\(HTMLTerms.anchor(entry))\"><dt>\(terms)</dt><dd>\(escaped(entry.meaning))")
    if let formula = entry.formula { page.add("<span class=\"formula\">\(escaped(formula))</span>") }
    for text in [entry.reading, entry.caveats] {
      if let text { page.add("<span class=\"more\">\(escaped(text))</span>") }
    }
    if let source = entry.source { page.add("<span class=\"more n\">\(escaped(source))</span>") }
    page.add("</dd></div>")
  }
}
