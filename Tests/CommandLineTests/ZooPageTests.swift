import Foundation
import FoundationXML
import TestSupport
import Testing

/// A zoo of 400 models, 20 of which failed, as workers would have reported them.
private enum PageZoo {
  static let count = 400
  static let failedCount = 20
  private static let families = ["resnet", "vgg", "densenet", "gpt", "bert", "mixer", "vit", "unet"]
  private static let phases = ["RANDOM-LIKE", "BULK+SPIKES", "BULK-DECAY", "HEAVY-TAILED"]
  private static let settings = "{\"slicing\":\"positions\"}"

  static func name(_ index: Int) -> String { "\(families[index % families.count])\(index)" }

  static func isFailed(_ index: Int) -> Bool { index % (count / failedCount) == 7 }

  /// Of a model that did not fail.
  static func alpha(_ index: Int) -> Double { 2 + Double(index * 7 % 50) / 10 }

  /// Writes the lines of `results`, and scores, into `folder`.
  static func make(layers: Int, in folder: String) throws {
    var random = SplitMix(seed: 3)
    func noise() -> Double { Double(random.next() >> 11) / Double(1 << 53) }
    var (results, scores) = ("", "model,score\n")
    for index in 0..<count {
      let place = "{\"path\":\"/zoo/\(name(index)).pt\",\"name\":\"\(name(index))\",\"files\":[]}"
      let work =
        "{\"schema\":\"heavytail.work/1\",\"content\":\"\(index)\",\"places\":[\(place)],\"flops\":0,\"memory\":0,"
        + "\"settings\":\(settings)}"
      let alpha = alpha(index)
      let rows = (0..<layers).map { layer in
        "{\"name\":\"encoder.layers.\(layer).attention.weight\",\"kind\":\"dense\",\"shape\":[768,\(64 + layer)],"
          + "\"alpha\":\(alpha + noise()),\"D\":\(noise() / 10),\"num_pl_spikes\":\(20 + layer),"
          + "\"log_spectral_norm\":\(noise() * 3),\"stable_rank\":\(noise() * 100),\"num_spikes\":\(layer % 9),"
          + "\"phase\":\"\(phases[(index + layer) % 4])\",\"status\":\"ok\",\"findings\":[]}"
      }
      let summary =
        "{\"failed\":0,\"parameters\":\(1000 * (index + 1)),\"analyzed\":\(layers),\"fitted\":\(layers),"
        + "\"credible\":\(layers),\"mean_alpha\":\(alpha),\"mean_alpha_credible\":\(alpha),"
        + "\"mean_alpha_weighted\":\(alpha * 1.3),\"mean_log_spectral_norm\":\(noise() * 3)}"
      let model = "{\"format\":\"pytorch\",\"summary\":\(summary),\"layers\":[\(rows.joined(separator: ","))]}"
      let error = "{\"code\":\"truncated\",\"message\":\"declares \(index) bytes, 0 are there\"}"
      results +=
        "{\"schema\":\"heavytail.result/1\",\"version\":\"1\",\"work\":\(work),"
        + (isFailed(index) ? "\"model\":null,\"error\":\(error)}" : "\"model\":\(model),\"error\":null}") + "\n"
      scores += "\(name(index)),\(90 - alpha + noise())\n"
    }
    try Fixtures.write(Array(results.utf8), to: folder + "/results")
    try Fixtures.write(Array(scores.utf8), to: folder + "/quality.csv")
  }
}

extension BrowserTests {
  /// The page of a zoo of 400 models with so many layers each.
  private func withZooPage(layers: Int, _ body: (Browser, _ path: String, _ folder: String) throws -> Void) throws {
    try Fixtures.withDirectory { folder in
      try PageZoo.make(layers: layers, in: folder)
      let database = folder + "/zoo.sqlite"
      #expect(try heavytail("zoo", "merge", folder + "/results", "--db", database, "--quiet").status == 0)
      let quality = ["--quality", folder + "/quality.csv", "--replicates", "20"]
      try withPage(["zoo", "report", "--db", database] + quality, body)
    }
  }

  private static let dots = "document.querySelectorAll('#scatter circle[data-model]').length"
  private static let shownDots = """
    Array.from(document.querySelectorAll('#scatter circle[data-model]')).filter(dot => dot.checkVisibility()).length
    """

  /// As for a page of many layers: the browser's own processor time.
  @Test func aZooOfManyModelsOpensAtOnce() throws {
    try withZooPage(layers: 50) { browser, path, _ in
      let size = try Fixtures.read(path).count
      #expect(size < 5 << 20, "\(size) bytes")
      try browser.show(width: 1280, isDark: false)
      try browser.send("Performance.enable", ["timeDomain": "threadTicks"])
      func processorTime() throws -> Double {
        let metrics = try browser.send("Performance.getMetrics")["metrics"] as? [[String: Any]] ?? []
        return try #require(metrics.first { $0["name"] as? String == "TaskDuration" }?["value"] as? Double)
      }
      let times = try (0..<3).map { _ in
        let start = try processorTime()
        try browser.open(path)
        return try processorTime() - start
      }
      #expect(times.min()! < 2, "\(times)")
      #expect(try browser.list(PageChecks.names).count == PageZoo.count)
    }
  }

  @Test func aZooIsReadableAtEveryWidth() throws {
    try withZooPage(layers: 8) { browser, path, _ in
      for width in [1280, 390] {
        for isDark in [false, true] {
          try browser.show(width: width, isDark: isDark)
          try browser.open(path)
          #expect(try browser.list(PageChecks.overlaps) == [], "\(width)")
          try browser.evaluate(PageChecks.openAll)
          try browser.evaluate("document.querySelector('#m8 a').click()")
          #expect(try browser.list(PageChecks.overlaps) == [], "open, \(width)")
          #expect(try browser.list(PageChecks.lowContrast) == [], "\(isDark ? "dark" : "light")")
          #expect(try browser.evaluate(PageChecks.isTooWide) as? Bool == false, "\(width)")
          for axis in ["parameters", "score"] {
            try browser.evaluate(choose("axis-x", axis))
            #expect(try browser.list(PageChecks.overlaps) == [], "\(axis), \(width)")
          }
          try browser.takePicture("zoo-\(width)-\(isDark ? "dark" : "light")")
        }
      }
      #expect(try browser.list(PageChecks.deadLinks) == [])
    }
  }

  /// Chooses an axis by its title.
  private func choose(_ id: String, _ title: String) -> String {
    """
    (() => {
      const choice = document.getElementById('\(id)');
      choice.value = Array.from(choice.options).find(option => option.textContent === '\(title)').value;
      choice.dispatchEvent(new Event('input'));
    })()
    """
  }

  @Test func aZooSortsFiltersChoosesAndOpens() throws {
    try withZooPage(layers: 4) { browser, path, folder in
      try browser.show(width: 1280, isDark: false)
      try browser.open(path)
      let whole = PageZoo.count - PageZoo.failedCount
      let original = try browser.list(PageChecks.names)
      try browser.evaluate(PageChecks.sort("α"))
      let rising = try browser.list(PageChecks.values("α"))
      #expect(rising.prefix(whole).compactMap(Double.init) == rising.compactMap(Double.init).sorted())
      #expect(rising.suffix(PageZoo.failedCount).allSatisfy { $0 == "" } && rising.count == PageZoo.count)
      try browser.evaluate(PageChecks.sort("α"))
      try browser.evaluate(PageChecks.sort("α"))
      #expect(try browser.list(PageChecks.names) == original)

      // The filter holds for the table and for the dots.
      #expect(try browser.evaluate(BrowserTests.shownDots) as? Int == whole)
      func select(_ part: String, _ value: String) -> String {
        "{const s = document.querySelector('select[data-part=\(part)]'); s.value = '\(value)';"
          + "s.dispatchEvent(new Event('input'))}"
      }
      try browser.evaluate(select("family", "vgg"))
      let family = (0..<PageZoo.count).filter { $0 % 8 == 1 }
      #expect(try browser.list(PageChecks.names).sorted() == family.map(PageZoo.name).sorted())
      let shown = family.count { !PageZoo.isFailed($0) }
      #expect(try browser.evaluate(BrowserTests.shownDots) as? Int == shown)
      let output = "document.querySelector('.filter output').textContent"
      #expect(try browser.evaluate(output) as? String == "\(family.count) of 400 models")
      try browser.evaluate(select("family", ""))
      try browser.evaluate(select("state", "failed"))
      #expect(try browser.list(PageChecks.names).count == PageZoo.failedCount)
      try browser.evaluate(select("state", ""))

      try checkAxes(browser)
      try checkDrillDown(browser)
      try checkSaving(browser, folder)
    }
  }

  private func checkAxes(_ browser: Browser) throws {
    let whole = PageZoo.count - PageZoo.failedCount
    let axes = "(() => { const d = document.querySelector('#scatter svg').dataset; return [d.x, d.y]; })()"
    #expect(try browser.list(axes) == ["log_spectral_norm", "alpha"])
    try browser.evaluate(choose("axis-x", "mean α"))
    try browser.evaluate(choose("axis-y", "score"))
    #expect(try browser.list(axes) == ["alpha", "score"])
    #expect(try browser.evaluate(BrowserTests.dots) as? Int == whole)
    // Further right is a larger α.
    let places = """
      Array.from(document.querySelectorAll('#scatter circle[data-model]'))
        .sort((a, b) => Number(a.getAttribute('cx')) - Number(b.getAttribute('cx')))
        .map(dot => document.querySelector('#m' + dot.dataset.model + ' th').textContent)
      """
    let alphas = try browser.list(places).map { name in
      PageZoo.alpha(Int(String(name.drop { !$0.isNumber })) ?? 0)
    }
    #expect(alphas == alphas.sorted() && alphas.count == whole)
  }

  private func checkDrillDown(_ browser: Browser) throws {
    let card = "document.getElementById('model')"
    #expect(try browser.evaluate("\(card).hidden") as? Bool == true)
    let row = "Array.from(document.querySelectorAll('table.layers tbody tr')).find(row => "
    try browser.evaluate(row + "row.cells[0].textContent === 'vit6').cells[4].click()")
    let name = "\(card).querySelector('h2').textContent"
    #expect(try browser.evaluate(name) as? String == "vit6")
    #expect(try browser.evaluate("\(card).hidden") as? Bool == false)
    #expect(try browser.evaluate("\(card).querySelector('tbody').rows.length") as? Int == 4)
    let cells = "Array.from(\(card).querySelector('tbody').rows[1].cells).map(cell => cell.textContent)"
    let values = try browser.list(cells)
    #expect(values.prefix(3) == ["encoder.layers.1.attention.weight", "dense", "768×65"])
    #expect(values[5] == "21" && values[9] == "HEAVY-TAILED")
    #expect(try browser.evaluate("\(card).querySelectorAll('svg circle').length") as? Int == 4)
    // Two marks or more on the upright axis, beside the name of the other one.
    let marks = try browser.evaluate("\(card).querySelectorAll('svg text.k.r').length") as? Int ?? 0
    #expect(marks >= 3)
    // One that failed says why; a dot and an address do as a row does.
    try browser.evaluate(row + "row.cells[0].textContent === 'unet7').querySelector('a').click()")
    #expect((try browser.evaluate("\(card).textContent") as? String ?? "").contains("declares 7 bytes"))
    let dot = "document.querySelector('#scatter circle[data-model]')"
    let expected = try browser.evaluate("document.querySelector('#m' + \(dot).dataset.model + ' th').textContent")
    try browser.evaluate("\(dot).dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    #expect(try browser.evaluate(name) as? String == expected as? String)
    try browser.evaluate("location.hash = '#m0'; new Promise(done => setTimeout(done, 100))")
    #expect(try browser.evaluate(name) as? String == browser.list(PageChecks.names).first)
  }

  private func checkSaving(_ browser: Browser, _ folder: String) throws {
    try browser.send(
      "Browser.setDownloadBehavior", ["behavior": "allow", "downloadPath": folder + "/saved", "eventsEnabled": true])
    // As it was chosen.
    try browser.evaluate("document.querySelector('#scatter .save').click()")
    let file = try #require(try waitForFile(in: folder + "/saved"))
    #expect(file.hasSuffix("/Models-by-family.svg"))
    let text = String(decoding: try Fixtures.read(file), as: UTF8.self)
    #expect(XMLParser(data: Data(text.utf8)).parse())
    #expect(text.contains("data-x=\"alpha\"") && text.contains("fill:#ffffff") && !text.contains("var(--"))
  }

  @Test func withoutJavaScriptAZooIsThere() throws {
    try withZooPage(layers: 4) { browser, path, _ in
      try browser.send("Emulation.setScriptExecutionDisabled", ["value": true])
      try browser.show(width: 1280, isDark: false)
      try browser.open(path)
      let controls =
        "Array.from(document.querySelectorAll('button, input, select')).filter(e => e.checkVisibility()).length"
      #expect(try browser.evaluate(controls) as? Int == 0)
      #expect(try browser.list(PageChecks.names).count == PageZoo.count)
      #expect(try browser.evaluate(BrowserTests.shownDots) as? Int == PageZoo.count - PageZoo.failedCount)
      try browser.evaluate(PageChecks.openAll)
      let figures =
        "Array.from(document.querySelectorAll('figure svg')).filter(s => s.getBoundingClientRect().height > 100).length"
      // The scatter, the phases, the exponents, and a regression for each quantity that there is.
      #expect(try browser.evaluate(figures) as? Int == 3 + 4)
      #expect(try browser.list(PageChecks.overlaps) == [])
      #expect(try browser.list(PageChecks.lowContrast) == [])
      #expect(try browser.list(PageChecks.deadLinks) == [])
    }
  }
}
