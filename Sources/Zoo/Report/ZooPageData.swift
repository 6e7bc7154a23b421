import Figures
import Glibc
import Reporting
import SpectralCore
import StrictJSON

/// What the page's script draws and lists: columns as arrays, each text once.
///
/// Texts are from untrusted files: nothing in them ends the element, and what turns the direction of text is written out.
struct ZooPageData {
  private let report: ZooReport
  /// Positions of texts in `texts`.
  private var places: [String: Int] = [:]
  private var texts: [String] = []
  private var members: [(name: String, value: String)] = []

  /// More layers than this would make a page that no browser opens at once.
  private static let mostLayers = 200_000

  static func hasLayers(_ report: ZooReport) -> Bool { report.allLayers.count <= mostLayers }

  init(_ report: ZooReport) {
    self.report = report
    addAxes()
    addModels()
    if ZooPageData.hasLayers(report) { addLayers() }
  }

  /// A block of data for the page.
  var element: String {
    let all = members + [("texts", list(texts.map(quoted)))]
    let json = object(all)
    return "<script type=\"application/json\" id=\"zoo\">\(json)</script>"
  }

  private mutating func addAxes() {
    let axes = report.axes.map { axis in
      object([
        ("name", quoted(axis.name)), ("title", quoted(axis.title)), ("log", "\(axis.isLogarithmic)"),
        ("values", list(axis.values.map { $0.map { "\($0)" } ?? "null" })),
      ])
    }
    let families = report.families.families.map { family in
      object([("name", quoted(family.name)), ("look", quoted(family.style.classes))])
    }
    let phases = Phase.allCases.map { phase in
      object([
        ("name", quoted(phase.rawValue)), ("mark", quoted("i-\(phase.ink.rawValue)")),
        ("fill", quoted(phase.ink.fillClass)), ("stroke", quoted(phase.ink.strokeClass)),
      ])
    }
    members += [("axes", list(axes)), ("families", list(families)), ("phases", list(phases))]
    members += [("title", quoted(ZooReport.scatterTitle)), ("others", quoted(DotStyle.others.classes))]
  }

  private mutating func addModels() {
    let results = Dictionary(
      uniqueKeysWithValues: report.distinctModels.enumerated().map { ($1.resultID, $0) })
    func column(_ name: String, _ text: (ZooModel) -> String) -> (String, String) {
      (name, list(report.models.map { "\(place(text($0)))" }))
    }
    let columns = [
      column("name", \.name), column("path", \.path), column("format") { $0.format ?? "" },
      column("state", \.status), column("error") { $0.error ?? "" },
      ("family", list(report.models.map { "\(report.families.index(of: $0))" })),
      ("result", list(report.models.map { "\(results[$0.resultID] ?? 0)" })),
    ]
    members.append(("models", object(columns)))
  }

  private mutating func addLayers() {
    let results = report.distinctModels.map { report.layers(of: $0) }
    var starts = [0]
    for layers in results { starts.append(starts[starts.count - 1] + layers.count) }
    let layers = results.flatMap(\.self)
    func column(_ name: String, _ value: (ZooLayer) -> Int) -> (String, String) {
      (name, list(layers.map { "\(value($0))" }))
    }
    let phases = Phase.allCases
    var columns = [
      ("start", list(starts.map(String.init))),
      column("name") { place($0.name) }, column("kind") { place($0.kind) },
      column("shape") { place(shapeText($0.shape)) }, column("note") { place($0.note) },
      column("phase") { layer in layer.phase.flatMap(phases.firstIndex(of:)) ?? -1 },
      column("credible") { $0.isAlphaCredible ? 1 : 0 },
    ]
    for (index, numbers) in ZooLayer.columns.enumerated() {
      columns.append((numbers.name, list(layers.map { $0.numbers[index].map(ZooPageData.short) ?? "null" })))
    }
    members.append(("layers", object(columns)))
    members.append(
      ("columns", list(ZooLayer.columns.map { object([("name", quoted($0.name)), ("digits", "\($0.digits)")]) })))
  }

  private mutating func place(_ text: String) -> Int {
    if let place = places[text] { return place }
    places[text] = texts.count
    texts.append(text)
    return texts.count - 1
  }

  /// Six digits that count: thousands of numbers stay few bytes.
  static func short(_ number: Double) -> String {
    guard number.isFinite else { return "null" }
    if let integer = Int(exactly: number) { return "\(integer)" }
    let scale = pow(10, 5 - log10(abs(number)).rounded(.down))
    let rounded = (number * scale).rounded() / scale
    return rounded.isFinite ? "\(rounded)" : "\(number)"
  }

  private func list(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }

  private func object(_ members: [(String, String)]) -> String {
    "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
  }

  /// A JSON text that no reader of HTML takes for anything else.
  private func quoted(_ text: String) -> String {
    var writer = JSONWriter(indented: false)
    writer.value(visible(text))
    return writer.text.replacing("<", with: "\\u003c")
  }
}
