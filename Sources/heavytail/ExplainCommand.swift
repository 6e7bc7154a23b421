import ArgumentParser
import ModelReading
import Reporting

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a column, phase, caveat or concept: meaning, formula, how to read it, source.",
    discussion: """
      Without a term, lists all of them. Letter case does not matter where it is unambiguous.

      heavytail explain alpha
      heavytail explain HEAVY-TAILED
      heavytail explain "large D"
      """)

  @Argument(help: "What to explain.")
  var term: [String] = []

  func validate() throws {
    guard !term.isEmpty, Glossary.entry(for: name) == nil else { return }
    let suggestions = Glossary.suggestions(for: name)
    let hint =
      suggestions.isEmpty
      ? "heavytail explain lists all terms" : "did you mean \(suggestions.joined(separator: ", "))?"
    throw ValidationError("'\(printable(name))' is no term of the reports; \(hint)")
  }

  func run() throws {
    let width = Terminal.width
    let text = term.isEmpty ? Glossary.overview(width: width) : Glossary.entry(for: name)?.text(width: width)
    try emit(text ?? "", to: nil)
  }

  private var name: String { term.joined(separator: " ") }
}
