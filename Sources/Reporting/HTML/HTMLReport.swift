import Analysis
import Figures

extension AnalysisResults {
  /// The whole run as one HTML page that needs nothing else.
  ///
  /// Figures of layers are drawn for rows that keep their spectra (`AnalysisOptions.keepsSpectra`).
  public var html: String {
    HTMLPage.document(
      title: models.count == 1 ? models[0].fileName : "\(models.count) models",
      about: "what random matrix theory says about the weights", settings: settings, version: version, errors: errors
    ) { page in
      if models.count > 1 { addContents(to: &page) }
      for (index, model) in models.enumerated() { HTMLModel(model, index).add(to: &page) }
    }
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
}
