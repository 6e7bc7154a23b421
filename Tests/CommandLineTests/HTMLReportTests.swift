import Foundation
import FoundationXML
import ModelReading
import StrictJSON
import TestSupport
import Testing

/// A safetensors file of matrices with these names, N×M each, of numbers that are noise.
private func safetensors(_ names: [String], rows: Int, columns: Int) throws -> [UInt8] {
  var random = SplitMix(seed: 7)
  let count = rows * columns * 4
  let header = names.enumerated().map { index, name in
    let text = String(decoding: (try? JSONEncoder().encode(name)) ?? Data(), as: UTF8.self)
    let range = "[\(index * count), \((index + 1) * count)]"
    return "\(text): {\"dtype\": \"F32\", \"shape\": [\(rows), \(columns)], \"data_offsets\": \(range)}"
  }
  let json = Array("{\(header.joined(separator: ", "))}".utf8)
  var bytes = withUnsafeBytesOf(UInt64(json.count)) + json
  for _ in 0..<names.count * rows * columns {
    let value = Float(Double(random.next() >> 11) / Double(1 << 53) - 0.5)
    bytes += withUnsafeBytesOf(value.bitPattern)
  }
  return bytes
}

private func withUnsafeBytesOf(_ value: some FixedWidthInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// 300 of them.
private func manyLayers() throws -> [UInt8] {
  let names = (0..<300).map { "transformer.encoder.layers.\($0).attention.query.weight" }
  return try safetensors(names, rows: 96, columns: 64)
}

private let hostileName = "</script><img src=x onerror=alert(1)>\"'&amp;"

@Suite struct HTMLReportTests {
  private func page(_ arguments: String...) throws -> String {
    let outcome = try heavytail(["analyze", "--format", "html"] + arguments)
    #expect(outcome.status == 0 && outcome.errors == "")
    return outcome.output
  }

  @Test func onePageThatNeedsNothingElse() throws {
    let text = try page(Fixtures.sample("LeNet5/lenet5.pt"))
    #expect(text.hasPrefix("<!doctype html>") && text.hasSuffix("</body></html>\n"))
    #expect(text.contains("default-src 'none'; style-src 'sha256-") && !text.contains("unsafe-inline"))
    for start in ["src=", "@import", "url(", "href=\"http", "style=\"", " onclick", "<iframe", "<base"] {
      #expect(!text.contains(start), "\(start)")
    }
    for part in ["Findings", "By depth", "Layer by layer", "What the words mean", "fc1: spectrum and power law"] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func hostileNamesStayText() throws {
    let file = try safetensors([hostileName + ".weight", "plain.weight"], rows: 40, columns: 30)
    try Fixtures.withFile(file, named: "<b>model'&\".safetensors") { path in
      let text = try page(path)
      #expect(!text.contains("<img") && !text.contains("<b>model") && text.contains("&lt;/script&gt;&lt;img"))
      #expect(text.components(separatedBy: "</script>").count == 2)
    }
  }

  @Test func theSamePageHasTheSameBytes() throws {
    let path = Fixtures.sample("LeNet5/lenet5.pt")
    #expect(try page(path, "--threads", "1") == page(path, "--threads", "2"))
  }

  /// With every figure that there is.
  @Test func manyLayersStaySmall() throws {
    try Fixtures.withFile(try manyLayers(), named: "many.safetensors") { path in
      let text = try page("--randomize", "--vectors", "--bootstrap", "0", path)
      #expect(text.utf8.count < 3 << 20, "\(text.utf8.count) bytes")
      #expect(text.components(separatedBy: "<details class=\"layer\"").count == 301)
    }
  }

  /// The numbers of every figure and of the table against those of the JSON, digit by digit.
  @Test func numbersAreThoseOfTheReport() throws {
    let path = Fixtures.sample("LeNet5/lenet5.pt")
    let json = try heavytail("analyze", "--format", "json", "--randomize", path).output
    let document = try JSON.parse(ByteSource(owned: Array(json.utf8), label: "report"), limits: Limits())
    let rows = try #require(document["models"]?.elements.first?["layers"]?.elements)
    let parts = try page("--randomize", path).components(separatedBy: "<details class=\"layer\"").dropFirst()
    #expect(parts.count == rows.count)
    for (row, part) in zip(rows, parts) {
      let drawings = part.components(separatedBy: "<svg ").dropFirst().compactMap { $0.split(separator: ">").first }
      if row["alpha"]?.isNull == false { #expect(drawings.count == 5) }
      for drawing in drawings {
        for fact in drawing.components(separatedBy: " data-").dropFirst() {
          let fields = fact.components(separatedBy: "\"")
          let name = String(fields[0].dropLast())
          guard name != "kind" else { continue }
          let value = try #require(row[name], "\(name)")
          let texts = value.elements.isEmpty ? [value.numberText] : value.elements.map(\.numberText)
          #expect((value.string ?? texts.joined(separator: " ")) == fields[1], "\(name)")
        }
      }
    }
  }
}

/// The page in a browser.
@Suite(.serialized, .enabled(if: Browser.program != nil, "Chromium is not installed"))
struct BrowserTests {
  private static let lenet = ["analyze", "--randomize", "--vectors", Fixtures.sample("LeNet5/lenet5.pt")]
  private static let training = ["trace", Fixtures.sample("Training/mlp3")]
  private static let comparison = [
    "compare", Fixtures.sample("LeNet5/lenet5.pt"), Fixtures.sample("Training/lenet5/lenet5-epoch-4.safetensors"),
    Fixtures.sample("LeNet5/lenet5.onnx"),
  ]
  /// Models that are there.
  private static let others = ["resnet20-cifar10-legacy.th", "silero-vad-16k.safetensors"].compactMap { name in
    Fixtures.shared("models/real/\(name)").map { ["analyze", $0] }
  }

  /// Writes the page that a command makes, opens it in a new browser, and hands over both.
  func withPage(_ arguments: [String], _ body: (Browser, _ path: String, _ folder: String) throws -> Void)
    throws
  {
    // Chromium's profile has folders in folders.
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("heavytail-browser-\(UUID())").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/report.html"
    let format = arguments[0] == "zoo" ? [] : ["--format", "html"]
    let outcome = try heavytail(arguments + format + ["--output", path])
    try #require(outcome.status == 0)
    let browser = try Browser(in: directory)
    try body(browser, path, directory)
    let requests = browser.events.filter { $0.method == "Network.requestWillBeSent" }.compactMap {
      ($0.parameters["request"] as? [String: Any])?["url"] as? String
    }
    #expect(requests.allSatisfy { $0 == "file://" + path || $0.hasPrefix("blob:") }, "\(requests)")
    for event in browser.events {
      #expect(
        !["Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"].contains(event.method), "\(event)")
    }
  }

  @Test(arguments: [lenet, training, comparison] + others) func nothingOverlapsAndEverythingIsReadable(
    arguments: [String]
  ) throws {
    try withPage(arguments) { browser, path, _ in
      let name = arguments[0] + "-" + (arguments.last ?? "").split(separator: "/").last!
      for width in [1280, 390] {
        for isDark in [false, true] {
          try browser.show(width: width, isDark: isDark)
          try browser.open(path)
          try browser.takePicture("\(name)-\(width)-\(isDark ? "dark" : "light")")
          #expect(try browser.list(PageChecks.overlaps) == [])
          try browser.evaluate(PageChecks.openAll)
          #expect(try browser.list(PageChecks.overlaps) == [], "open, \(width)")
          #expect(try browser.list(PageChecks.lowContrast) == [], "\(isDark ? "dark" : "light")")
          #expect(try browser.evaluate(PageChecks.isTooWide) as? Bool == false, "\(width)")
          try browser.takePicture("\(name)-\(width)-\(isDark ? "dark" : "light")-open")
        }
      }
      #expect(try browser.list(PageChecks.deadLinks) == [])
    }
  }

  /// Where nothing else runs it takes less than a second, as `make page` measures. Here other programs run as well: the
  /// best of three times, in the browser's own processor time, and with room.
  @Test func aPageOfManyLayersOpensAtOnce() throws {
    try Fixtures.withFile(try manyLayers(), named: "many.safetensors") { path in
      try withPage(["analyze", "--randomize", "--vectors", "--bootstrap", "0", path]) { browser, page, _ in
        try browser.show(width: 1280, isDark: false)
        try browser.send("Performance.enable", ["timeDomain": "threadTicks"])
        func processorTime() throws -> Double {
          let metrics = try browser.send("Performance.getMetrics")["metrics"] as? [[String: Any]] ?? []
          return try #require(metrics.first { $0["name"] as? String == "TaskDuration" }?["value"] as? Double)
        }
        let times = try (0..<3).map { _ in
          let start = try processorTime()
          try browser.open(page)
          return try processorTime() - start
        }
        #expect(times.min()! < 2, "\(times)")
        #expect(try browser.evaluate("document.querySelectorAll('details.layer').length") as? Int == 300)
      }
    }
  }

  @Test func headingsSortAndTheFilterFilters() throws {
    try withPage(BrowserTests.lenet) { browser, path, _ in
      try browser.show(width: 1280, isDark: false)
      try browser.open(path)
      let original = try browser.list(PageChecks.names)
      #expect(original == ["conv1", "conv2", "fc1", "fc2", "fc3"])
      try browser.evaluate(PageChecks.sort("α"))
      let rising = try browser.list(PageChecks.values("α"))
      #expect(rising.last == "" && rising.dropLast().compactMap(Double.init) == rising.compactMap(Double.init).sorted())
      try browser.evaluate(PageChecks.sort("α"))
      let falling = try browser.list(PageChecks.values("α"))
      #expect(falling == Array(rising.dropLast().reversed()) + [""])
      try browser.evaluate(PageChecks.sort("α"))
      #expect(try browser.list(PageChecks.names) == original)
      try browser.evaluate(PageChecks.sort("layer"))
      try browser.evaluate(PageChecks.sort("layer"))
      #expect(try browser.list(PageChecks.names) == original.reversed())

      let type =
        "const i = document.querySelector('.filter input'); i.value = 'fc DENSE'; i.dispatchEvent(new Event('input'))"
      try browser.evaluate(type)
      #expect(try browser.list(PageChecks.names) == ["fc3", "fc2", "fc1"])
      #expect(
        try browser.evaluate("document.querySelector('.filter output').textContent") as? String == "3 of 5 layers")
      let choose =
        "const s = document.querySelector('.filter select'); s.value = 'HEAVY-TAILED'; s.dispatchEvent(new Event('input'))"
      try browser.evaluate(choose)
      #expect(try browser.list(PageChecks.names) == ["fc1"])
    }
  }

  @Test func aClickOnALayerOpensItsFigures() throws {
    try withPage(BrowserTests.lenet) { browser, path, _ in
      try browser.open(path)
      let state = "document.querySelectorAll('details.layer')[2].open"
      #expect(try browser.evaluate(state) as? Bool == false)
      try browser.evaluate("document.querySelectorAll('table.layers tbody tr')[2].cells[5].click()")
      #expect(try browser.evaluate(state) as? Bool == true)
      let kinds =
        "Array.from(document.querySelectorAll('details.layer')[2].querySelectorAll('svg')).map(s => s.dataset.kind)"
      #expect(try browser.list(kinds) == ["esd", "esd-linear", "scree", "scan", "randomized", "localization"])
      // By its address, too.
      try browser.evaluate("location.hash = '#m0-3'; new Promise(done => setTimeout(done, 100))")
      #expect(try browser.evaluate("document.querySelectorAll('details.layer')[3].open") as? Bool == true)
    }
  }

  /// Sorting, filtering and opening on the page of a training run.
  @Test func aTraceSortsFiltersAndOpens() throws {
    try withPage(BrowserTests.training) { browser, path, _ in
      try browser.show(width: 1280, isDark: false)
      try browser.open(path)
      try browser.evaluate(PageChecks.sort("entropy"))
      let rising = try browser.list(PageChecks.values("entropy")).compactMap(Double.init)
      #expect(rising.count == 4 && rising == rising.sorted())
      let choose =
        "const s = document.querySelector('.filter select'); s.value = 'HEAVY-TAILED'; s.dispatchEvent(new Event('input'))"
      try browser.evaluate(choose)
      #expect(try browser.list(PageChecks.names).sorted() == ["fc1", "fc2"])
      try browser.evaluate("document.querySelector('a[href=\"#m0-1\"]').click()")
      let kinds =
        "Array.from(document.querySelectorAll('details.layer[open] svg')).map(s => s.dataset.kind)"
      #expect(try browser.list(kinds) == ["evolution", "trace"])
    }
  }

  @Test func figuresAreSavedAsSVG() throws {
    try withPage(BrowserTests.lenet) { browser, path, folder in
      try browser.show(width: 1280, isDark: true)
      try browser.open(path)
      try browser.send(
        "Browser.setDownloadBehavior", ["behavior": "allow", "downloadPath": folder + "/saved", "eventsEnabled": true])
      try browser.evaluate("document.querySelectorAll('details.layer')[2].querySelector('.save').click()")
      let file = try #require(try waitForFile(in: folder + "/saved"))
      #expect(file.hasSuffix("/fc1-spectrum-and-power-law.svg"))
      let text = String(decoding: try Fixtures.read(file), as: UTF8.self)
      let parser = XMLParser(data: Data(text.utf8))
      #expect(parser.parse())
      #expect(
        text.hasPrefix("<svg ") && text.contains(" xmlns=\"http://www.w3.org/2000/svg\"")
          && text.contains("data-alpha=\"1.94"))
      // In fixed colours, whatever the page's are.
      #expect(text.contains("fill:#ffffff") && !text.contains("var(--"))
    }
  }

  /// All of it on models as they come.
  @Test(arguments: others) func realModelsSortFilterOpenAndSave(arguments: [String]) throws {
    try withPage(arguments) { browser, path, folder in
      try browser.show(width: 1280, isDark: false)
      try browser.open(path)
      let all = try browser.list(PageChecks.names)
      let type = { (text: String) in
        "{const i = document.querySelector('.filter input'); i.value = '\(text)'; i.dispatchEvent(new Event('input'))}"
      }
      let last = try #require(all.last)
      try browser.evaluate(type(last))
      let found = try browser.list(PageChecks.names)
      #expect(found.contains(last) && found.count < all.count)
      try browser.evaluate(type(""))
      #expect(try browser.list(PageChecks.names) == all)

      try browser.evaluate(PageChecks.sort("α"))
      let rising = try browser.list(PageChecks.values("α")).compactMap(Double.init)
      #expect(!rising.isEmpty && rising == rising.sorted())
      #expect(try browser.evaluate("document.querySelectorAll('details.layer[open]').length") as? Int == 0)
      try browser.evaluate("document.querySelector('table.layers tbody tr').cells[5].click()")
      #expect(try browser.evaluate("document.querySelectorAll('details.layer[open]').length") as? Int == 1)
      try browser.send(
        "Browser.setDownloadBehavior", ["behavior": "allow", "downloadPath": folder + "/saved", "eventsEnabled": true])
      try browser.evaluate("document.querySelector('details.layer[open] .save').click()")
      let file = try #require(try waitForFile(in: folder + "/saved"))
      #expect(XMLParser(data: Data(try Fixtures.read(file))).parse())
    }
  }

  func waitForFile(in folder: String) throws -> String? {
    for _ in 0..<200 {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      if let file = files.first(where: { $0.hasSuffix(".svg") }) { return "\(folder)/\(file)" }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return nil
  }

  /// Each page has so many rows in its first table, and at least so many figures.
  @Test(arguments: [(lenet, 5, 20), (training, 4, 14), (comparison, 5, 1)])
  func withoutJavaScriptEverythingStaticIsThere(arguments: [String], rows: Int, figures: Int) throws {
    try withPage(arguments) { browser, path, _ in
      try browser.send("Emulation.setScriptExecutionDisabled", ["value": true])
      try browser.show(width: 1280, isDark: false)
      try browser.open(path)
      // Nothing that would do nothing.
      let buttons =
        "Array.from(document.querySelectorAll('button, input, select')).filter(e => e.checkVisibility()).length"
      #expect(try browser.evaluate(buttons) as? Int == 0)
      #expect(try browser.evaluate("document.querySelector('table.layers').tBodies[0].rows.length") as? Int == rows)
      try browser.evaluate(PageChecks.openAll)
      let visible =
        "Array.from(document.querySelectorAll('figure svg')).filter(s => s.getBoundingClientRect().height > 100).length"
      let count = try browser.evaluate("document.querySelectorAll('figure svg').length") as? Int
      #expect(try browser.evaluate(visible) as? Int == count && count ?? 0 >= figures)
      #expect(try browser.list(PageChecks.overlaps) == [])
      #expect(try browser.list(PageChecks.lowContrast) == [])
      #expect(try browser.list(PageChecks.deadLinks) == [])
    }
  }

  @Test func hostileNamesRunNothing() throws {
    let file = try safetensors([hostileName + ".weight", "plain.weight"], rows: 40, columns: 30)
    try Fixtures.withFile(file, named: "hostile.safetensors") { path in
      try withPage(["analyze", path]) { browser, page, _ in
        try browser.open(page)
        try browser.evaluate(PageChecks.openAll)
        #expect(try browser.evaluate("document.querySelectorAll('img').length") as? Int == 0)
        #expect(try browser.evaluate("document.scripts.length") as? Int == 1)
        #expect(try browser.list(PageChecks.names).first == hostileName)
      }
    }
  }
}
