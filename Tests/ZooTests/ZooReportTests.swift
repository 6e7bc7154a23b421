import Analysis
import Figures
import Foundation
import GRDB
import ModelReading
import StrictJSON
import TestSupport
import Testing

@testable import Zoo

@Suite struct ZooReportTests {
  // MARK: Databases

  /// A result of a model with these layers, each as members of JSON.
  private func result(
    _ name: String, path: String? = nil, summary: String = "", layers: [String] = [], error: String? = nil
  ) throws -> ResultLine {
    let path = path ?? "/zoo/\(name).pt"
    let place = "{\"path\":\(quoted(path)),\"name\":\(quoted(name)),\"files\":[]}"
    let work =
      "{\"schema\":\"heavytail.work/1\",\"content\":\(quoted(path)),\"places\":[\(place)],\"flops\":0,\"memory\":0,"
      + "\"settings\":{\"slicing\":\"positions\"}}"
    let model =
      "{\"format\":\"pytorch\",\"summary\":{\"failed\":0\(summary)},\"layers\":[\(layers.joined(separator: ","))]}"
    let failure = error.map { "{\"code\":\"truncated\",\"message\":\(quoted($0))}" }
    let line =
      "{\"schema\":\"heavytail.result/1\",\"version\":\"1\",\"work\":\(work),\"error\":\(failure ?? "null"),"
      + "\"model\":\(failure == nil ? model : "null")}"
    return try ResultLine(parsing: Array(line.utf8), label: "r")
  }

  private func quoted(_ text: String) -> String {
    var writer = JSONWriter(indented: false)
    writer.value(text)
    return writer.text
  }

  private func layer(_ name: String, phase: String, alpha: Double? = nil, findings: [String] = []) -> String {
    let findings = findings.map { "{\"level\":\"heuristic\",\"severity\":\"attention\",\"text\":\(quoted($0))}" }
    return "{\"name\":\(quoted(name)),\"kind\":\"dense\",\"shape\":[3,4],\"phase\":\"\(phase)\",\"status\":\"ok\","
      + "\"alpha\":\(alpha.map { "\($0)" } ?? "null"),\"findings\":[\(findings.joined(separator: ","))]}"
  }

  private func report(_ results: [ResultLine], scores: String? = nil) throws -> ZooReport {
    try Fixtures.withDirectory { folder in
      let writer = try ZooWriter(path: folder + "/zoo")
      try writer.merge(results)
      writer.close()
      let reader = try ZooReader(path: folder + "/zoo")
      let contents = try ZooContents(of: reader.runs()[0], in: reader)
      let trends = try scores.map {
        QualityTrends(try QualityScores(Array($0.utf8), path: "q"), contents.models, replicates: 100)
      }
      return ZooReport(contents, trends: trends)
    }
  }

  /// The block of data in a page.
  private func data(_ page: String) throws -> JSON {
    let start = try #require(page.components(separatedBy: "id=\"zoo\">").last)
    let block = try #require(start.components(separatedBy: "</script>").first)
    return try JSON.parse(ByteSource(owned: Array(block.utf8), label: "page"), limits: Limits())
  }

  private func list(_ json: JSON?) -> [JSON] { json?.elements ?? [] }

  // MARK: Numbers

  /// Every number of the page against the database that it was made from.
  @Test func numbersAreThoseOfTheDatabase() throws {
    try Fixtures.withDirectory { folder in
      let (zoo, database) = (folder + "/zoo", folder + "/zoo.sqlite")
      try SmallZoo.make(in: zoo)
      let heavytail = Program("heavytail")
      _ = try heavytail.run(["zoo", "add", zoo, "--db", database, "--bootstrap", "0"])
      let outcome = try heavytail.run(["zoo", "report", "--db", database, "--output", folder + "/zoo.html"])
      #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "")
      let page = String(decoding: try Fixtures.read(folder + "/zoo.html"), as: UTF8.self)
      #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</body></html>\n"))
      for start in ["src=", "@import", "url(", "href=\"http", "style=\"", " onclick", "unsafe-inline"] {
        #expect(!page.contains(start), "\(start)")
      }
      #expect(try heavytail.run(["zoo", "report", "--db", database]).output == page)

      let reader = try ZooReader(path: database)
      let models = try reader.models(of: reader.runs()[0])
      #expect(page.components(separatedBy: "<tr id=\"m").count == models.count + 1)
      let data = try data(page)
      let texts = list(data["texts"]).map { $0.string ?? "" }
      func said(_ json: JSON?) -> [String] { list(json).map { texts[$0.int ?? 0] } }
      #expect(said(data["models"]?["name"]) == models.map(\.name))
      #expect(said(data["models"]?["path"]) == models.map(\.path))
      #expect(said(data["models"]?["state"]) == models.map(\.status))
      #expect(said(data["models"]?["error"]) == models.map { $0.error ?? "" })
      for axis in list(data["axes"]) {
        let name = try #require(axis["name"]?.string)
        let values = models.map { model in
          ["parameters": model.parameters, "analyzed": model.analyzed][name]?.map(Double.init)
            ?? model.means["mean_" + name]
        }
        #expect(list(axis["values"]).map(\.double) == values, "\(name)")
      }
      try checkLayers(data, models, reader, said)
    }
  }

  private func checkLayers(
    _ data: JSON, _ models: [ZooModel], _ reader: ZooReader, _ said: (JSON?) -> [String]
  ) throws {
    let layers = try #require(data["layers"])
    let starts = list(layers["start"]).compactMap(\.int)
    let results = list(data["models"]?["result"]).compactMap(\.int)
    let phases = list(data["phases"]).map { $0["name"]?.string }
    let names = ["name", "shape", "phase"] + ZooLayer.columns.map(\.name)
    #expect(results.count == models.count && Set(results).count == models.count - 1)
    for (model, result) in zip(models, results) {
      let rows = try reader.layers(of: model, ZooReader.columns(names))
      let range = starts[result]..<starts[result + 1]
      #expect(range.count == rows.count)
      let credible = list(layers["credible"])[range].count { $0.int == 1 }
      #expect(credible == model.credible ?? 0, "\(model.path)")
      for (row, place) in zip(rows, range) {
        #expect(row[0] == .text(said(layers["name"])[place]) && cell(row[1]) == said(layers["shape"])[place])
        let phase = list(layers["phase"])[place].int ?? -1
        #expect(row[2] == (phase < 0 ? .null : .text(phases[phase] ?? "")))
        for (value, column) in zip(row.dropFirst(3), ZooLayer.columns) {
          let shown = list(layers[column.name])[place].double
          switch value {
          case .number(let number): #expect(abs(number - (shown ?? .nan)) <= 5e-6 * abs(number), "\(column.name)")
          case .integer(let integer): #expect(Double(integer) == shown, "\(column.name)")
          default: #expect(shown == nil, "\(column.name)")
          }
        }
      }
    }
  }

  @Test(arguments: [0, 1, -2.5, 1.0 / 3, 123_456_789.123, 6.02e23, -1e-300, .leastNonzeroMagnitude])
  func sixDigitsAreKept(number: Double) throws {
    let short = try #require(Double(ZooPageData.short(number)))
    #expect(abs(short - number) <= 5e-6 * abs(number))
    #expect(ZooPageData.short(number).utf8.count <= 12 || abs(number) > 1e20 || abs(number) < 1e-20)
  }

  // MARK: Texts

  @Test func hostileNamesStayText() throws {
    let hostile = "</script><!--<script><img src=x onerror=alert(1)>\"'&amp;\u{202E}\u{2028}\\u003c"
    let layers = [layer(hostile, phase: "HEAVY-TAILED", alpha: 3, findings: [hostile])]
    let report = try report(
      [
        result(hostile + "1", summary: ",\"mean_alpha\":3,\"mean_log_spectral_norm\":1", layers: layers),
        result("b", path: "/zoo/" + hostile, error: hostile),
      ], scores: "model,score,series\nb,1,x\n\"\(hostile.replacing("\"", with: "\"\""))1\",1,\"<b>family\"\n")
    let page = report.html
    #expect(!page.contains("<img") && !page.contains("<!--") && !page.contains("<b>family"))
    // The data, and the script.
    #expect(page.components(separatedBy: "</script>").count == 3)
    #expect(!page.unicodeScalars.contains("\u{202E}") && !page.unicodeScalars.contains("\u{2028}"))
    let shown = hostile.replacing("\u{202E}", with: "\\u{202e}").replacing("\u{2028}", with: "\\u{2028}")
    let texts = list(try data(page)["texts"]).map(\.string)
    #expect([shown, shown + "1", "/zoo/" + shown].allSatisfy(texts.contains))
    #expect(list(try data(page)["families"]).contains { $0["name"]?.string == "<b>family" })
  }

  // MARK: Findings

  @Test func findingsFollowFromTheData() throws {
    let heavy = (0..<8).map { layer("l\($0)", phase: "HEAVY-TAILED", alpha: 1.5 + Double($0)) }
    let noise = (0..<8).map { layer("l\($0)", phase: "RANDOM-LIKE") }
    let doubtful = layer("fc", phase: "BULK-DECAY", alpha: 7, findings: ["α is not credible: D is large"])
    let report = try report([
      result("vgg1", summary: ",\"fitted\":8,\"credible\":8,\"mean_alpha_credible\":1.9", layers: heavy),
      result("net2", summary: ",\"mean_log_norm\":1", layers: noise),
      result("net3", summary: ",\"fitted\":1,\"credible\":0,\"mean_alpha\":7", layers: [doubtful]),
      result("other4", summary: ",\"fitted\":8,\"credible\":8,\"mean_alpha_credible\":6.5"),
      result("bad5", error: "declares 3 bytes, 2 are there"),
    ])
    let all = report.statements
    func about(_ part: String) -> [String]? {
      all.first { $0.text.contains(part) }.map { $0.models.map { report.models[$0].name } }
    }
    #expect(about("1 model could not be analysed") == ["bad5"])
    #expect(about("1 model has no layer that can be told from noise") == ["net2"])
    #expect(about("1 model has no credible α") == ["net3"])
    #expect(about("1 model has a mean credible α below 2") == ["vgg1"])
    #expect(about("1 model has a mean credible α above 6") == ["other4"])
    #expect(about("8 of 9 power laws are credible; of these 4 have an α from 2 to 6") == [])
    let family = try #require(all.first { $0.text.contains("the family vgg has the largest share") })
    #expect(family.evidence == "vgg: 8 of 8, 100.0 %; net: 0 of 9, 0.0 %; of 2 families with 8 such layers or more")
    #expect(all.contains { $0.text == "α is not credible: D is large" && $0.evidence == "1 layer of 1 model" })
    let levels = all.compactMap { Finding.Level.allCases.firstIndex(of: $0.level) }
    #expect(levels == levels.sorted())
    let page = report.html
    for part in ["Run 1 of version 1", "slicing positions", "1 model without a result, and why", "declares 3 bytes"] {
      #expect(page.contains(part), "\(part)")
    }
  }

  /// Two series: within each a larger α is worse, and the better series has the larger α.
  @Test func whatSeriesHideIsSaidAndDrawn() throws {
    var results: [ResultLine] = []
    var text = "score,model\n"
    for (series, offset) in [("net", 0.0), ("deep", 10.0)] {
      for depth in 1...5 {
        results.append(try result("\(series)\(depth)", summary: ",\"mean_alpha\":\(2 + offset + Double(depth))"))
        text += "\(70 + 2 * offset - Double(depth)),\(series)\(depth)\n"
      }
    }
    let report = try report(results, scores: text + "1,unknown\n")
    let page = report.html
    #expect(page.contains("Simpson&#39;s paradox") && page.contains("of no model that was analysed"))
    let trends = try #require(report.trends)
    let figure = try #require(trends.figure(of: trends.trends[0], report.families, [:]))
    // A line of all, one of each series, and the dots of both.
    let shapes = figure.panels[0].series.map(\.shape)
    let lines = shapes.compactMap { if case .line(let ends) = $0 { ends } else { nil } }
    let dots = shapes.flatMap { shape -> [Circle] in if case .circles(let circles) = shape { circles } else { [] } }
    #expect(lines.count == 3 && dots.count == 10)
    #expect(Set(dots.map(\.center.y)) == Set(trends.points.map(\.score)))
    for (index, series) in ["deep", "net"].enumerated() {
      // score = 72 − α + 3·offset within each.
      let height = series == "deep" ? 102.0 : 72
      #expect(lines[index].allSatisfy { abs($0.y + $0.x - height) < 1e-9 }, "\(lines[index])")
    }
    #expect(trends.figure?.panels.count == 1)
  }

  /// More families than have a bar of their own.
  @Test func manyFamiliesShareABar() throws {
    let report = try report(
      (0..<30).map { index in
        let layers = (0...index).map { layer("l\($0)", phase: $0 % 2 == 0 ? "HEAVY-TAILED" : "BULK-DECAY") }
        return try result("\(Character(UnicodeScalar(UInt8(65 + index))))1", layers: layers)
      })
    let boxes = try #require(report.phaseMix).panels[0].series.flatMap { series -> [Box] in
      if case .boxes(let boxes) = series.shape { boxes } else { [] }
    }
    let counts = boxes.compactMap { box in box.facts.first { $0.name == "count" }.flatMap { Int($0.text) } }
    #expect(counts.reduce(0, +) == 30 * 31 / 2 && boxes.count == 2 * 17)
    #expect(boxes.contains { $0.title == "14 other families: BULK-DECAY, 49 of 105" })
  }

  /// A model whose parts are not all there yet, and one that nobody has looked at in this run.
  @Test func whatIsNotThereIsSaid() throws {
    try Fixtures.withDirectory { folder in
      let writer = try ZooWriter(path: folder + "/zoo")
      try writer.merge([result("a1")])
      writer.close()
      try DatabaseQueue(path: folder + "/zoo").write { database in
        for name in ["b2", "c3"] {
          try database.execute(
            sql: "INSERT INTO models (path, name, series, content, flops, memory) VALUES (?, ?, 'x', ?, 0, 0)",
            arguments: ["/\(name)", name, name])
        }
        try database.execute(
          sql: "INSERT INTO results (run_id, content, status) VALUES (1, 'b2', '\(ZooStatus.incomplete)')")
      }
      let reader = try ZooReader(path: folder + "/zoo")
      let texts = ZooReport(try ZooContents(of: reader.runs()[0], in: reader)).statements.map(\.text)
      #expect(texts.contains("1 model is incomplete: some of its parts have no result yet"))
      #expect(texts.contains("of 1 more model the database has no result of this run"))
    }
  }

  @Test func nothingIsLeftToDraw() throws {
    let page = try report([result("a", error: "is empty")]).html
    #expect(page.contains("1 model without a result, and why") && !page.contains("<figure><svg viewBox"))
  }
}
