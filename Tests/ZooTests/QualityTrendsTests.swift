import Foundation
import ModelReading
import Statistics
import TestSupport
import Testing
import Zoo

@Suite struct QualityTrendsTests {
  /// A result with nothing but these means.
  private func result(_ name: String, _ means: [String: Double]) throws -> ResultLine {
    let means = means.map { ",\"mean_\($0.key)\":\($0.value)" }.joined()
    let work = """
      {"schema":"heavytail.work/1","content":"\(name)","places":[{"path":"/zoo/\(name).pt","name":"\(name)","files":[]}],\
      "flops":0,"memory":0,"settings":{}}
      """
    let line = """
      {"schema":"heavytail.result/1","version":"1","work":\(work),"error":null,\
      "model":{"summary":{"failed":0\(means)},"layers":[]}}
      """
    return try ResultLine(parsing: Array(line.utf8), label: "r")
  }

  private func models(_ results: [ResultLine]) throws -> [ZooModel] {
    try Fixtures.withDirectory { folder in
      let writer = try ZooWriter(path: folder + "/zoo")
      try writer.merge(results)
      writer.close()
      let reader = try ZooReader(path: folder + "/zoo")
      return try reader.models(of: reader.runs()[0])
    }
  }

  private func scores(_ text: String) throws -> QualityScores { try QualityScores(Array(text.utf8), path: "q.csv") }

  /// Two series: within each a larger α is worse, and the better series has the larger α.
  @Test func whatSeriesHideIsSaid() throws {
    var results: [ResultLine] = []
    var text = "score,model\n"
    for (series, offset) in [("net", 0.0), ("deep", 10.0)] {
      for depth in 1...5 {
        results.append(try result("\(series)\(depth)", ["alpha": 2 + offset + Double(depth), "stable_rank": 1]))
        text += "\(70 + 2 * offset - Double(depth)),\(series)\(depth)\n"
      }
    }
    let trends = QualityTrends(try scores(text + "1,unknown\n"), try models(results))
    #expect(trends.points.count == 10 && trends.unmatched == ["unknown"])
    let alpha = try #require(trends.trends.first { $0.metric == "alpha" })
    #expect(alpha.series.map(\.name) == ["deep", "net"] && alpha.kendallWithinSeries == -1)
    // 25 pairs across series agree, 20 within do not.
    #expect(abs(try #require(alpha.overall.kendall?.value) - 5.0 / 45) < 1e-12 && alpha.isReversed)
    #expect(trends.warnings.count == 2 && trends.warnings[0].contains("Simpson"))
    let flat = try #require(trends.trends.first { $0.metric == "stable_rank" })
    #expect(flat.overall.count == 10 && flat.overall.kendall == nil && !flat.isReversed)
    #expect(trends.trends.first { $0.metric == "log_norm" }?.overall.count == 0)
    #expect(trends.csv.split(separator: "\n").count == 1 + 8 + 4)
  }

  @Test func theFileMayNameTheSeries() throws {
    let results = try (1...6).map { try result("m\($0)", ["alpha": Double($0)]) }
    let text = "series,model,score\r\n" + (1...6).map { "s\($0 % 2),/zoo/m\($0).pt,\($0)\r\n" }.joined()
    let trends = QualityTrends(try scores(text), try models(results), replicates: 200)
    #expect(trends.points.map(\.series) == ["s1", "s0", "s1", "s0", "s1", "s0"])
    #expect(trends.trends[0].series.isEmpty && trends.trends[0].overall.kendall?.value == 1)
    #expect(trends.trends[0].overall.kendall?.interval == 1...1)
  }

  @Test(arguments: ["", "a,b\n1,2\n", "model,score\nx\n", "model,score\nx,good\n", "model,score\nx,nan\n"])
  func filesThatAreNoScores(text: String) {
    #expect(throws: ReadError.self) { try scores(text) }
  }

  /// Families of known strength: the heavier the tails of the entries, the smaller α.
  @Test func familiesRankAsTheyWereMade() throws {
    try Fixtures.withDirectory { folder in
      let heavytail = Program("heavytail")
      var text = "model,score\n"
      for (index, alpha) in [2.0, 2.6, 3.4, 4.6, 6.4].enumerated() {
        _ = try heavytail.run([
          "synth", "power-law-covariance", "--alpha", "\(alpha)", "--rows", "400", "--columns", "200", "--seed",
          "\(index)", "-o", "\(folder)/family\(index).safetensors",
        ])
        text += "family\(index),\(-alpha)\n"
      }
      try Fixtures.write(Array(text.utf8), to: folder + "/quality.csv")
      let database = folder + "/zoo.sqlite"
      #expect(try heavytail.run(["zoo", "add", folder, "--db", database, "--bootstrap", "0"]).status == 0)
      let ranked = try heavytail.run(["zoo", "rank", "--by", "alpha", "--format", "csv", "--db", database]).output
      #expect(
        ranked.split(separator: "\n").dropFirst().map { $0.split(separator: ",")[2] } == (0..<5).map { "family\($0)" })
      let trends = try heavytail.run([
        "zoo", "trends", "--quality", folder + "/quality.csv", "--format", "csv", "--db", database,
      ])
      let alpha = try #require(trends.output.split(separator: "\n").first { $0.hasPrefix("alpha,,") })
      #expect(alpha.hasPrefix("alpha,,5,-1.0,-1.0,-1.0,"))
    }
  }

  /// Two families whose quality is the strength that they were made with, three models of each: what measures that strength
  /// finds it within its family, with an interval, and not across.
  @Test func strengthsOfTwoFamiliesAreFound() throws {
    try Fixtures.withDirectory { folder in
      let heavytail = Program("heavytail")
      var text = "model,score\n"
      let families = [
        ("tail", "power-law-covariance", "--alpha", [2.0, 2.4, 2.9, 3.5, 4.2, 5.0], -1.0),
        ("spiked", "spiked", "--spikes", [2, 3, 4.5, 6, 8, 11], 1.0),
      ]
      for (name, ensemble, option, strengths, sign) in families {
        for (index, strength) in strengths.enumerated() {
          for seed in 1...3 {
            let model = "\(name)-\(index)-\(seed)"
            let size = ["--rows", "240", "--columns", "120", "--count", "2", "--seed", "\(1000 * index + 100 * seed)"]
            let file = ["-o", "\(folder)/\(model).safetensors"]
            #expect(try heavytail.run(["synth", ensemble, option, "\(strength)"] + size + file).status == 0)
            text += "\(model),\(sign * strength)\n"
          }
        }
      }
      try Fixtures.write(Array(text.utf8), to: folder + "/quality.csv")
      let database = folder + "/zoo.sqlite"
      #expect(try heavytail.run(["zoo", "add", folder, "--db", database, "--bootstrap", "0"]).status == 0)
      let trends = ["zoo", "trends", "--quality", folder + "/quality.csv", "--db", database]
      let rows = try heavytail.run(trends + ["--format", "csv"]).output.split(separator: "\n")
      func kendall(_ metric: String, _ series: String) throws -> (value: Double, interval: ClosedRange<Double>) {
        let row = try #require(rows.first { $0.hasPrefix("\(metric),\(series),") })
        let fields = row.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = fields.dropFirst(3).prefix(3).compactMap { Double($0) }
        return (numbers[0], numbers[1]...numbers[2])
      }
      // Three models of each score are in no order among themselves: √(135/153) is all that τ can be.
      let largest = (135.0 / 153).squareRoot()
      let tail = try kendall("alpha", "tail")
      #expect(tail.value < -0.8 && tail.interval.contains(tail.value) && tail.interval.upperBound < -0.6)
      let spiked = try kendall("log_spectral_norm", "spiked")
      #expect(abs(spiked.value - largest) < 1e-12 && spiked.interval.contains(spiked.value))
      #expect(spiked.interval.lowerBound > 0.85)
      let across = try kendall("log_spectral_norm", "")
      #expect(across.interval.contains(0), "\(across)")

      let few = ["--replicates", "20"]
      let picture = try heavytail.run(trends + few + ["--by", "log_spectral_norm", "--format", "svg"])
      #expect(picture.status == 0 && picture.output.components(separatedBy: "<circle class=\"f").count == 1 + 1 + 18)
      #expect(picture.output.contains("τ 0.") && picture.output.contains(">mean log₁₀ λmax<"))
      #expect(try heavytail.run(trends + ["--by", "score"]).status == 64)
      let page = try heavytail.run(["zoo", "report"] + trends.dropFirst(2) + few).output
      #expect(page.components(separatedBy: "data-kind=\"quality\"").count == 1 + 8)
    }
  }
}
